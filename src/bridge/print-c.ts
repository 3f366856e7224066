/** A register map as a C11 header of macros: address, and mask and shift of every field. */
import { hexDigits, PRINTED, sameFieldsAs, upperSnake } from './print-names.ts';
import type { AnyMapping, Register } from './register-map.ts';

const define = (name: string, value: string): string => `#define ${name} ${value}`;
const address = (value: number): string => `0x${hexDigits(value, 3)}u`;
const word = (value: number): string => `0x${hexDigits(value, 8)}u`;

function register(prefix: string, { address: at, fields, reset, note, access }: Register, twin?: string): string[] {
  const lines = ['', `/* ${note} (${access}) */`, define(prefix, address(at))];
  if (reset !== 0) lines.push(define(`${prefix}_RESET`, word(reset)));
  if (twin !== undefined) return [...lines, `/* Fields: as ${twin}. */`];
  for (const [field, [bit, width]] of Object.entries(fields)) {
    const mask = ((2 ** width - 1) * 2 ** bit) >>> 0;
    lines.push(define(`${prefix}_${upperSnake(field)}_MASK`, word(mask)));
    lines.push(define(`${prefix}_${upperSnake(field)}_SHIFT`, `${bit}u`));
  }
  return lines;
}

function mapping(map: AnyMapping): string[] {
  const prefix = `GLN_${map.name}`;
  const lines = ['', `/* ---- ${map.title}: ${map.note} ---- */`];
  for (const [name, entry] of Object.entries(map.registers)) {
    const twin = sameFieldsAs(map, name);
    lines.push(...register(`${prefix}_${name}`, entry, twin && `${prefix}_${twin}`));
  }
  for (const [name, window] of Object.entries(map.windows)) {
    lines.push('', `/* ${window.note} */`);
    lines.push(define(`${prefix}_${name}_WINDOW`, address(window.address)));
    lines.push(define(`${prefix}_${name}_WINDOW_SIZE`, address(window.size)));
  }
  for (const [group, { note, values }] of Object.entries(map.constants)) {
    lines.push('', `/* ${note} */`);
    for (const [name, value] of Object.entries(values))
      lines.push(
        define(`${prefix}_${group}_${upperSnake(name)}`, value < 256 ? `${value}u` : `0x${value.toString(16)}u`),
      );
  }
  return lines;
}

/** The whole header; names are `GLN_<map>_<register>[_<field>_MASK]`. */
export const asCHeader = (maps: readonly AnyMapping[]): string =>
  [
    `/* Register maps of glassnic. ${PRINTED} */`,
    '#ifndef GLASSNIC_REGISTERS_H',
    '#define GLASSNIC_REGISTERS_H',
    ...maps.flatMap(mapping),
    '',
    '#endif',
    '',
  ].join('\n');
