/** `selftest`, step 4: frames with random contents go round within the PHY (BMCR bit 14, IEEE 802.3 clause 22.2.4.1.2), or within the board. */
import { afterSfd, checkFrame, FCS_OCTETS, LineFrame } from '../adapter/encapsulation.ts';
import { hex32 } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import { milliseconds, seconds } from '../base/time.ts';
import { BOARD_WINDOWS, board, BOARD_REGISTERS as R } from '../bridge/registers.ts';
import type { BoardSession } from './board-session.ts';
import { type Finding, failed, notOffered, ok, type Subject, skipped, wire, wiring } from './selftest-step.ts';

/** Octets from destination address to FCS: the shortest, one between, the longest (clause 4.4.2). */
const SIZES = [64, 256, 1_518] as const;
const OF_EACH = 8;
/** Of these in a row the rest is not waited for. */
const LOST_MAX = 3;
/** A frame of 1,518 octets takes 1.2 ms at 10 Mb/s; an emulator may take a hundred times as long. */
const BACK_WITHIN = seconds(1);
/** Until the PHY has changed over. */
const CHANGE_OVER = milliseconds(50);

const BMCR = { register: 0, loopback: 0x4000, speed100: 0x2000, autoNegotiate: 0x1000, restart: 0x0200, full: 0x0100 };
const ADDRESSES = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0, 0, 0, 0, 0x01] as const;
const LOCAL_EXPERIMENTAL = [0x88, 0xb5] as const; // IEEE 802, clause 9.2.3

interface Tally {
  sent: number;
  back: number;
  right: number;
  bits: number;
  bitErrors: number;
  /** TX_STATUS of the first one that was not sent; 0: not even an event came. */
  unsent: number | undefined;
}

export async function tryLoopback(subject: Subject, random: Random): Promise<Finding> {
  const { session, identity, phy } = subject;
  const raw = board.get('CAPS', 'rawLine', identity.caps) === 1;
  const byPhy = raw && board.get('CAPS', 'mdio', identity.caps) === 1;
  if (!byPhy && !board.get('CAPS', 'loopback', identity.caps)) return notOffered('the board has no loopback');
  if (!subject.hasClock) return skipped('needs REF_CLK');
  if (byPhy && phy === undefined) return skipped('needs the PHY');
  const control = ['rxEnable', 'txEnable', 'fullDuplex', 'promiscuous'] as const;
  session.write(R.CONTROL.address, board.mask('CONTROL', 'reset'));
  let tally: Tally;
  if (byPhy && phy !== undefined) {
    session.write(R.CONTROL.address, board.mask('CONTROL', ...control));
    tally = await withPhyLoopback(subject, phy, () => sendAll(subject, random, raw));
  } else {
    session.write(R.CONTROL.address, board.mask('CONTROL', 'loopback', ...control));
    tally = await sendAll(subject, random, raw);
  }
  session.write(R.CONTROL.address, board.mask('CONTROL', 'reset'));
  return judge(subject, tally, byPhy);
}

/** The PHY is as it was afterwards, also where `work` is interrupted: it would be deaf to its cable. */
async function withPhyLoopback<T>({ session, identity }: Subject, phy: number, work: () => Promise<T>): Promise<T> {
  const [before = 0] = await session.readPhy({ phy, register: BMCR.register });
  const speed = board.get('CAPS', 'speed10', identity.caps) ? 0 : BMCR.speed100;
  session.writePhy(phy, BMCR.register, BMCR.loopback | BMCR.full | speed);
  await session.pause(CHANGE_OVER);
  try {
    return await work();
  } finally {
    const restart = before & BMCR.autoNegotiate ? BMCR.restart : 0;
    session.writePhy(phy, BMCR.register, (before & ~BMCR.loopback) | restart);
    await session.readPhy({ phy, register: BMCR.register });
  }
}

async function sendAll({ session, signal }: Subject, random: Random, raw: boolean): Promise<Tally> {
  const line = new LineFrame();
  const tally: Tally = { sent: 0, back: 0, right: 0, bits: 0, bitErrors: 0, unsent: undefined };
  let lost = 0;
  for (let i = 0; i < SIZES.length * OF_EACH && lost < LOST_MAX; i++) {
    signal.throwIfAborted();
    const frame = random.fill(new Uint8Array((SIZES[i % SIZES.length] ?? 64) - FCS_OCTETS));
    frame.set([...ADDRESSES, ...LOCAL_EXPERIMENTAL]);
    const isBack = await sendOne(session, line.encapsulate(frame, raw), raw, tally);
    lost = isBack ? 0 : lost + 1;
  }
  return tally;
}

/** Whether it came back and its event with it, right or wrong. */
async function sendOne(session: BoardSession, octets: Uint8Array, raw: boolean, tally: Tally): Promise<boolean> {
  session.takeEvents();
  session.writeBlock(BOARD_WINDOWS.TX_BUFFER.address, octets);
  session.write(R.TX_GO.address, board.pack('TX_GO', { buffer: 0, length: octets.length }));
  tally.sent++;
  let status: number | undefined;
  let back: Uint8Array | undefined;
  const isBack = await session.until(() => {
    for (const event of session.takeEvents()) {
      if (event.kind === 'transmitted') status = event.status;
      if (event.kind === 'received') back ??= event.bytes;
    }
    const isSent = status !== undefined && board.get('TX_STATUS', 'sent', status) === 1;
    return status !== undefined && (back !== undefined || !isSent);
  }, BACK_WITHIN);
  if (status === undefined || !board.get('TX_STATUS', 'sent', status)) tally.unsent ??= status ?? 0;
  if (back === undefined) return false;
  tally.back++;
  compare(octets, back, raw, tally);
  return isBack;
}

/** From behind the SFD on: how much of the preamble comes back is the PHY's affair. */
function compare(octets: Uint8Array, back: Uint8Array, raw: boolean, tally: Tally): void {
  const sent = raw ? octets.subarray(afterSfd(octets)) : octets;
  const start = raw ? afterSfd(back) : 0;
  const came = start === undefined ? new Uint8Array(0) : back.subarray(start);
  let errors = 8 * Math.abs(sent.length - came.length);
  for (let i = 0; i < Math.min(sent.length, came.length); i++)
    errors += ones((sent[i] as number) ^ (came[i] as number));
  tally.bits += 8 * sent.length;
  tally.bitErrors += errors;
  const isWhole = !raw || (start !== undefined && checkFrame(back, start) === undefined);
  if (errors === 0 && isWhole) tally.right++;
}

function ones(octet: number): number {
  let count = 0;
  for (let rest = octet; rest !== 0; rest &= rest - 1) count++;
  return count;
}

function judge({ identity }: Subject, tally: Tally, byPhy: boolean): Finding {
  const { sent, back, right, bits, bitErrors, unsent } = tally;
  const where = byPhy ? 'in the PHY' : "in the board (CONTROL.loopback): the PHY's side is not tried";
  const figures = `${right} of ${sent} frames of ${SIZES.join(', ')} octets came back right, ${bitErrors} of ${bits} bits wrong; ${where}`;
  if (right === sent && unsent === undefined) return ok(figures);
  const see = wiring(identity);
  if (unsent !== undefined) return failed(figures, whyUnsent(unsent, wire(identity, 'nINT/RETCLK', 'refClk'), see));
  if (!byPhy) return failed(figures, 'the firmware loses or changes frames: flash the board again (glassnic flash)');
  if (back === 0)
    return failed(
      figures,
      `nothing comes back: check ${wire(identity, 'TX_EN', 'txEn')}, ${wire(identity, 'CRS_DV', 'crsDv')} and ${wire(identity, 'RXD0', 'rxd0')}${see}`,
    );
  return failed(
    figures,
    `frames come back changed: check ${wire(identity, 'TXD0', 'txd0')}, ${wire(identity, 'TXD1', 'txd1')}, ${wire(identity, 'RXD0', 'rxd0')} and ${wire(identity, 'RXD1', 'rxd1')}: exchanged, loose, or longer than 10 cm${see}`,
  );
}

/** `status`: TX_STATUS; 0 where no event came. */
function whyUnsent(status: number, clock: string, see: string): string {
  const again = 'flash the board again (glassnic flash)';
  if (status === 0) return `the board did not end a transmission: check ${clock}, the clock of both directions${see}`;
  if (board.get('TX_STATUS', 'noLink', status)) return `the board did not send, as if its link were down: ${again}`;
  return `the board gave up a transmission (TX_STATUS ${hex32(status)}), where nobody else can send: ${again}`;
}
