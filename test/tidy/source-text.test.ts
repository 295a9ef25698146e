import assert from 'node:assert/strict';
import { test } from 'node:test';
import { importedModules, maskSource } from './source-text.js';

test('masking blanks what is inside comments and literals, and nothing else', () => {
  const cases: [source: string, masked: string][] = [
    ['a(); // b();\nc();', 'a();        \nc();'],
    ['a /* b\nc */ d', 'a     \n     d'],
    [String.raw`x = 'a\'b' + "c"`, `x = '    ' + " "`],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: these are sources
    ['`a${b({ c: `d` })}e`', '`${b({ c: ` ` })} `'.replace('`$', '` $')],
    ['a / b / c', 'a / b / c'],
    ['x.match(/[/\'"]b/g)', 'x.match(/      /g)'],
    ["return /'/", 'return / /'],
    ["(a) / 2 + '/'", "(a) / 2 + ' '"],
  ];
  for (const [source, masked] of cases) assert.equal(maskSource(source), masked);
});

test('imports of every form are found, and only in code', () => {
  const source = [
    "import a from './a.js';",
    "import {\n  type B,\n} from './b.js';",
    "import './c.js';",
    "import type { D } from './d.js';",
    "export const from = 1;\nexport * from './e.js';",
    "export type { F } from './f.js';",
    "await import('./g.js');",
    "new Worker(new URL('./h.js', import.meta.url));",
    "// import './i.js';",
    `text = "import j from './j.js'";`,
  ].join('\n');
  const found = importedModules(source);
  assert.deepEqual(
    found.map((module) => module.specifier),
    ['./a.js', './b.js', './c.js', './d.js', './e.js', './f.js', './g.js', './h.js'],
  );
  assert.deepEqual(
    found.filter((module) => module.typeOnly).map((module) => module.specifier),
    ['./d.js', './f.js'],
  );
});
