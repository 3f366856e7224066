/** `glassnic trace`: look at what another run recorded with `--trace`. */
import { Command } from 'commander';
import { hex } from '../base/bytes.ts';
import type { TraceEvent } from '../trace/event.ts';
import { TRACE_KINDS } from '../trace/event-codec.ts';
import { readTraceFile } from '../trace/file.ts';
import { formatEvent } from '../trace/text.ts';
import { usage } from './exit.ts';
import { numberBetween } from './options.ts';
import { describeValue } from './register-text.ts';
import { print } from './terminal.ts';

interface ShowOptions {
  readonly kind?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

export function traceCommand(): Command {
  const trace = new Command('trace').description(
    'look at traces (every command that runs a host records one with --trace FILE)',
  );
  trace
    .command('show')
    .description('print a trace, one event a line')
    .argument('<file>', 'a pcapng file')
    .option('--kind <kinds>', 'only these, with commas between: frame,register,slot,drop,…')
    .option('--limit <number>', 'only the first so many', numberBetween('number of events', 1, Number.MAX_SAFE_INTEGER))
    .option('--json', 'print one JSON object a line')
    .action(show);
  return trace;
}

async function show(file: string, options: ShowOptions): Promise<void> {
  const kinds = options.kind === undefined ? undefined : new Set(options.kind.split(','));
  for (const kind of kinds ?? [])
    if (!TRACE_KINDS.some((known) => known === kind))
      throw usage(`'${kind}' is no kind of event (${TRACE_KINDS.join(', ')})`);
  let left = options.limit ?? Number.POSITIVE_INFINITY;
  for await (const event of readTraceFile(file)) {
    if (kinds !== undefined && !kinds.has(event.kind)) continue;
    print(options.json === true ? asJson(event) : formatEvent(event, describeValue));
    if (--left <= 0) return;
    if (process.stdout.writableNeedDrain) await new Promise<void>((resolve) => process.stdout.once('drain', resolve));
  }
}

/** Octets as hex digits. */
const asJson = (event: TraceEvent): string =>
  JSON.stringify(event, (_key, value: unknown) => (value instanceof Uint8Array ? hex(value, '') : value));
