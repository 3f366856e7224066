/** What rp2040js has to say: counted and kept, never printed. */

const KEPT = 100;

export class Log {
  /** Each once, and the first ones only. */
  readonly warnings: string[] = [];
  count = 0;

  debug(): void {}
  info(): void {}
  warn(component: string, message: string): void {
    this.count++;
    const warning = `${component}: ${message}`;
    if (this.warnings.length < KEPT && !this.warnings.includes(warning)) this.warnings.push(warning);
  }
  error(component: string, message: string): void {
    this.warn(component, message);
  }
}
