/** Tests of the reader of declarations. */

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readDocstring, readModule } from './declarations.js';

const MODULE = `/**
 * What the module is.
 */
import type { Other } from './other.js';
/** A class; with braces { in its docstring. */
export declare abstract class Store<T extends { a: 1 }> extends Base<{
    b: 2;
}> implements Other {
    #private;
    private hidden;
    protected run(): void;
    /** How many. */
    readonly count: number;
    /** Read only; by an accessor. */
    get size(): number;
    /** First form. */
    get(key: string): Promise<string | undefined>;
    /** Second form. */
    get(key: string, options: {
        raw: true;
    }): Promise<Buffer>;
    static of<T>(value?: T): Store<T>;
    /** Never called. */
    onLost?: (error: Error) => void;
    [Symbol.asyncDispose](): Promise<void>;
    constructor(name: string);
}
interface Hidden {
    a: ';';
}
export interface Options extends Hidden {
    /** Time. */
    readonly timeoutMs?: number;
}
/** Opens. */
export declare function open(path: string): Store<never>;
export declare function open(options?: Options): Store<never>;
/** One of two. */
export type Mode = 'a' | {
    [name: string]: () => void;
};
export declare const LIMIT = 5;
export { one, type Two, three as four } from './other.js';
export * from './all.js';
export { Hidden };
`;

describe('reading declarations', () => {
  const module = readModule(MODULE);
  const find = (name: string) => module.declarations.filter((declaration) => declaration.name === name);

  it('finds what is declared and what is exported', () => {
    assert.equal(module.header?.text, 'What the module is.');
    assert.deepEqual(
      module.declarations.map(({ kind, name }) => `${kind} ${name}`),
      [
        'class Store',
        'interface Hidden',
        'interface Options',
        'function open',
        'function open',
        'type Mode',
        'const LIMIT',
      ],
    );
    assert.deepEqual(
      module.exports.map(({ name, local, from }) =>
        from === undefined ? name : `${local} as ${name} from ${from}`,
      ),
      [
        'Store',
        'Options',
        'open',
        'open',
        'Mode',
        'LIMIT',
        'one as one from ./other.js',
        'Two as Two from ./other.js',
        'three as four from ./other.js',
        '* as * from ./all.js',
        'Hidden',
      ],
    );
  });

  it('gives each declaration its own docstring', () => {
    assert.equal(find('Store')[0]?.doc?.text, 'A class; with braces { in its docstring.');
    assert.deepEqual(
      find('open').map(({ doc }) => doc?.text),
      ['Opens.', undefined],
    );
    assert.equal(find('Options')[0]?.doc, undefined);
    assert.equal(find('Mode')[0]?.doc?.text, 'One of two.');
  });

  it('keeps the declaration up to its body', () => {
    assert.equal(
      find('Store')[0]?.text,
      'abstract class Store<T extends { a: 1 }> extends Base<{\n    b: 2;\n}> implements Other',
    );
    assert.equal(find('Mode')[0]?.text, "type Mode = 'a' | {\n    [name: string]: () => void;\n}");
    assert.equal(find('LIMIT')[0]?.text, 'const LIMIT = 5');
  });

  it('finds the public members, of each kind', () => {
    assert.deepEqual(
      find('Store')[0]?.members.map(({ kind, name, text, doc }) => [kind, name, text, doc?.text]),
      [
        ['property', 'count', 'readonly count: number', 'How many.'],
        ['property', 'size', 'readonly size: number', 'Read only; by an accessor.'],
        ['method', 'get', 'get(key: string): Promise<string | undefined>', 'First form.'],
        ['method', 'get', 'get(key: string, options: {\n    raw: true;\n}): Promise<Buffer>', 'Second form.'],
        ['method', 'of', 'static of<T>(value?: T): Store<T>', undefined],
        ['property', 'onLost', 'onLost?: (error: Error) => void', 'Never called.'],
        ['method', '[Symbol.asyncDispose]', '[Symbol.asyncDispose](): Promise<void>', undefined],
        ['constructor', 'constructor', 'constructor(name: string)', undefined],
      ],
    );
    const [option] = find('Options')[0]?.members ?? [];
    assert.deepEqual([option?.name, option?.isOptional, option?.type], ['timeoutMs', true, 'number']);
  });
});

describe('reading docstrings', () => {
  it('takes text and tags apart, and leaves code alone', () => {
    const comment = `/**
     * First {@link Store}.
     *
     * Second.
     * @param key what it is
     *   called
     * @throws UsageError when not
     * @example
     * \`\`\`ts kv
     * @decorated
     *   indented();
     * \`\`\`
     */`;
    assert.deepEqual(readDocstring(comment), {
      text: 'First `Store`.\n\nSecond.',
      tags: [
        { name: 'param', text: 'key what it is\n  called' },
        { name: 'throws', text: 'UsageError when not' },
        { name: 'example', text: '```ts kv\n@decorated\n  indented();\n```' },
      ],
    });
    assert.equal(readDocstring('/** One line. */').text, 'One line.');
  });
});
