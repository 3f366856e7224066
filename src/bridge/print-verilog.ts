/** A register map as a Verilog-2005 header of macros: address, and bit range, lowest bit and width of every field. */
import { addressDigits, hexDigits, PRINTED, sameFieldsAs, upperSnake } from './print-names.ts';
import type { AnyMapping } from './register-map.ts';

const define = (name: string, value: string): string => `\`define ${name} ${value}`;

function mapping(map: AnyMapping): string[] {
  const prefix = `GLN_${map.name}`;
  const digits = addressDigits(map);
  const address = (value: number): string => `${4 * digits}'h${hexDigits(value, digits)}`;
  const lines = ['', `// ---- ${map.title}: ${map.note}`];
  for (const [name, { address: at, access, reset, fields, note }] of Object.entries(map.registers)) {
    lines.push('', `// ${note} (${access})`, define(`${prefix}_${name}`, address(at)));
    if (reset !== 0) lines.push(define(`${prefix}_${name}_RESET`, `32'h${hexDigits(reset, 8)}`));
    const twin = sameFieldsAs(map, name);
    if (twin !== undefined) {
      lines.push(`// Fields: as ${prefix}_${twin}.`);
      continue;
    }
    for (const [field, [bit, width]] of Object.entries(fields)) {
      const fieldName = `${prefix}_${name}_${upperSnake(field)}`;
      lines.push(define(`${fieldName}_BITS`, `${bit + width - 1}:${bit}`));
      lines.push(define(`${fieldName}_SHIFT`, `${bit}`), define(`${fieldName}_WIDTH`, `${width}`));
    }
  }
  for (const [name, window] of Object.entries(map.windows)) {
    lines.push('', `// ${window.note}`);
    lines.push(define(`${prefix}_${name}_WINDOW`, address(window.address)));
    lines.push(define(`${prefix}_${name}_WINDOW_SIZE`, `${window.size}`));
  }
  for (const [group, { note, values }] of Object.entries(map.constants)) {
    lines.push('', `// ${note}`);
    for (const [name, value] of Object.entries(values))
      lines.push(define(`${prefix}_${group}_${upperSnake(name)}`, `${value}`));
  }
  return lines;
}

/** The whole header, for `` `include``; a field is read as `` value[`GLN_BOARD_TX_GO_LENGTH_BITS] ``. */
export const asVerilogHeader = (maps: readonly AnyMapping[]): string =>
  [
    `// Register maps of glassnic. ${PRINTED}`,
    '`ifndef GLASSNIC_REGISTERS_VH',
    '`define GLASSNIC_REGISTERS_VH',
    ...maps.flatMap(mapping),
    '',
    '`endif',
    '',
  ].join('\n');
