/**
 * Just enough lexing to look at code without being misled by comments and strings.
 *
 * `maskSource` returns a text of the same length and with the same line breaks in which everything inside comments,
 * strings, template texts and regular expressions is blank; quotes, backticks and the code in `${}` stay. Whatever
 * matches in the masked text is therefore code, and its offset is its offset in the source.
 *
 * The one ambiguity of the grammar, division or regular expression, is decided by the token before the slash: after
 * an operand (a name, a number, a closing bracket) it divides, elsewhere and after a keyword it opens an expression.
 */

const OPERAND_END = /[\w$)\]}]$/;
const KEYWORD_END = /\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|yield|await|instanceof)$/;

/** The source with the insides of comments and literals blanked out. */
export function maskSource(source: string): string {
  let masked = '';
  let at = 0;
  /** For each open template: how many braces are open inside its current `${`. */
  const templates: number[] = [];

  const copy = (count: number): void => {
    masked += source.slice(at, at + count);
    at += count;
  };
  const blankTo = (end: number): void => {
    masked += source.slice(at, end).replace(/[^\n]/g, ' ');
    at = end;
  };
  /** Blanks up to `quote` or, in a template, up to the next `${`; `at` is then on it. */
  const blankLiteral = (quote: string): void => {
    let end = at;
    while (end < source.length && source[end] !== quote) {
      if (quote === '`' && source.startsWith('${', end)) break;
      end += source[end] === '\\' ? 2 : 1;
    }
    blankTo(end);
  };
  const templateText = (): void => {
    blankLiteral('`');
    if (source[at] === '`') {
      copy(1);
    } else {
      copy(2);
      templates.push(0);
    }
  };

  while (at < source.length) {
    const character = source[at]!;
    if (source.startsWith('//', at)) {
      const end = source.indexOf('\n', at);
      blankTo(end === -1 ? source.length : end);
    } else if (source.startsWith('/*', at)) {
      blankTo(source.indexOf('*/', at) + 2);
    } else if (character === "'" || character === '"') {
      copy(1);
      blankLiteral(character);
      copy(1);
    } else if (character === '`') {
      copy(1);
      templateText();
    } else if (character === '/' && opensExpression(masked)) {
      copy(1);
      blankTo(expressionEnd(source, at));
      copy(1);
    } else if (character === '}' && templates.at(-1) === 0) {
      templates.pop();
      copy(1);
      templateText();
    } else {
      if (templates.length > 0 && character === '{') templates[templates.length - 1]! += 1;
      if (templates.length > 0 && character === '}') templates[templates.length - 1]! -= 1;
      copy(1);
    }
  }
  return masked;
}

export interface ModuleImport {
  readonly specifier: string;
  /** An `import type` or `export type`, of which nothing is left at run time. */
  readonly typeOnly: boolean;
}

/** What a source imports or re-exports, in order; dynamic imports and workers' files included. */
export function importedModules(source: string): ModuleImport[] {
  const masked = maskSource(source);
  const openings =
    /\b(?:import|export)\s+(type\b)?[^;'"()=]*?\bfrom\s*['"]|\bimport\s*\(?\s*['"]|\bnew\s+URL\(\s*['"]/g;
  const found: ModuleImport[] = [];
  for (const match of masked.matchAll(openings)) {
    const start = match.index + match[0].length;
    const specifier = source.slice(start, masked.indexOf(masked[start - 1]!, start));
    found.push({ specifier, typeOnly: match[1] !== undefined });
  }
  return found;
}

function opensExpression(before: string): boolean {
  const text = before.trimEnd();
  return text === '' || !OPERAND_END.test(text) || KEYWORD_END.test(text);
}

/** Where the slash is that ends the regular expression whose body starts at `at`. */
function expressionEnd(source: string, at: number): number {
  let inClass = false;
  for (let end = at; end < source.length; end++) {
    const character = source[end];
    if (character === '\\') end++;
    else if (character === '[') inClass = true;
    else if (character === ']') inClass = false;
    else if (character === '/' && !inClass) return end;
  }
  return source.length;
}
