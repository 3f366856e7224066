/** Registers by name: what a value means, and which register and field a text means. */
import { CARD_MAP } from '../adapter/registers.ts';
import type { Field, Register, RegisterTable } from '../bridge/register-map.ts';
import { BOARD_MAP } from '../bridge/registers.ts';
import type { RegisterMap } from '../trace/event.ts';
import { usage } from './exit.ts';

export const TABLES: Record<RegisterMap, RegisterTable> = { card: CARD_MAP.registers, board: BOARD_MAP.registers };

const maskOf = ([, width]: Field): number => (width === 32 ? 0xffff_ffff : 2 ** width - 1);
export const fieldValue = (field: Field, value: number): number => ((value >>> field[0]) & maskOf(field)) >>> 0;

/** Puts a field's value into a register's. */
export const withField = (field: Field, into: number, value: number): number =>
  ((into & ~(maskOf(field) << field[0])) | ((value & maskOf(field)) << field[0])) >>> 0;

/** `rxEnable txEnable length=60`: single bits that are set by their name, wider fields with their value. */
export function describeValue(map: RegisterMap, register: string, value: number): string {
  const fields = TABLES[map][register]?.fields ?? {};
  return Object.entries(fields)
    .filter(([, field]) => fieldValue(field, value) !== 0)
    .map(([name, field]) => (field[1] === 1 ? name : `${name}=${fieldValue(field, value)}`))
    .join(' ');
}

export interface RegisterPlace {
  readonly name: string;
  readonly register: Register;
  readonly fieldName: string | undefined;
  readonly field: Field | undefined;
}

/** `COMMAND` or `COMMAND.rxEnable`; throws USAGE with the names that there are. */
export function findRegister(map: RegisterMap, text: string): RegisterPlace {
  const [wanted = '', fieldWanted, ...rest] = text.split('.');
  const name = wanted.toUpperCase();
  const register = TABLES[map][name];
  if (register === undefined || rest.length > 0)
    throw usage(`the ${map} has no register '${text}' ('glassnic registers dump --map ${map}' lists them)`);
  if (fieldWanted === undefined) return { name, register, fieldName: undefined, field: undefined };
  const fields = Object.keys(register.fields);
  const fieldName = fields.find((candidate) => candidate.toLowerCase() === fieldWanted.toLowerCase());
  if (fieldName === undefined)
    throw usage(
      `register ${name} has no field '${fieldWanted}' (${fields.length === 0 ? 'it has none' : fields.join(', ')})`,
    );
  return { name, register, fieldName, field: register.fields[fieldName] };
}

/** A value for a register or, where `field` is given, for that field: decimal, 0x…, 0b…. */
export function parseValue(text: string, field: Field | undefined): number {
  const limit = field === undefined ? 0xffff_ffff : maskOf(field);
  const value = /^(\d+|0x[0-9a-f]+|0b[01]+)$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value > limit)
    throw usage(`'${text}' is no value from 0 to ${limit} (decimal, 0x… or 0b…)`);
  return value;
}
