/** A register map as CMSIS-SVD (schema 1.3.9), so that debuggers and emulators show the registers by name. */
import { hexDigits, PRINTED, sameFieldsAs } from './print-names.ts';
import type { Access, AnyMapping, Register } from './register-map.ts';

/** SVD has one address space and the maps are two: each map gets 16 MiB of it, in the order given. */
const MAP_SPACING = 0x100_0000;

const SVD_ACCESS: Record<Access, string> = { ro: 'read-only', rw: 'read-write', wo: 'write-only', w1c: 'read-write' };

/** The schema's strings are Latin-1. */
const escapeXml = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('…', '...')
    .replaceAll('–', '-')
    .replaceAll('’', "'");
const element = (name: string, value: string | number): string => `<${name}>${escapeXml(String(value))}</${name}>`;
const word = (value: number): string => `0x${hexDigits(value, 8)}`;
const block = (open: string, lines: readonly string[]): string[] => [
  `<${open}>`,
  ...lines.map((line) => `  ${line}`),
  `</${open.split(' ')[0]}>`,
];

// The order of the elements is the schema's: it is a sequence.
function register(map: AnyMapping, name: string, { address, access, reset, fields, note }: Register): string[] {
  const twin = sameFieldsAs(map, name);
  const lines = [element('name', name), element('description', note), element('addressOffset', word(address))];
  lines.push(element('access', SVD_ACCESS[access]), element('resetValue', word(reset)));
  if (access === 'w1c') lines.push(element('modifiedWriteValues', 'oneToClear'));
  const parts = Object.entries(fields).flatMap(([field, [bit, width]]) =>
    block('field', [element('name', field), element('bitOffset', bit), element('bitWidth', width)]),
  );
  if (twin === undefined && parts.length > 0) lines.push(...block('fields', parts));
  return block(twin === undefined ? 'register' : `register derivedFrom="${twin}"`, lines);
}

function peripheral(map: AnyMapping, base: number): string[] {
  const end = Math.max(...Object.values(map.registers).map(({ address }) => address)) + 4;
  const addressBlock = (offset: number, size: number, usage: string): string[] =>
    block('addressBlock', [element('offset', word(offset)), element('size', word(size)), element('usage', usage)]);
  return block('peripheral', [
    element('name', map.name),
    element('description', `${map.title}. ${map.note}`),
    element('baseAddress', word(base)),
    ...addressBlock(0, end, 'registers'),
    ...Object.values(map.windows).flatMap(({ address, size }) => addressBlock(address, size, 'buffer')),
    ...block(
      'registers',
      Object.entries(map.registers).flatMap(([name, entry]) => register(map, name, entry)),
    ),
  ]);
}

/** The whole file. */
export const asSvd = (maps: readonly AnyMapping[]): string =>
  [
    '<?xml version="1.0" encoding="utf-8"?>',
    `<!-- ${PRINTED} -->`,
    ...block(
      'device schemaVersion="1.3" xmlns:xs="http://www.w3.org/2001/XMLSchema-instance" xs:noNamespaceSchemaLocation="CMSIS-SVD.xsd"',
      [
        element('vendor', 'glassnic'),
        element('name', 'glassnic'),
        element('version', '1.0'),
        element('description', 'A LAN adapter made of glass: the card and the bridge board.'),
        ...block('cpu', [
          element('name', 'other'),
          element('revision', 'r0p0'),
          element('endian', 'little'),
          element('mpuPresent', 'false'),
          element('fpuPresent', 'false'),
          element('nvicPrioBits', 2),
          element('vendorSystickConfig', 'false'),
        ]),
        element('addressUnitBits', 8),
        element('width', 32),
        element('size', 32),
        element('access', 'read-write'),
        element('resetValue', '0x00000000'),
        element('resetMask', '0xffffffff'),
        ...block(
          'peripherals',
          maps.flatMap((map, index) => peripheral(map, index * MAP_SPACING)),
        ),
      ],
    ),
    '',
  ].join('\n');
