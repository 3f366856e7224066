/** A bad call throws a LanError: a stable `code` for programs, a message for people that names the thing. */
export class LanError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The impossible happened: a fault in glassnic itself, never in what came from a wire. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new LanError('ASSERTION', `this cannot happen: ${what}`);
}
