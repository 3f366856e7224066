/** A board that proves exactly once and in order: its one register takes 1, 2, 3, … and nothing else. */
import type { Instant } from '../../../src/base/time.ts';
import type { BoardDevice } from '../../../src/bridge/link/board-device.ts';
import type { BoardEvent } from '../../../src/bridge/register-bus.ts';

export class CountingBoard implements BoardDevice {
  readonly name = 'counting';
  last = 0;
  resets = 0;
  /** Values that came twice, too early or not at all before their next. */
  readonly wrong: number[] = [];
  readonly events: BoardEvent[] = [];

  read(): number {
    return this.last;
  }
  write(_address: number, value: number): void {
    if (value !== this.last + 1) this.wrong.push(value);
    this.last = value;
  }
  readBlock(address: number, into: Uint8Array): void {
    for (let i = 0; i < into.length; i++) into[i] = address + i;
  }
  writeBlock(_address: number, bytes: Uint8Array): void {
    this.write(0, bytes.length === 0 ? -1 : this.last + 1);
  }
  get hasEvent(): boolean {
    return this.events.length > 0;
  }
  takeEvent(): BoardEvent | undefined {
    return this.events.shift();
  }
  reset(): void {
    this.resets++;
    this.last = 0;
    this.events.length = 0;
  }
  poll(_now: Instant): void {}
  nextDeadline(): Instant | undefined {
    return;
  }
}
