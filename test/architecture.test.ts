/** DESIGN.md's table of allowed imports, executed over every import statement of src. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { describeWith } from './tools.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const src = join(root, 'src');

/** Folder → the folders, or single files, that it may import besides itself. */
const ALLOWED: Record<string, readonly string[]> = {
  cli: ['*'],
  socket: ['transport', 'network', 'base'],
  transport: ['network', 'wire', 'trace', 'base'],
  network: ['wire', 'trace', 'base'],
  driver: ['network/link.ts', 'adapter', 'trace', 'base'],
  adapter: ['bridge', 'wire', 'trace', 'base'],
  bridge: ['trace', 'base'],
  'bridge/mock': ['bridge', 'cable', 'trace', 'base'],
  cable: ['trace', 'base'],
  emulator: ['bridge/transports/transport.ts', 'cable', 'firmware', 'trace', 'base'],
  firmware: ['base'],
  trace: ['wire', 'base'],
  wire: ['base'],
  base: [],
  // The two public files and what composes a computer out of the folders.
  '.': ['*'],
};
/** The only files below src/cli and src/host.ts that touch the machine they run on. */
const NODE_API = [
  'host.ts',
  'open-host.ts',
  'open-board.ts',
  'cli/',
  'bridge/transports/',
  'emulator/pico-transport.ts',
  'cable/tap.ts',
  'cable/udp.ts',
  'trace/file.ts',
];
/** A package is imported by one file or folder, so that what does not need it never loads it. */
const PACKAGES: Record<string, string> = {
  commander: 'cli/',
  serialport: 'bridge/transports/serial.ts',
  '@serialport/parser-byte-length': 'bridge/transports/serial.ts',
  koffi: 'cable/tap.ts',
  rp2040js: 'emulator/',
  uf2: 'firmware/',
};

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)).split(sep).join('/'));

const importsOf = (file: string): string[] =>
  [...readFileSync(join(src, file), 'utf8').matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(
    (m) => m[1] as string,
  );

/** `bridge/mock` where a rule is that fine, else the first folder, else '.'. */
const folderOf = (file: string): string => {
  const parts = file.split('/');
  if (parts.length === 1) return '.';
  const two = parts.slice(0, 2).join('/');
  return parts.length > 2 && two in ALLOWED ? two : (parts[0] as string);
};

const refused = (file: string, target: string): boolean => {
  const from = folderOf(file);
  const own = from.split('/')[0] as string;
  const to = target.split('/')[0] as string;
  const allowed = ALLOWED[from] ?? [];
  return !(allowed.includes('*') || to === own || allowed.includes(to) || allowed.includes(target));
};

describe('the folders keep DESIGN.md', () => {
  test('every folder of src has a row in the table', () => {
    expect([...new Set(files.map((file) => folderOf(file)))].filter((folder) => !(folder in ALLOWED))).toEqual([]);
  });

  test('no folder imports upwards', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) =>
          normalize(join(dirname(file), target))
            .split(sep)
            .join('/'),
        )
        .filter((target) => refused(file, target))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('engines touch no Node API', () => {
    const wrong = files
      .filter(
        (file) => !NODE_API.some((allowed) => file === allowed || (allowed.endsWith('/') && file.startsWith(allowed))),
      )
      .filter(
        (file) =>
          importsOf(file).some((target) => target.startsWith('node:')) ||
          /\b(?:setTimeout|setInterval|setImmediate|queueMicrotask|Date\.now|performance\.now|process\.|Buffer\.)/.test(
            readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ''),
          ),
      );
    expect(wrong).toEqual([]);
  });

  test('no engine awaits: promises begin at the socket library', () => {
    const wrong = files
      .filter((file) => /^(wire|network|transport|driver|adapter|trace|base)\//.test(file) && file !== 'trace/file.ts')
      .filter((file) =>
        /\bawait\b/.test(readFileSync(join(src, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '')),
      );
    expect(wrong).toEqual([]);
  });

  test('a package is imported at its one place only', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => !target.startsWith('.') && !target.startsWith('node:'))
        .filter((target) => {
          const place = PACKAGES[target];
          return place === undefined || !(file === place || (place.endsWith('/') && file.startsWith(place)));
        })
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('serialport and koffi are loaded when they are used, not before', () => {
    for (const file of files)
      expect(readFileSync(join(src, file), 'utf8'), file).not.toMatch(
        /^import (?!type).*'(?:koffi|serialport|@serialport\/.*)'/m,
      );
  });

  test('rp2040js is loaded when a board is emulated, not before', () => {
    /** What comes with a file at once: its own static imports but for types, and theirs. */
    const loadedWith = (file: string, seen = new Set<string>()): Set<string> => {
      if (seen.has(file)) return seen;
      seen.add(file);
      const text = files.includes(file) ? readFileSync(join(src, file), 'utf8') : '';
      for (const [, target = ''] of text.matchAll(/^(?:import|export) (?!type)[^;]*?from '([^']+)'/gm))
        loadedWith(
          target.startsWith('.')
            ? normalize(join(dirname(file), target))
                .split(sep)
                .join('/')
            : target,
          seen,
        );
      return seen;
    };
    expect(loadedWith('emulator/rp2040/machine.ts')).toContain('rp2040js');
    for (const file of files.filter((file) => !file.startsWith('emulator/')))
      expect([...loadedWith(file)], file).not.toContain('rp2040js');
  });
});

describeWith(['git'], 'the repository', () => {
  test('has the top level that was asked for', () => {
    const files = execFileSync('git', ['ls-files'], { cwd: root, encoding: 'utf8' }).trim().split('\n');
    const top = [...new Set(files.map((file) => file.split('/')[0] as string))].filter((name) => !name.startsWith('.'));
    expect(top.sort()).toEqual(
      [
        'package.json',
        'tsconfig.json',
        'firmware-bridge',
        'src',
        'hw',
        'test',
        'README.md',
        'package-lock.json',
        'LICENSE',
        'CONTRIBUTING.md',
        'CHANGELOG.md',
        'biome.json',
        'knip.json',
        'tsconfig.build.json',
        'vitest.config.ts',
      ].sort(),
    );
  });
});
