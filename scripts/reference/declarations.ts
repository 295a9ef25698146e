/**
 * Reads what the compiler has written into a `.d.ts` file: the declarations, each with its docstring, and what is re-exported.
 *
 * Those files are regular: no expressions, one statement after the other, each with its semicolon or its braces. So a statement
 * ends at the semicolon outside of all brackets or, of a class or an interface, at its closing brace; members are statements of
 * the body.
 */

import { maskSource } from '../../test/tidy/source-text.js';

/** A docstring, taken apart. Texts are Markdown. */
export interface Docstring {
  /** What stands before the first tag. */
  readonly text: string;
  /** `@param`, `@returns`, `@throws`, `@example`, ... with what follows, in order. */
  readonly tags: readonly { readonly name: string; readonly text: string }[];
}

export interface Member {
  readonly kind: 'constructor' | 'method' | 'property';
  /** As it is written behind an object: `close`, `[Symbol.asyncDispose]`. */
  readonly name: string;
  /** The declaration without its semicolon and without modifiers that do not matter to callers. */
  readonly text: string;
  readonly isOptional: boolean;
  /** Of a property: its type. */
  readonly type: string;
  readonly doc: Docstring | undefined;
}

export interface Declaration {
  readonly kind: 'class' | 'interface' | 'function' | 'type' | 'const';
  readonly name: string;
  /** The declaration; of classes and interfaces what stands before the brace. */
  readonly text: string;
  readonly doc: Docstring | undefined;
  /** Public ones, of classes and interfaces. */
  readonly members: readonly Member[];
}

/** `export { local as name } from 'from'`; `from` is undefined for what the module declares itself, `name` is `*` for all. */
interface Export {
  readonly name: string;
  readonly local: string;
  readonly from: string | undefined;
}

export interface Module {
  /** The comment that opens the file. */
  readonly header: Docstring | undefined;
  /** All of them, exported or not; several of one name are overloads. */
  readonly declarations: readonly Declaration[];
  readonly exports: readonly Export[];
}

interface Statement {
  readonly text: string;
  /** The same without comments and the insides of literals, character by character. */
  readonly masked: string;
  readonly doc: string | undefined;
}

const BLOCK = /^(?:export )?(?:default )?(?:declare )?(?:abstract )?(?:class|interface|namespace|enum)\b/;
const DECLARATION = /^(export )?(?:declare )?(?:abstract )?(class|interface|function|type|const)\s+([\w$]+)/;
const HIDDEN = /^(?:static )?(?:private|protected)\b|^#/;
const MODIFIERS = /^(?:static |readonly |abstract |override |declare |get |set )*/;

/** Reads the text of a `.d.ts` file. */
export function readModule(text: string): Module {
  const declarations: Declaration[] = [];
  const exports: Export[] = [];
  for (const statement of statementsOf(text, 0, text.length)) {
    const [, exported, kind, name] = DECLARATION.exec(statement.masked) ?? [];
    if (name === undefined) exports.push(...reexports(statement.text));
    else {
      declarations.push(declarationOf(statement, kind as Declaration['kind'], name));
      if (exported !== undefined) exports.push({ name, local: name, from: undefined });
    }
  }
  const header = /^(?:#!.*\n)?(\/\*\*[\s\S]*?\*\/)/.exec(text)?.[1];
  return { header: header === undefined ? undefined : readDocstring(header), declarations, exports };
}

/** Takes a comment apart, from its two stars to its end. */
export function readDocstring(comment: string): Docstring {
  const lines = comment
    .replace(/^\/\*\*|\*\/$/g, '')
    .split('\n')
    .map((line, index) => (index === 0 ? line.trimStart() : line.replace(/^\s*\* ?/, '')).trimEnd());
  const parts: { name: string; lines: string[] }[] = [{ name: '', lines: [] }];
  let isInCode = false;
  for (const line of lines) {
    if (/^\s*```/.test(line)) isInCode = !isInCode;
    const [, name, rest] = (!isInCode && /^@(\w+)\s*(.*)$/.exec(line)) || [];
    if (name === undefined) parts.at(-1)!.lines.push(line);
    else parts.push({ name, lines: [rest ?? ''] });
  }
  const [first, ...tags] = parts.map((part) => ({
    name: part.name,
    text: part.lines
      .join('\n')
      .trim()
      .replace(/\{@link (\S+?)\}/g, '`$1`'),
  }));
  return { text: first!.text, tags };
}

function declarationOf(statement: Statement, kind: Declaration['kind'], name: string): Declaration {
  const doc = statement.doc === undefined ? undefined : readDocstring(statement.doc);
  const strip = (text: string) =>
    text
      .replace(/^export /, '')
      .replace(/^declare /, '')
      .replace(/;$/, '')
      .trim();
  if (!BLOCK.test(statement.masked)) return { kind, name, text: strip(statement.text), doc, members: [] };
  const open = bodyStart(statement.masked);
  const members = [...statementsOf(statement.text, open + 1, statement.text.length - 1)]
    .filter(({ text }) => !HIDDEN.test(text))
    .map(memberOf);
  return { kind, name, text: strip(statement.text.slice(0, open)), doc, members };
}

/** Where the body of a class or interface opens: its last brace that nothing encloses. */
function bodyStart(masked: string): number {
  let depth = 0;
  for (let at = masked.length - 1; at > 0; at--) {
    if (masked[at] === '}') depth++;
    else if (masked[at] === '{' && --depth === 0) return at;
  }
  throw new Error(`a declaration without a body: ${masked}`);
}

function memberOf({ text, doc }: Statement): Member {
  const declared = text.replace(/;$/, '').replace(/^ {4}/gm, ''); // it stood in a body
  const modifiers = MODIFIERS.exec(declared)?.[0] ?? '';
  const rest = declared.slice(modifiers.length);
  const name = /^(?:\[[^\]]*\]|[\w$]+)?/.exec(rest)?.[0] ?? '';
  const isOptional = rest[name.length] === '?';
  const after = rest.slice(name.length + (isOptional ? 1 : 0));
  const isAccessor = /\b[gs]et $/.test(modifiers);
  const isMethod = /^[<(]/.test(after) && !isAccessor;
  const type = isMethod ? '' : after.replace(isAccessor ? /^\(\): ?/ : /^: ?/, '');
  const kind = name === 'constructor' ? 'constructor' : isMethod ? 'method' : 'property';
  const kept = `${modifiers.includes('static') ? 'static ' : ''}${modifiers.includes('readonly') ? 'readonly ' : ''}`;
  const shown = isAccessor ? `readonly ${name}: ${type}` : `${kept}${rest}`;
  return {
    kind,
    name,
    text: shown,
    isOptional,
    type,
    doc: doc === undefined ? undefined : readDocstring(doc),
  };
}

function reexports(statement: string): Export[] {
  const from = /\bfrom\s*['"]([^'"]+)['"];?$/.exec(statement)?.[1];
  if (/^export\s+\*/.test(statement)) return [{ name: '*', local: '*', from }];
  const list = /^export\s+(?:type\s+)?\{([^}]*)\}/.exec(statement)?.[1] ?? '';
  return [...list.matchAll(/(?:type\s+)?([\w$]+)(?:\s+as\s+([\w$]+))?/g)].map(([, local, name]) => ({
    name: name ?? local!,
    local: local!,
    from,
  }));
}

/** The statements between two offsets, each with the comment that stands right before it. */
function* statementsOf(text: string, from: number, to: number): Generator<Statement> {
  const masked = maskSource(text);
  let start = from;
  while (start < to) {
    const leading = masked.slice(start, to).search(/\S/);
    if (leading < 0) return;
    const first = start + leading;
    const end = statementEnd(masked, first, to);
    const comments = text.slice(start, first).match(/\/\*\*[\s\S]*?\*\//g) ?? [];
    // The first comment of a file is about the file.
    const doc = start === 0 ? comments.slice(1).at(-1) : comments.at(-1);
    yield { text: text.slice(first, end), masked: masked.slice(first, end), doc };
    start = end;
  }
}

function statementEnd(masked: string, from: number, to: number): number {
  const isBlock = BLOCK.test(masked.slice(from, from + 100));
  let depth = 0;
  for (let at = from; at < to; at++) {
    const character = masked[at]!;
    if ('([{'.includes(character)) depth++;
    else if (')]}'.includes(character)) {
      depth--;
      if (
        depth === 0 &&
        isBlock &&
        character === '}' &&
        /^\s*(?:$|export\b|declare\b|import\b|\w+\s)/.test(masked.slice(at + 1, to))
      )
        return at + 1;
    } else if (character === ';' && depth === 0) return at + 1;
  }
  return to;
}
