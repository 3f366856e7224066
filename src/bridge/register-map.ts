/** A register map as data; `print-*.ts` print it as C header, Verilog header, Markdown and CMSIS-SVD. */

export type Access = 'ro' | 'rw' | 'wo' | 'w1c';
/** [lowest bit, width]. */
export type Field = readonly [bit: number, width: number];

export interface Register {
  /** Byte address, a multiple of 4. */
  readonly address: number;
  readonly access: Access;
  readonly reset: number;
  readonly fields: Readonly<Record<string, Field>>;
  readonly note: string;
}
/** A window of memory in the address space. */
export interface Window {
  readonly address: number;
  /** Bytes. */
  readonly size: number;
  readonly note: string;
}
export type RegisterTable = Readonly<Record<string, Register>>;
/** Numbers that belong to a map without being registers: flags, states, sizes. */
interface Constants {
  readonly note: string;
  readonly values: Readonly<Record<string, number>>;
}

/** A whole map: one bus, one table. */
export interface RegisterMapping<Table extends RegisterTable> {
  /** `CARD` or `BOARD`: the prefix of every printed name. */
  readonly name: string;
  readonly title: string;
  readonly note: string;
  readonly registers: Table;
  readonly windows: Readonly<Record<string, Window>>;
  /** By the prefix of their printed names: `RX_FLAG`. */
  readonly constants: Readonly<Record<string, Constants>>;
}
/** A map of any table: what a printer takes. */
export type AnyMapping = RegisterMapping<RegisterTable>;

export type FieldOf<Table extends RegisterTable, R extends keyof Table> = keyof Table[R]['fields'] & string;

/** Typed reading and building of register values: a field of another register does not compile. */
export class RegisterFields<Table extends RegisterTable> {
  readonly table: Table;
  readonly #names = new Map<number, keyof Table & string>();

  constructor(table: Table) {
    this.table = table;
    for (const name of Object.keys(table)) this.#names.set((table[name] as Register).address, name);
  }

  /** The mask of one or more fields, in place. */
  mask<R extends keyof Table & string>(register: R, ...fields: FieldOf<Table, R>[]): number {
    let mask = 0;
    for (const field of fields) {
      const [bit, width] = this.#field(register, field);
      mask |= (width === 32 ? -1 : (1 << width) - 1) << bit;
    }
    return mask >>> 0;
  }

  /** The value of one field, shifted down. */
  get<R extends keyof Table & string>(register: R, field: FieldOf<Table, R>, value: number): number {
    const [bit, width] = this.#field(register, field);
    return width === 32 ? value >>> 0 : (value >>> bit) & ((1 << width) - 1);
  }

  /** A register's value from its fields; what is not named is 0. Values wider than their field are cut. */
  pack<R extends keyof Table & string>(
    register: R,
    values: Partial<Record<FieldOf<Table, R>, number | boolean>>,
  ): number {
    let packed = 0;
    // Not Object.entries: it makes an array for each field, and this is done for each frame.
    for (const name in values) {
      const [bit, width] = this.#field(register, name);
      packed |= (Number(values[name]) & (width === 32 ? -1 : (1 << width) - 1)) << bit;
    }
    return packed >>> 0;
  }

  /** The register's name at an address, or undefined where there is none. */
  nameAt(address: number): (keyof Table & string) | undefined {
    return this.#names.get(address);
  }

  #field(register: string, field: string): Field {
    return (this.table[register] as Register).fields[field] as Field;
  }
}
