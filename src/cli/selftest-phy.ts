/** `selftest`, steps 2, 3 and 5: REF_CLK, the PHY on MDIO (IEEE 802.3 clause 22.2.4), and who is at the other end of the cable. */
import { seconds } from '../base/time.ts';
import { board, BOARD_REGISTERS as R } from '../bridge/registers.ts';
import { type Finding, failed, notOffered, ok, type Subject, settles, skipped, wire, wiring } from './selftest-step.ts';

/** A board looks for its clock from time to time. */
const CLOCK_WITHIN = seconds(1);
/** Auto-negotiation takes about 2 s. */
const LINK_WITHIN = seconds(4);
const ADDRESSES = 32;
const PHY_ID_1 = 2;
const PHY_ID_2 = 3;
const PARTNER_ABILITY = 5;

/** By PHY identifier without its last digit, the revision (clause 22.2.4.3.1). */
const KNOWN: ReadonlyMap<number, string> = new Map([
  [0x0007c0c, 'LAN8700'],
  [0x0007c0f, 'LAN8720A or LAN8710A'],
  [0x0007c11, 'LAN8740A'],
  [0x0007c13, 'LAN8742A'],
  [0x0022151, 'KSZ8041'],
  [0x0022155, 'KSZ8051'],
  [0x0022156, 'KSZ8081'],
  [0x02430c5, 'IP101'],
  [0x20005c9, 'DP83848'],
]);

export async function tryClock(subject: Subject): Promise<Finding> {
  const { session, identity, signal } = subject;
  if (!board.get('CAPS', 'rawLine', identity.caps)) return notOffered('the chip has a MAC and a clock of its own');
  const isThere = (status: number): boolean => board.get('STATUS', 'refClock', status) === 1;
  subject.hasClock = (await settles(session, R.STATUS.address, isThere, CLOCK_WITHIN, signal)).isSettled;
  if (subject.hasClock) return ok('50 MHz from the PHY module');
  return failed(
    'no 50 MHz from the PHY module',
    `check the wire from ${wire(identity, 'nINT/RETCLK', 'refClk')} to the module, then its 3V3 and GND: without its clock the board cannot send or receive${wiring(identity)}`,
  );
}

export async function tryPhy(subject: Subject): Promise<Finding> {
  const { session, identity } = subject;
  if (!board.get('CAPS', 'mdio', identity.caps)) return notOffered('the board has no MDIO');
  const all = Array.from({ length: ADDRESSES }, (_, phy) => phy);
  const high = await session.readPhy(...all.map((phy) => ({ phy, register: PHY_ID_1 })));
  const low = await session.readPhy(...all.map((phy) => ({ phy, register: PHY_ID_2 })));
  const ids = all.map((phy) => ((high[phy] ?? 0) * 0x1_0000 + (low[phy] ?? 0)) >>> 0);
  const mdio = wire(identity, 'MDIO', 'mdio');
  const mdc = wire(identity, 'MDC', 'mdc');
  if (ids.every((id) => id === 0xffff_ffff))
    return failed(
      `no PHY answers at any of ${ADDRESSES} addresses: MDIO stays high`,
      `check ${mdio} and ${mdc}, then 3V3 and GND of the module; MDIO and MDC may be exchanged${wiring(identity)}`,
    );
  if (ids.every((id) => id === 0))
    return failed(
      'MDIO stays low',
      `${mdio} is shorted to GND, or nothing pulls it up: a module without 3V3 holds it low${wiring(identity)}`,
    );
  const found = all.filter((phy) => ids[phy] !== 0xffff_ffff && ids[phy] !== 0);
  const [phy] = found;
  // Some PHYs answer at 0, the address of all, beside their own.
  if (phy === undefined || found.length > 2 || new Set(found.map((address) => ids[address])).size > 1)
    return failed(
      `${found.length} of ${ADDRESSES} addresses answer, ${phy === undefined ? 'none of them sensibly' : `the first with ${identifier(ids[phy] ?? 0)}`}`,
      `MDIO is disturbed: check ${mdc} and GND, and keep both wires under 10 cm${wiring(identity)}`,
    );
  subject.phy = phy;
  const id = ids[phy] ?? 0;
  return ok(`${KNOWN.get(Math.floor(id / 16)) ?? 'a PHY of unknown kind'} (${identifier(id)}) at address ${phy}`);
}

const word = (value: number): string => value.toString(16).padStart(4, '0').toUpperCase();
/** `0007:C0F1`. */
const identifier = (id: number): string => `${word(id >>> 16)}:${word(id & 0xffff)}`;

/** Clause 28.2.1.2: the technology ability field. */
const ABILITIES = [
  [0x0020, '10 half'],
  [0x0040, '10 full'],
  [0x0080, '100 half'],
  [0x0100, '100 full'],
] as const;

export async function tryPartner({ session, identity, phy, signal }: Subject): Promise<Finding> {
  if (!board.get('CAPS', 'linkStatus', identity.caps)) return notOffered('the board cannot see whether its link is up');
  const isUp = (status: number): boolean => board.get('STATUS', 'linkUp', status) === 1;
  const { value, isSettled } = await settles(session, R.STATUS.address, isUp, LINK_WITHIN, signal);
  if (!isSettled) return skipped('no link within 4 s: no cable, or nobody at its other end; no fault of the board');
  const speed = board.get('STATUS', 'speed100', value) ? 100 : 10;
  const duplex = board.get('STATUS', 'fullDuplex', value) ? 'full' : 'half';
  const mode = `link up, ${speed} Mb/s ${duplex} duplex`;
  const ability = phy === undefined ? 0 : ((await session.readPhy({ phy, register: PARTNER_ABILITY }))[0] ?? 0);
  const offers = ABILITIES.filter(([bit]) => (ability & bit) !== 0).map(([, name]) => name);
  const partner = offers.length === 0 ? 'the partner does not negotiate' : `the partner offers ${offers.join(', ')}`;
  const figures = phy === undefined ? mode : `${mode}; ${partner}`;
  if (!board.get('CAPS', speed === 100 ? 'speed100' : 'speed10', identity.caps))
    return failed(
      figures,
      `the board cannot do ${speed} Mb/s: the PHY was not told so, or the partner was forced to a speed; let it negotiate`,
    );
  return ok(figures);
}
