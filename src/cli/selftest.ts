/** `glassnic selftest`: what a user runs first on a new board. Each step says what it found and, when it failed, what that means. */
import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { LanError } from '../base/errors.ts';
import { Random } from '../base/random.ts';
import type { BoardIdentity } from '../bridge/register-bus.ts';
import { type BoardSession, withSession } from './board-session.ts';
import { EXIT } from './exit.ts';
import { freshSeed, interruptible, numberBetween, withBoard } from './options.ts';
import { talkVectors, trySession } from './selftest-link.ts';
import { tryLoopback } from './selftest-loopback.ts';
import { tryClock, tryPartner, tryPhy } from './selftest-phy.ts';
import { type Finding, failed, type Subject, skipped } from './selftest-step.ts';
import { Progress, print, printJson, Style } from './terminal.ts';

interface SelftestOptions {
  readonly board: string;
  readonly cable: string;
  readonly seed?: number;
  readonly json?: boolean;
}

export const STEPS = ['link', 'REF_CLK', 'PHY', 'loopback', 'partner'] as const;
export type Step = (typeof STEPS)[number];
/** Told each finding as it is made. */
export type Report = (step: Step, finding: Finding) => void;

export function selftestCommand(): Command {
  return withBoard(new Command('selftest'))
    .description('try a board step by step: serial link, clock, PHY, frames through the PHY, partner on the cable')
    .option('--seed <number>', 'of the frames and values', numberBetween('seed', 0, 0xffff_ffff))
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExit codes: 0 nothing failed (a step that is not offered, or has no cable, is no failure); 3 something failed, or no board answered.',
    )
    .action(selftest);
}

async function selftest(options: SelftestOptions): Promise<void> {
  const { seed = freshSeed(), board, cable } = options;
  const progress = new Progress();
  const found: { step: Step; finding: Finding }[] = [];
  const report: Report = (step, finding) => {
    progress.clear();
    found.push({ step, finding });
    if (options.json !== true) show(step, finding);
    const next = STEPS[found.length];
    if (next !== undefined) progress.update(() => `trying ${next} …`);
  };
  progress.update(() => `trying ${STEPS[0]} …`);
  const identity = await interruptible((signal) => run({ board, cable, seed, signal }, report)).finally(() =>
    progress.clear(),
  );
  const bad = found.filter(({ finding }) => finding.outcome === 'FAILED').length;
  if (options.json === true)
    printJson({
      board,
      seed,
      identity: identity && { name: identity.name, firmware: identity.firmware },
      passed: bad === 0,
      steps: found.map(({ step, finding }) => ({ step, ...finding })),
    });
  else
    print(
      bad === 0
        ? `${identity?.name ?? board}: all well`
        : `${identity?.name ?? board}: ${bad} of ${STEPS.length} failed (seed ${seed})`,
    );
  if (bad > 0) process.exitCode = EXIT.board;
}

interface Run {
  readonly board: string;
  readonly cable: string;
  readonly seed: number;
  readonly signal: AbortSignal;
}

/** Who answered; undefined: nobody. */
async function run({ seed, ...rest }: Run, report: Report): Promise<BoardIdentity | undefined> {
  const random = new Random(seed);
  const document = await readFile(new URL('../../hw/LINK.md', import.meta.url), 'utf8');
  let cells: number | undefined;
  let done = 0;
  const tell: Report = (step, finding) => {
    done++;
    report(step, finding);
  };
  try {
    return await withSession(
      {
        ...rest,
        seed,
        before: async (transport) => {
          const result = await talkVectors(transport, document, random, rest.signal);
          if (typeof result !== 'number') throw new VectorFailed(result);
          cells = result;
        },
      },
      (session) => tryAll(session, random, cells, rest.signal, tell),
    );
  } catch (error) {
    const finding = error instanceof VectorFailed ? error.finding : deafness(error);
    if (finding === undefined) throw error;
    for (const [i, step] of STEPS.slice(done).entries()) tell(step, i === 0 ? finding : skipped('needs the link'));
    return;
  }
}

/** All steps on an open session; the vectors have been talked before it. */
export async function tryAll(
  session: BoardSession,
  random: Random,
  cells: number | undefined,
  signal: AbortSignal,
  report: Report,
): Promise<BoardIdentity> {
  const identity = await session.identity();
  const subject: Subject = { session, identity, phy: undefined, hasClock: true, signal };
  const link = await trySession(subject, random, cells);
  report('link', { ...link, figures: `${identity.name}, firmware ${identity.firmware}; ${link.figures}` });
  report('REF_CLK', await tryClock(subject));
  report('PHY', await tryPhy(subject));
  report('loopback', await tryLoopback(subject, random));
  report('partner', await tryPartner(subject));
  return identity;
}

class VectorFailed extends Error {
  readonly finding: Finding;

  constructor(finding: Finding) {
    super(finding.figures);
    this.finding = finding;
  }
}

const DEAF =
  "is this the board, and is its firmware glassnic's (glassnic flash)? Over UART: TX to RX and RX to TX, GND to GND, and the firmware's own baud rate (serial:PATH?baud=N)";
const GONE = 'the board restarted or was pulled out: try another USB cable, and what else takes power from it';

/** A line that is there and a board that does not speak on it, or not any more, is a finding; no line at all is an error. */
function deafness(error: unknown): Finding | undefined {
  if (!(error instanceof LanError)) return;
  if (error.code === 'LINK_LOST') return failed(error.message, GONE);
  return /^LINK_(NO_ANSWER|PROTOCOL)$/.test(error.code) ? failed(error.message, DEAF) : undefined;
}

function show(step: Step, { outcome, figures, advice }: Finding): void {
  const style = new Style(process.stdout);
  const colour =
    outcome === 'ok' ? style.green(outcome) : outcome === 'FAILED' ? style.yellow(outcome) : style.dim(outcome);
  print(`${step.padEnd(9)} ${colour}${' '.repeat('not offered'.length - outcome.length)}  ${figures}`);
  if (advice !== undefined) print(`${' '.repeat(23)}${advice}`);
}
