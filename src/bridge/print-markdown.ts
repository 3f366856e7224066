/** A register map as a document. */
import { bitRange, hexDigits, PRINTED, sameFieldsAs } from './print-names.ts';
import type { AnyMapping, Register } from './register-map.ts';

const row = (...cells: string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

function fieldList(map: AnyMapping, name: string, { fields }: Register): string {
  const twin = sameFieldsAs(map, name);
  if (twin !== undefined) return `as ${twin}`;
  const list = Object.entries(fields).map(([field, place]) => `${field}&nbsp;${bitRange(place)}`);
  return list.length === 0 ? '–' : list.join('<br>');
}

function mapping(map: AnyMapping): string[] {
  const lines = ['', `## ${map.title}`, '', map.note, ''];
  lines.push(row('address', 'register', 'access', 'reset', 'fields', 'meaning'), row(...Array(6).fill('---')));
  for (const [name, register] of Object.entries(map.registers)) {
    const reset = register.reset === 0 ? '0' : `0x${hexDigits(register.reset, 8)}`;
    const address = `0x${hexDigits(register.address, 3)}`;
    lines.push(row(address, name, register.access, reset, fieldList(map, name, register), register.note));
  }
  lines.push('', row('address', 'window', 'bytes', 'meaning'), row(...Array(4).fill('---')));
  for (const [name, { address, size, note }] of Object.entries(map.windows))
    lines.push(row(`0x${hexDigits(address, 3)}`, name, `${size}`, note));
  for (const [group, { note, values }] of Object.entries(map.constants)) {
    const list = Object.entries(values).map(
      ([name, value]) => `\`${name}\` ${value < 256 ? value : `0x${value.toString(16)}`}`,
    );
    lines.push('', `${group}: ${note} ${list.join(', ')}.`);
  }
  return lines;
}

/** The whole document. */
export const asMarkdown = (maps: readonly AnyMapping[]): string =>
  [
    '# The register maps',
    '',
    PRINTED,
    '',
    'Access: `ro` read only, `rw` read and write, `wo` write only (reads as 0), `w1c` write 1 to clear. Fields are given as `highest:lowest` bit; bits without a field read as 0.',
    ...maps.flatMap(mapping),
    '',
  ].join('\n');
