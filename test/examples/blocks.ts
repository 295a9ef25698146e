/**
 * The examples in documents and docstrings: fenced blocks of TypeScript, each with a word that says how it is tested.
 *
 * | after the fence | the block | what the tests do with it |
 * |---|---|---|
 * | `ts run` | is a program, with its imports | compile it, run it in a fresh directory |
 * | `ts kv` | is a fragment that is given `kv` | compile and run it twice: over a connection, and over `open()` |
 * | `ts kv client`, `ts kv embedded` | is a fragment for one of the two doors | compile it, run it once |
 * | `ts check` | is a module that can't run here | compile it |
 * | `ts declaration` | is made from the declarations: in docs/api only | nothing |
 *
 * `// -> X` behind a statement says what the statement's value looks like (expectation.ts). The servers of examples listen on
 * port 3000; the tests put a free port in its place. A block of TypeScript without such a word is an error: nothing in the
 * documents goes unchecked by mistake. So is code that looks like an example and stands in no such block.
 */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** What gives a fragment its `kv`. */
export type Door = 'client' | 'embedded';

export interface Block {
  /** Where the block stands, with forward slashes; and the line of its first line of code, counted from 1. */
  readonly file: string;
  readonly line: number;
  readonly kind: 'run' | 'kv' | 'check';
  /** Through which doors a fragment runs; empty for other kinds. */
  readonly doors: readonly Door[];
  readonly code: string;
}

/** A line of code as examples have them, where no block is. */
const STRAY_CODE =
  /^\s*(?:import\b.*\bfrom '|(?:(?:const|await using) .*= )?await \w+[.(]).*;\s*(?:\/\/.*)?$/;
const FENCE = /^(\s*)(```+)\s*(.*?)\s*$/;
const KINDS: Readonly<Record<string, Pick<Block, 'kind' | 'doors'>>> = {
  run: { kind: 'run', doors: [] },
  kv: { kind: 'kv', doors: ['client', 'embedded'] },
  'kv client': { kind: 'kv', doors: ['client'] },
  'kv embedded': { kind: 'kv', doors: ['embedded'] },
  check: { kind: 'check', doors: [] },
};

/**
 * All examples of the project in `root`, in the order of their files. One that stands in two places, as those of the generated
 * pages do, is there once.
 */
export function projectBlocks(root: string): Block[] {
  const sources = ['src/client', 'src/embedded', 'src/testing']
    .flatMap((folder) => filesBelow(root, folder, '.ts'))
    .filter((file) => !/\.(?:test|case)\.ts$/.test(file));
  const files = ['README.md', 'src/index.ts', ...sources, ...filesBelow(root, 'docs', '.md')];
  const blocks = files.flatMap((file) => blocksOf(file, readFileSync(path.join(root, file), 'utf8')));
  const unique = new Map<string, Block>();
  for (const block of blocks) {
    const key = JSON.stringify([block.kind, block.doors, block.code]);
    if (!unique.has(key)) unique.set(key, block);
  }
  return [...unique.values()];
}

/** The examples in one file: a document, or a source with docstrings. Throws for a block that does not say how it is tested. */
export function blocksOf(file: string, text: string): Block[] {
  const lines = file.endsWith('.ts') ? docstringLines(text) : text.split('\n');
  const blocks: Block[] = [];
  let open: { indent: number; fence: string; words: string; line: number } | undefined;
  let code: string[] = [];
  for (const [index, line] of lines.entries()) {
    if (!isTested(open?.words) && STRAY_CODE.test(line))
      throw new Error(`${file}:${index + 1}: an example outside of a block that says how it is tested`);
    const [, indent = '', fence = '', words = ''] = FENCE.exec(line) ?? [];
    if (open === undefined) {
      if (fence !== '') open = { indent: indent.length, fence, words, line: index + 2 };
      code = [];
    } else if (fence === open.fence && words === '') {
      const kind = kindOf(open.words, `${file}:${open.line - 1}`);
      if (kind !== undefined) blocks.push({ file, line: open.line, ...kind, code: `${code.join('\n')}\n` });
      open = undefined;
    } else {
      code.push(line.slice(Math.min(open.indent, line.length - line.trimStart().length)));
    }
  }
  if (open !== undefined) throw new Error(`${file}:${open.line - 1}: the block is not closed`);
  return blocks;
}

/** Whether code may stand in a block with these words behind its fence. */
function isTested(words: string | undefined): boolean {
  return words?.startsWith('ts ') ?? false;
}

function kindOf(words: string, place: string): Pick<Block, 'kind' | 'doors'> | undefined {
  const [language = '', ...rest] = words.split(/\s+/);
  if (!/^(?:ts|typescript|js|javascript)$/i.test(language)) return undefined;
  if (words === 'ts declaration' && place.startsWith('docs/api/')) return undefined;
  const kind = language === 'ts' ? KINDS[rest.join(' ')] : undefined;
  const allowed = Object.keys(KINDS).map((name) => `\`ts ${name}\``);
  if (kind === undefined)
    throw new Error(`${place}: \`${words}\` does not say how it is tested: use ${allowed.join(', ')}`);
  return kind;
}

/** The lines of a source as Markdown: what stands behind the star of a comment's line; all else is empty. */
function docstringLines(source: string): string[] {
  return source.split('\n').map((line) => /^\s*\* ?(?!\/)(.*)$/.exec(line)?.[1] ?? '');
}

function filesBelow(root: string, folder: string, ending: string): string[] {
  return readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => path.posix.join(folder, name.replaceAll(path.sep, '/')))
    .filter((name) => name.endsWith(ending))
    .sort();
}
