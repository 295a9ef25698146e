/**
 * House rules, kept by a test: what a reviewer would otherwise have to say again and again.
 *
 * Formatting and general lint are Biome's. Here are the rules that are this project's own: how files open, how long
 * and how wide they are, what they are called, which way imports run, and what hot files must not contain.
 * CONTRIBUTING.md tells the reasons.
 */

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { importedModules, type ModuleImport, maskSource } from './source-text.js';

/** Lowest first: a layer imports only itself and those before it. */
const LAYERS = ['base', 'memory', 'structures', 'engine', 'commands', 'server'];
/** Folders of `src` beside the layers, and all that they may import. */
const SIDE_FOLDERS: Readonly<Record<string, readonly string[]>> = {
  client: ['base'],
  embedded: [...LAYERS, 'client'],
  testing: [...LAYERS, 'client', 'embedded'],
};

const FILE_LINES_MAX = 600;
/** The formatter keeps code within 110 columns; comments and long literals, which it does not break, get some more. */
const LINE_COLUMNS_MAX = 130;
/** What `npm run docs` writes is as long as there are commands. */
const GENERATED_FOLDER = 'src/client/generated/';
/** Files that may be longer, each with its own limit and its reason. */
const LONGER_FILES: Readonly<Record<string, { linesMax: number; reason: string }>> = {};

/** Files that run for every command: no garbage in them, except where a line says `// alloc: why`. */
const HOT_FILES = [
  'src/base/stopwatch.ts',
  'src/memory/memory.ts',
  'src/memory/baton.ts',
  'src/structures/hash-table.ts',
  'src/structures/entry.ts',
  'src/structures/packed-list.ts',
  'src/structures/packed-item.ts',
  'src/structures/packed-integers.ts',
  'src/structures/table-segment.ts',
  'src/structures/timing-wheel.ts',
  'src/structures/counted-tree.ts',
  'src/structures/tree-cursor.ts',
  'src/structures/tree-node.ts',
  'src/structures/ring.ts',
  'src/engine/parser.ts',
  'src/engine/reply.ts',
  'src/engine/keyspace.ts',
  'src/engine/collection-reader.ts',
  'src/engine/hashes.ts',
  'src/engine/packed-hash.ts',
  'src/engine/large-hash.ts',
  'src/engine/hash-cursor.ts',
  'src/engine/field-deadlines.ts',
  'src/engine/element-sampler.ts',
  'src/engine/sets.ts',
  'src/engine/packed-set.ts',
  'src/engine/element-sampler.ts',
  'src/commands/sets.ts',
  'src/commands/set-arguments.ts',
  'src/engine/sorted-sets.ts',
  'src/engine/sorted-set-cursor.ts',
  'src/engine/sorted-set-elements.ts',
  'src/engine/sorted-set-limits.ts',
  'src/engine/sorted-set-order.ts',
  'src/engine/sorted-set-packed.ts',
  'src/commands/sorted-set-range.ts',
  'src/commands/sorted-set-replies.ts',
  'src/engine/databases.ts',
  'src/engine/access-clock.ts',
  'src/engine/eviction.ts',
  'src/engine/eviction-pool.ts',
  'src/engine/lists.ts',
  'src/engine/packed-lists.ts',
  'src/engine/large-list.ts',
  'src/engine/list-ends.ts',
  'src/engine/list-chunks.ts',
  'src/engine/list-cursor.ts',
  'src/engine/list-elements.ts',
  'src/engine/list-search.ts',
  'src/engine/executor.ts',
  'src/engine/acl/permission.ts',
  'src/engine/request-keys.ts',
  'src/engine/command-statistics.ts',
  'src/engine/wal/log.ts',
  'src/engine/wal/log-appender.ts',
  'src/embedded/argument-buffer.ts',
  'src/embedded/direct-runner.ts',
  'src/embedded/reply-decoder.ts',
  'src/server/uring/connection.ts',
  'src/server/uring/receive-buffers.ts',
  'src/server/uring/uring-reactor.ts',
  'src/server/epoll/connection.ts',
  'src/server/epoll/epoll-reactor.ts',
];

const HOT_FORBIDDEN: readonly [what: string, pattern: RegExp][] = [
  ['subarray', /\.subarray\(/],
  ['slice', /\.slice\(/],
  ['spread or rest', /\.\.\./],
  ['async', /\basync\b|\bawait\b/],
  ['try', /\btry\b/],
  ['BigInt', /\bBigInt\(|\b\d+n\b/],
  ['closure', /(?<!:\s*\([^()]*\)\s*)=>|(?<![.\w])function\b(?!\s*\w)/],
  ['template string', /`/],
  ['destructuring', /\b(?:const|let|var)\s*[[{]|^\s*\[.*\]\s*=[^=>]/],
];
/** Lines in which nothing counts: types are gone at run time, and a throw ends the path. */
const HOT_IGNORED = /^\s*(?:(?:export\s+)?type\b|throw\b)/;
const ALLOCATION_EXCUSE = /\/\/ alloc: \S/;

/** What switches the type checker off. (Biome finds `any`, the compiler itself everything that is not erasable.) */
const TYPES_GIVEN_UP = /@ts-(?:nocheck|ignore)\b|biome-ignore .*noExplicitAny/;

interface SourceFile {
  /** Path from the project's folder, with forward slashes. */
  readonly name: string;
  readonly source: string;
  readonly lines: readonly string[];
  /** The lines without comments and without the insides of literals. */
  readonly maskedLines: readonly string[];
}

const files = ['src', 'test', 'bench', 'scripts'].flatMap(readSources);
const productFiles = files.filter((file) => file.name.startsWith('src/'));

test('there are sources to look at', () => {
  assert.ok(productFiles.length > 0, `no sources in ${path.resolve('src')}`);
});

test('files are named in kebab-case', () => {
  const kebabCase = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.(?:test|case))?\.(?:ts|mjs)$/;
  assertNone(files.filter((file) => !kebabCase.test(path.basename(file.name))).map((file) => file.name));
});

test('every source opens with a comment that says what it is', () => {
  const opening = /^(?:#!.*\n)?\/\*\*\n \* \S/;
  const wanting = productFiles.filter((file) => !isTest(file) && !opening.test(file.source));
  assertNone(wanting.map((file) => file.name));
});

test(`no file has more than ${FILE_LINES_MAX} lines but the named exceptions`, () => {
  const linesMax = (file: SourceFile) => LONGER_FILES[file.name]?.linesMax ?? FILE_LINES_MAX;
  const written = files.filter((file) => !file.name.startsWith(GENERATED_FOLDER));
  const crowded = written.filter((file) => file.lines.length > linesMax(file));
  assertNone(crowded.map((file) => `${file.name}: ${file.lines.length} lines, allowed ${linesMax(file)}`));
  const idle = Object.keys(LONGER_FILES).filter(
    (name) => (files.find((file) => file.name === name)?.lines.length ?? 0) <= FILE_LINES_MAX,
  );
  assertNone(idle.map((name) => `${name}: needs no exception any more`));
});

test(`no line is wider than ${LINE_COLUMNS_MAX} columns`, () => {
  // An import or an address can't be broken, and the text inside a template is as it must be.
  const unbreakable = /https?:\/\/|^import /;
  const comment = /^\s*(?:\/[/*]|\*)/;
  const isText = (line: string, masked: string) => masked.trim() === '' && !comment.test(line);
  const isWide = (line: string, masked: string) =>
    line.length > LINE_COLUMNS_MAX && !unbreakable.test(line) && !isText(line, masked);
  assertNone(findLines(files, isWide));
});

test('imports run one way through the layers', () => {
  const wrong: string[] = [];
  for (const file of productFiles) {
    if (isTest(file)) continue;
    for (const target of importsOf(file)) {
      if (!target.startsWith('src/')) wrong.push(`${file.name} imports ${target}: outside src`);
      else if (!mayImport(folderOf(file.name), folderOf(target)))
        wrong.push(`${file.name} imports ${target}`);
    }
  }
  assertNone(wrong);
});

test('there are no import cycles', () => {
  const atRunTime = (file: SourceFile) => importsOf(file, (module) => !module.typeOnly);
  const graph = new Map(files.map((file) => [file.name, atRunTime(file)]));
  assertNone(findCycles(graph).map((cycle) => cycle.join(' -> ')));
});

test('types are not given up', () => {
  assertNone(
    findLines(files, (line) => TYPES_GIVEN_UP.test(line) && !line.startsWith('const TYPES_GIVEN_UP')),
  );
});

test('hot files allocate nothing without saying why', () => {
  const found = HOT_FILES.flatMap((name) => findAllocations(toSourceFile(name, readFileSync(name, 'utf8'))));
  assertNone(found);
});

test('the search for allocations finds each kind, and takes an excuse', () => {
  const bad = [
    'x = bytes.subarray(1);',
    'x = bytes.slice(1);',
    'f(...rest);',
    'async run() {}',
    'try {',
    'x = BigInt(1);',
    'x = 5n;',
    'x.map((y) => y);',
    'x = function () {};',
    'x = `a`;',
    'const { a } = b;',
    'const [a] = b;',
    '[a, b] = [b, a];',
  ];
  const allowed = [
    'function take(shard: number): void {',
    'this.shardI32[at] = 0;',
    "x = 'try ...';",
    'x = bytes.subarray(1); // alloc: once, at start',
    '// alloc: once, at start\nx = bytes.subarray(1);',
    'type Hash = (bytes: Uint8Array) => number;',
    'constructor(readonly hash: (bytes: Uint8Array) => number) {',
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    'throw new RangeError(`at most ${LIMIT}`);',
  ];
  for (const source of bad) assert.equal(findAllocations(toSourceFile('bad.ts', source)).length, 1, source);
  for (const source of allowed)
    assert.deepEqual(findAllocations(toSourceFile('good.ts', source)), [], source);
});

function readSources(folder: string): SourceFile[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|mjs)$/.test(name))
    .sort()
    .map((name) => path.join(folder, name))
    .map((name) => toSourceFile(name.replaceAll(path.sep, '/'), readFileSync(name, 'utf8')));
}

function toSourceFile(name: string, source: string): SourceFile {
  const lines = source.replace(/\n$/, '').split('\n');
  return { name, source, lines, maskedLines: maskSource(source).split('\n') };
}

function isTest(file: SourceFile): boolean {
  return /\.(?:test|case)\.ts$/.test(file.name);
}

/** Project paths of the modules that a file imports; packages, Node's own modules and data left out. */
function importsOf(file: SourceFile, wanted: (module: ModuleImport) => boolean = () => true): string[] {
  return importedModules(file.source)
    .filter((module) => /^\..*\.js$/.test(module.specifier) && wanted(module))
    .map(({ specifier }) =>
      path.posix.join(path.posix.dirname(file.name), specifier).replace(/\.js$/, '.ts'),
    );
}

/** `engine` for `src/engine/wal/log.ts`; the empty string for `src/main.ts`. */
function folderOf(name: string): string {
  const parts = name.split('/');
  return parts.length > 2 ? parts[1]! : '';
}

function mayImport(folder: string, target: string): boolean {
  if (folder === '' || folder === target) return true;
  const side = SIDE_FOLDERS[folder];
  if (side !== undefined) return side.includes(target);
  const layer = LAYERS.indexOf(folder);
  const targetLayer = LAYERS.indexOf(target);
  return layer !== -1 && targetLayer !== -1 && targetLayer < layer;
}

/** One cycle for each import that closes one, as the path round it. */
function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const finished = new Set<string>();
  const visit = (name: string, trail: string[]): void => {
    const start = trail.indexOf(name);
    if (start !== -1) {
      cycles.push([...trail.slice(start), name]);
      return;
    }
    if (finished.has(name)) return;
    for (const target of graph.get(name) ?? []) visit(target, [...trail, name]);
    finished.add(name);
  };
  for (const name of graph.keys()) visit(name, []);
  return cycles;
}

function findAllocations(file: SourceFile): string[] {
  return HOT_FORBIDDEN.flatMap(([what, pattern]) =>
    findLines([file], (line, masked, before) => {
      if (HOT_IGNORED.test(masked) || ALLOCATION_EXCUSE.test(line)) return false;
      return pattern.test(masked) && !ALLOCATION_EXCUSE.test(before);
    }).map((place) => `${place}  (${what})`),
  );
}

/** `file:line: text` of each line that `wanted` picks; it sees the line, the masked line and the line before. */
function findLines(
  among: readonly SourceFile[],
  wanted: (line: string, masked: string, before: string) => boolean,
): string[] {
  return among.flatMap((file) =>
    file.lines.flatMap((line, index) =>
      wanted(line, file.maskedLines[index]!, file.lines[index - 1] ?? '')
        ? [`${file.name}:${index + 1}: ${line.trim()}`]
        : [],
    ),
  );
}

function assertNone(found: readonly string[]): void {
  if (found.length > 0) assert.fail(`\n  ${found.join('\n  ')}`);
}
