/** PIO in step with the processor. Thin: rp2040js's own state machines, one step a cycle. */
import type { RPPIO } from 'rp2040js';

export class StateMachines {
  readonly #pio: RPPIO;
  readonly #due = [0, 0, 0, 0];
  next = Number.POSITIVE_INFINITY;

  constructor(pio: RPPIO, wake: () => void) {
    this.#pio = pio;
    pio.run = () => {
      this.next = 0;
      wake();
    };
  }

  run(cycle: number): void {
    this.next = Number.POSITIVE_INFINITY;
    for (const machine of this.#pio.machines) {
      if (!machine.enabled) continue;
      this.next = cycle + 1;
      if ((this.#due[machine.index] as number) > cycle) continue;
      const before = machine.cycles;
      const wasWaiting = machine.waiting;
      if (wasWaiting) machine.checkWait();
      if (wasWaiting && machine.waiting) continue;
      if (!wasWaiting) machine.step();
      const steps = wasWaiting ? 1 + Math.max(0, machine.waitDelay) : Math.max(1, machine.cycles - before);
      this.#due[machine.index] = cycle + Math.round(steps * (machine.clockDivInt + machine.clockDivFrac / 256));
    }
    this.#pio.checkChangedPins();
  }
}
