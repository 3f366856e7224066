/** What the printers of a register map share: names as C and Verilog want them, and which fields are told where. */
import type { AnyMapping, Field } from './register-map.ts';

/** Head of every printed file. */
export const PRINTED =
  'Printed from src/bridge/registers.ts and src/adapter/registers.ts: change these, then run `npx vitest -u`.';

/** `rxEnable` and `mps2-an385` → `RX_ENABLE` and `MPS2_AN385`. */
export const upperSnake = (name: string): string =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('-', '_')
    .toUpperCase();

export const hexDigits = (value: number, digits: number): string => value.toString(16).padStart(digits, '0');

/** `15:0`, or `3` for a single bit. */
export const bitRange = ([bit, width]: Field): string => (width === 1 ? `${bit}` : `${bit + width - 1}:${bit}`);

/** Hex digits that hold every address of the map. */
export function addressDigits(map: AnyMapping): number {
  const ends = [...Object.values(map.registers), ...Object.values(map.windows)].map((place) =>
    'size' in place ? place.address + place.size - 1 : place.address + 3,
  );
  return Math.max(...ends).toString(16).length;
}

/** The earlier register that has the very same fields (as the registers of an array do), or undefined. */
export function sameFieldsAs(map: AnyMapping, name: string): string | undefined {
  const fields = map.registers[name]?.fields ?? {};
  if (Object.keys(fields).length === 0) return undefined;
  const first = Object.keys(map.registers).find((other) => map.registers[other]?.fields === fields);
  return first === name ? undefined : first;
}
