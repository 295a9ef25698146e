/**
 * Makes a module that can be compiled and run out of an example, line for line: what the compiler and the running program say
 * about line n of the module is about line n - 1 of the example.
 *
 * Only two things change: `// -> X` behind a statement becomes a check of the statement's value, and a fragment becomes the body
 * of a function that is given `kv`.
 */

import { maskSource } from '../tidy/source-text.js';
import type { Block, Door } from './blocks.js';

/** A block as a module of its own. */
export interface Program {
  readonly block: Block;
  readonly door: Door | undefined;
  readonly source: string;
  /** The lines, in the block's file, that expect something. */
  readonly expectationLines: readonly number[];
}

const EXPECTATION = /^[^\S\n]*\/\/ -> (.*?)[^\S\n]*$/m;
/** Statements that have no value to look at. */
const VALUELESS =
  /^(?:await using|let|var|return|throw|if|for|while|function|class|type|interface|import|export)\b/;

const KV_TYPES: Readonly<Record<Door, string>> = {
  client: "import('crabkv/client').Client",
  embedded: "Awaited<ReturnType<typeof import('crabkv').open>>",
};

/** `expectationModule`: the address of expectation.js, for the import. */
export function programsOf(block: Block, expectationModule: string): Program[] {
  const lines: number[] = [];
  const body = withExpectations(block, lines);
  const make = (door: Door | undefined, source: string): Program => ({
    block,
    door,
    source,
    expectationLines: lines,
  });
  if (block.kind === 'check') {
    if (lines.length > 0)
      throw new Error(`${block.file}:${lines[0]}: nothing is expected where nothing runs`);
    return [make(undefined, `\n${block.code}`)];
  }
  if (block.kind === 'run') {
    const opening =
      `import { Expectations as Expectations_ } from ${JSON.stringify(expectationModule)}; ` +
      `const expectations_ = Expectations_.ofProcess(${JSON.stringify(block.file)}, ${JSON.stringify(lines)});`;
    return [make(undefined, `${opening}\n${body}`)];
  }
  return block.doors.map((door) => make(door, fragment(body, door, expectationModule)));
}

/** Whether the example itself listens on the port, so that no server may be there yet. */
export function listensItself(block: Block): boolean {
  return /\blisten\(|\bcreateServer\(|\bstartTestServer\(\{[^}]*\bport\b/.test(maskSource(block.code));
}

/** The fragment as an exported function; its imports stay above. */
function fragment(body: string, door: Door, expectationModule: string): string {
  const masked = maskSource(body);
  let end = 0;
  for (const match of masked.matchAll(/^import\b[^;]*;/gm)) end = match.index + match[0].length;
  const parameters = `kv: ${KV_TYPES[door]}, expectations_: import(${JSON.stringify(expectationModule)}).Expectations`;
  const opening = `export default async (${parameters}): Promise<void> => {`;
  return `\n${body.slice(0, end)} ${opening}${body.slice(end)}};\n`;
}

/** The block's code with checks for its expectations, whose lines are added to `lines`. */
function withExpectations(block: Block, lines: number[]): string {
  const edits: Edit[] = [];
  for (const { start, end } of statements(maskSource(block.code))) {
    const expected = EXPECTATION.exec(block.code.slice(end));
    if (expected === null || expected.index !== 0) continue;
    const line = block.line + block.code.slice(0, end).split('\n').length - 1;
    lines.push(line);
    const statement = block.code.slice(start, end);
    edits.push(...checkStatement(statement, start, expected[1]!, block.file, line));
  }
  const written = block.code.match(/\/\/ ->/g)?.length ?? 0;
  if (written !== lines.length) {
    const found = `${lines.length} of ${written} expectations stand behind a statement and its semicolon`;
    throw new Error(`${block.file}:${block.line}: only ${found}`);
  }
  return withEdits(block.code, edits);
}

/** What makes a statement at `start`, up to its semicolon, one that checks its value. */
function checkStatement(
  statement: string,
  start: number,
  expected: string,
  file: string,
  line: number,
): Edit[] {
  const end = start + statement.length;
  const expectation = `${line}, ${JSON.stringify(expected)}, `;
  const printing = /^console\.log\(/.exec(statement)?.[0];
  if (printing !== undefined)
    return [{ at: start, length: printing.length, text: `expectations_.checkPrinted(${expectation}` }];
  const check = `expectations_.check(${expectation}`;
  const constant = /^const (\w+)\b/.exec(statement)?.[1];
  if (constant !== undefined) return [{ at: end, length: 0, text: ` ${check}${constant});` }];
  if (VALUELESS.test(statement))
    throw new Error(`${file}:${line}: an expectation stands behind an expression, console.log() or a const`);
  return [
    { at: start, length: 0, text: check },
    { at: end - 1, length: 1, text: ');' },
  ];
}

/** `length` characters from `at` on become `text`. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}

function withEdits(code: string, edits: readonly Edit[]): string {
  let result = '';
  let copied = 0;
  for (const edit of edits.toSorted((left, right) => left.at - right.at)) {
    result += code.slice(copied, edit.at) + edit.text;
    copied = edit.at + edit.length;
  }
  return result + code.slice(copied);
}

/** Where statements that end with a semicolon stand, in code without comments and literals (`maskSource`). */
function* statements(masked: string): Generator<{ start: number; end: number }> {
  const starts: number[] = [0];
  /** Round and square brackets that are open, for each open brace: in them a brace opens an object or a function. */
  const depths: number[] = [0];
  for (let at = 0; at < masked.length; at++) {
    const character = masked[at]!;
    const top = starts.length - 1;
    if (character === '(' || character === '[') depths[top]! += 1;
    else if (character === ')' || character === ']') depths[top]! -= 1;
    else if (character === '{') {
      starts.push(at + 1);
      depths.push(0);
    } else if (character === '}') {
      starts.pop();
      depths.pop();
      // A block ends its statement; an object or a function's body is followed by what goes on with it.
      const follows =
        /^\s*(?:$|[\w}])/.test(masked.slice(at + 1)) && /^[^\S\n]*(?:\n|$)/.test(masked.slice(at + 1));
      if (depths.at(-1) === 0 && follows) starts[starts.length - 1] = at + 1;
    } else if (character === ';' && depths[top] === 0) {
      const start = starts[top]! + (/^\s*/.exec(masked.slice(starts[top]!))?.[0].length ?? 0);
      yield { start, end: at + 1 };
      starts[top] = at + 1;
    }
  }
}
