/** What a step of `selftest` finds, and the words that the steps have in common. */
import type { Duration } from '../base/time.ts';
import { milliseconds } from '../base/time.ts';
import type { BoardIdentity } from '../bridge/register-bus.ts';
import { PIN } from '../emulator/pins.ts';
import type { BoardSession } from './board-session.ts';

export type Outcome = 'ok' | 'FAILED' | 'not offered' | 'skipped';

export interface Finding {
  readonly outcome: Outcome;
  /** One line of figures. */
  readonly figures: string;
  /** Of what failed: what it means and what to do. */
  readonly advice?: string;
}

export const ok = (figures: string): Finding => ({ outcome: 'ok', figures });
export const failed = (figures: string, advice: string): Finding => ({ outcome: 'FAILED', figures, advice });
/** The board is made without it. */
export const notOffered = (figures: string): Finding => ({ outcome: 'not offered', figures });
/** It could not be tried, which is no fault of its own. */
export const skipped = (figures: string): Finding => ({ outcome: 'skipped', figures });

/** What the steps share: who is tested, and what the steps before have found. */
export interface Subject {
  readonly session: BoardSession;
  readonly identity: BoardIdentity;
  /** Where the PHY answers on MDIO, once it has been found. */
  phy: number | undefined;
  /** False once REF_CLK was looked for in vain. */
  hasClock: boolean;
  readonly signal: AbortSignal;
}

/** A wire as its label on the module and, on the Pico, its pin: `MDIO (GP14)`. */
export function wire(identity: BoardIdentity, label: string, pin: keyof typeof PIN): string {
  return identity.name === 'pico' ? `${label} (GP${PIN[pin]})` : label;
}

/** Where a user looks for what is wired where. */
export const wiring = (identity: BoardIdentity): string => (identity.name === 'pico' ? '; see hw/WIRING.md' : '');

const LOOK_EVERY = milliseconds(20);

/** Reads a register until it is as wanted; its last value, and whether it is. */
export async function settles(
  session: BoardSession,
  address: number,
  isWanted: (value: number) => boolean,
  within: Duration,
  signal: AbortSignal,
): Promise<{ readonly value: number; readonly isSettled: boolean }> {
  const end = session.now() + within;
  for (;;) {
    signal.throwIfAborted();
    const value = await session.read(address);
    const isSettled = isWanted(value);
    if (isSettled || session.now() >= end) return { value, isSettled };
    await session.pause(LOOK_EVERY);
  }
}
