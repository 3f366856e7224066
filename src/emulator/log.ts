/** What rp2040js has to say: counted and kept, never printed. */

const KEPT = 100;

export class Log {
  /** The first ones; after that they are only counted. */
  readonly warnings: string[] = [];
  count = 0;

  debug(): void {}
  info(): void {}
  warn(component: string, message: string): void {
    this.count++;
    if (this.warnings.length < KEPT) this.warnings.push(`${component}: ${message}`);
  }
  error(component: string, message: string): void {
    this.warn(component, message);
  }
}
