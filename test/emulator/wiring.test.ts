/** Firmware, emulator, document and picture say the same of the Pico's wires. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { PIN } from '../../src/emulator/pins.ts';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const document = read('hw/WIRING.md');
const picture = read('hw/wiring.svg');

/** Pins 1 to 40 of the Pico: its data sheet, figure 4. */
const HEADER = (
  'GP0 GP1 GND GP2 GP3 GP4 GP5 GND GP6 GP7 GP8 GP9 GND GP10 GP11 GP12 GP13 GND GP14 GP15 ' +
  'GP16 GP17 GND GP18 GP19 GP20 GP21 GND GP22 RUN GP26 GP27 AGND GP28 ADC_VREF 3V3(OUT) 3V3_EN GND VSYS VBUS'
).split(' ');

/** `TX_EN` → `txEn`, `RXD0` → `rxd0`. */
const camel = (name: string): string =>
  name.toLowerCase().replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());

interface Row {
  readonly label: string;
  /** The data sheets' name, where the label is another. */
  readonly signal: string;
  readonly pico: string;
  readonly pin: number;
  readonly direction: string;
}

/** The rows of the table that begins with this column. */
function rows(heading: string): Row[] {
  const lines = document
    .slice(document.indexOf(`| ${heading} | Pico |`))
    .split('\n')
    .slice(2);
  const table = lines.slice(
    0,
    lines.findIndex((line) => !line.startsWith('|')),
  );
  return table.map((line) => {
    const [name = '', pico = '', pin = '', direction = ''] = line
      .split('|')
      .slice(1)
      .map((cell) => cell.trim());
    const [, label = name, signal = label] = /^(\S+)(?: \((\S+)\))?$/.exec(name) ?? [];
    return { label, signal, pico, pin: Number(pin), direction };
  });
}

const module = rows('module');
const signals = module.filter(({ label }) => label !== 'GND' && label !== 'VCC');
const adapter = rows('adapter');

describe('the wires of the Pico', () => {
  test('are the same GPIO numbers in pins.h and in src/emulator/pins.ts', () => {
    const header = read('firmware-bridge/boards/pico/pins.h');
    const defined = [...header.matchAll(/PIN_(\w+) = (\d+)/g)].map(([, name = '', pin]) => [camel(name), Number(pin)]);
    expect(Object.fromEntries(defined)).toEqual(PIN);
  });

  test('are the same in WIRING.md, each once and none left out', () => {
    const told = signals.map(({ signal, pico }) => [camel(signal), Number(pico.replace('GP', ''))]);
    const [tx, rx] = adapter;
    const all = { ...Object.fromEntries(told), uartTx: Number(tx?.pico.slice(2)), uartRx: Number(rx?.pico.slice(2)) };
    expect(told).toHaveLength(9);
    expect({ ...all, led: PIN.led }).toEqual(PIN);
    expect(document).toContain(`GP${PIN.led}`);
    // What an adapter sends is received.
    expect(adapter.map(({ label, direction }) => [label, direction])).toEqual([
      ['RXD', 'out'],
      ['TXD', 'in'],
      ['GND', ''],
    ]);
  });

  test('are at the pins of the header that have these names', () => {
    const named = [...module, ...adapter];
    expect(named).toHaveLength(15);
    for (const { pico, pin } of named) expect([pin, HEADER[pin - 1]]).toEqual([pin, pico]);
    expect(new Set(named.map(({ pin }) => pin)).size).toBe(named.length);
  });

  test('have pairs whose second follows the first, as the PIO programs shift them', () => {
    expect([PIN.rxd1, PIN.crsDv]).toEqual([PIN.rxd0 + 1, PIN.rxd0 + 2]);
    expect([PIN.txd1, PIN.txEn]).toEqual([PIN.txd0 + 1, PIN.txd0 + 2]);
    expect([20, 22]).toContain(PIN.refClk); // GPIN0 and GPIN1
  });

  test('have rows of the same names in the text and in the picture', () => {
    const drawn = [
      ...picture.matchAll(
        /<g(?: class="unused")?(?: id="module-[^"]*")?><circle[^>]*cx="(\d+)"[^>]*>.*?>([^<]+)<\/text><\/g>/g,
      ),
    ];
    const ofColumn = (x: string | undefined): string =>
      drawn
        .filter(([, at]) => at === x)
        .map(([, , name]) => name)
        .join(' ');
    const xs = [...new Set(drawn.map(([, x]) => x))];
    const [, text = ''] = /```\n( NC [^`]*)```/.exec(document) ?? [];
    expect(
      text
        .trim()
        .split('\n')
        .map((line) => line.trim().replace(/ +/g, ' ')),
    ).toEqual(xs.map(ofColumn));
  });
});

describe('the picture', () => {
  test('has each pin of the Pico under its number, and at its place', () => {
    const pins = [
      ...picture.matchAll(
        /id="pin-(\d+)"><circle class="pad" cx="(\d+)" cy="(\d+)"[^>]*><text[^>]*>([^<]+)<\/text>.*>(\d+)<\/text>/g,
      ),
    ].map(([, id, x, y, name, number]) => ({
      pin: Number(id),
      x: Number(x),
      y: Number(y),
      name,
      number: Number(number),
    }));
    expect(pins.map(({ name }) => name)).toEqual(HEADER);
    expect(pins.every(({ pin, number }) => pin === number)).toBe(true);
    const [left, right] = [pins.slice(0, 20), pins.slice(20).reverse()];
    expect(new Set(left.map(({ x }) => x)).size).toBe(1);
    expect(new Set(right.map(({ x }) => x)).size).toBe(1);
    expect(left.map(({ y }) => y)).toEqual(right.map(({ y }) => y));
    expect(left.map(({ y }) => y)).toEqual(left.map(({ y }) => y).sort((a, b) => a - b));
  });

  test('has the wires of the table and no other, each from the pad of its name to the pad of its number', () => {
    const pads = new Map(
      [...picture.matchAll(/id="((?:module|pin)-[^"]+)"><circle class="pad" cx="(\d+)" cy="(\d+)"/g)].map(
        ([, id = '', x, y]) => [`${x} ${y}`, id],
      ),
    );
    const wires = [
      ...picture.matchAll(
        /<g class="wire" stroke="(#\w+)">\s*<title>(\S+) to (\S+), pin (\d+)<\/title>\s*<path class="edge" d="(M[^"]+)"\/><path class="core" d="\5"\/>/g,
      ),
    ].map(([, colour, label = '', pico, pin, path = '']) => ({ colour, label, pico, pin: Number(pin), path }));
    expect(wires).toHaveLength((picture.match(/class="wire"/g) ?? []).length);
    const plain = ({ label, pico, pin }: { label: string; pico?: string | undefined; pin: number }): string =>
      `${label} ${pico} ${pin}`;
    expect(wires.map(plain).sort()).toEqual(module.map(plain).sort());
    for (const { label, pin, path } of wires) {
      const { start, end } = ends(path);
      expect(pads.get(start)?.replace(/-\d$/, '')).toBe(`module-${label.replace('/', '-')}`);
      expect(pads.get(end)).toBe(`pin-${pin}`);
    }
    expect(new Set(wires.map(({ colour }) => colour)).size).toBe(wires.length - 1); // ground twice
  });
});

/** Where a path of M, H and V begins and ends. */
function ends(path: string): { start: string; end: string } {
  const [, x = '', y = ''] = /^M(\d+) (\d+)/.exec(path) ?? [];
  const last = (command: string, first: string): string =>
    [...path.matchAll(new RegExp(`${command}(\\d+)`, 'g'))].at(-1)?.[1] ?? first;
  return { start: `${x} ${y}`, end: `${last('H', x)} ${last('V', y)}` };
}
