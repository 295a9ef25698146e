/** The tests of examples are worth what they notice: each way in which an example can be wrong fails. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { type Block, blocksOf } from './blocks.js';
import { DOORS } from './doors.js';
import { execute, ServerPool } from './execution.js';
import { programsOf } from './program.js';
import { type CompiledProgram, compile } from './project.js';

/** A block of a document, as its author writes it. */
function block(words: string, ...lines: string[]): Block {
  const [found] = blocksOf('page.md', ['# Title', `\`\`\`ts ${words}`, ...lines, '```'].join('\n'));
  return found!;
}

describe('finding examples', () => {
  it('finds blocks of documents, with their lines', () => {
    const text = 'text\n```ts run\na();\n```\n\n```sh\nls\n```\n  ```ts kv client\n  b();\n    c();\n  ```\n';
    assert.deepEqual(blocksOf('page.md', text), [
      { file: 'page.md', line: 3, kind: 'run', doors: [], code: 'a();\n' },
      { file: 'page.md', line: 10, kind: 'kv', doors: ['client'], code: 'b();\n  c();\n' },
    ]);
  });

  it('finds blocks of docstrings', () => {
    const text =
      '/**\n * Adds.\n *\n * @example\n * ```ts kv\n * a();\n *\n * b();\n * ```\n */\nconst x = 1;\n';
    const [found] = blocksOf('code.ts', text);
    assert.deepEqual(found, {
      file: 'code.ts',
      line: 6,
      kind: 'kv',
      doors: ['client', 'embedded'],
      code: 'a();\n\nb();\n',
    });
  });

  it('refuses a block that does not say how it is tested, and one that is not closed', () => {
    assert.throws(() => blocksOf('page.md', '\n```ts\na();\n```\n'), /page\.md:2: `ts` does not say/);
    assert.throws(() => blocksOf('page.md', '```js\na();\n```\n'), /page\.md:1: `js` does not say/);
    assert.throws(() => blocksOf('page.md', '```ts kv nowhere\na();\n```\n'), /page\.md:1/);
    assert.throws(() => blocksOf('page.md', '```ts run\na();\n'), /page\.md:1: the block is not closed/);
  });

  it('refuses code that stands in no block', () => {
    for (const code of [
      "    import { a } from 'b';",
      '    await kv.get(1); // 2',
      '```\nconst a = await open();\n```',
    ])
      assert.throws(() => blocksOf('page.md', `Text:\n\n${code}\n`), /page\.md:[34]: an example outside/);
    assert.deepEqual(blocksOf('page.md', 'Those who await a reply import nothing from there.\n'), []);
  });
});

describe('expectations', () => {
  const source = (...lines: string[]) =>
    programsOf(block('run', ...lines), 'x.js')[0]!
      .source.split('\n')
      .slice(1)
      .join('\n');
  const check = (line: number, expected: string, method = 'check') =>
    `expectations_.${method}(${line}, ${JSON.stringify(expected)}, `;

  it('stand behind expressions, of several lines and inside of others, too', () => {
    assert.equal(source('await f(1); // -> 2'), `${check(3, '2')}await f(1)); // -> 2\n`);
    assert.equal(
      source("f({ a: ';' }); g(';')", '  .h({ b })', '  .i(); // -> 3'),
      `f({ a: ';' }); ${check(5, '3')}g(';')\n  .h({ b })\n  .i()); // -> 3\n`,
    );
    assert.equal(
      source('for (const a of b) {', '  f(a); // -> 1', '}', 'g((c) => {', '  h(c); // -> 2', '}); // -> 3'),
      `for (const a of b) {\n  ${check(4, '1')}f(a)); // -> 1\n}\n` +
        `${check(8, '3')}g((c) => {\n  ${check(7, '2')}h(c)); // -> 2\n})); // -> 3\n`,
    );
  });

  it('stand behind console.log and constants', () => {
    assert.equal(
      source('console.log(a, b); // -> 1 2'),
      `${check(3, '1 2', 'checkPrinted')}a, b); // -> 1 2\n`,
    );
    assert.equal(source('const a = f(); // -> 1'), `const a = f(); ${check(3, '1')}a); // -> 1\n`);
  });

  it('are refused where there is no value, or no statement', () => {
    assert.throws(() => source('return f(); // -> 1'), /page\.md:3: an expectation stands behind/);
    assert.throws(() => source('f() // -> 1'), /page\.md:3: only 0 of 1 expectations/);
    assert.throws(() => source('// -> 1'), /page\.md:3: only 0 of 1 expectations/);
    assert.throws(
      () => programsOf(block('check', 'f(); // -> 1'), 'x.js'),
      /page\.md:3: nothing is expected/,
    );
  });
});

describe('running examples', () => {
  const cases: readonly [title: string, wrong: RegExp | undefined, block: Block][] = [
    [
      'a program that is right',
      undefined,
      block('run', "import { inspect } from 'node:util';", "inspect('a'); // -> \"'a'\""),
    ],
    [
      'a value that is another',
      /page\.md:4: the value is\s+2\s+and not\s+3/,
      block('run', 'const one = 1;', 'one + 1; // -> 3'),
    ],
    [
      'a part that may be anything',
      undefined,
      block('run', 'const now = Date.now();', '({ at: now, n: 1 }); // -> { at: ..., n: 1 }'),
    ],
    [
      'an expectation that is never reached',
      /never comes to line 4/,
      block('run', 'const f = () => {', '  f(); // -> 1', '};'),
    ],
    ['a program that throws', /code 1:\n.*Error: no/s, block('run', "throw new Error('no');")],
    [
      'a wrong type',
      /page\.md:4: error TS2322/,
      block('run', 'export {};', "const one: number = 'a';", 'one; // -> 1'),
    ],
    [
      'a wrong type where nothing runs',
      /page\.md:3: error TS2322/,
      block('check', "const one: number = 'a';"),
    ],
    ['a wrong method of kv', /page\.md:3: error TS2339/, block('kv client', 'await kv.fly();')],
    [
      'a fragment that is right',
      undefined,
      block('kv client', "await kv.set('a', 1);", "await kv.get('a'); // -> '1'"),
    ],
    [
      'a fragment that finds what another has left',
      /is\s+undefined\s+and not\s+'1'/,
      block('kv client', "await kv.get('a'); // -> '1'"),
    ],
    [
      'a fragment that ends early',
      /never comes to line 4/,
      block('kv client', 'if (1 + 1 === 2) return;', 'await kv.dbsize(); // -> 0'),
    ],
  ];
  const servers = new ServerPool();
  let programs: CompiledProgram[] = [];

  before(async () => {
    programs = await compile(cases.map(([, , example]) => example));
  });
  after(() => servers.stop());

  for (const [index, [title, wrong]] of cases.entries()) {
    it(`${wrong === undefined ? 'accepts' : 'notices'} ${title}`, async () => {
      const running = execute(programs[index]!, servers, DOORS);
      if (wrong === undefined) await running;
      else await assert.rejects(running, wrong);
    });
  }
});
