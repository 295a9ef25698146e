/** The reference is complete: what a program can import and use is described, each thing with a docstring. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Docstring } from './declarations.js';
import { Declarations, type ExportedName } from './entry-points.js';
import { ENTRY_PAGES, groupByName, isForCallers, referencePages } from './pages.js';

/** What the package is made of: the modules and their declarations. */
const FOLDER = fileURLToPath(new URL('../../src/', import.meta.url));

const pages = referencePages(FOLDER);
const declarations = new Declarations(FOLDER);

for (const [file, { specifier, module }] of Object.entries(ENTRY_PAGES)) {
  const entry = declarations.entryPoint(specifier, module);
  const page = pages[`docs/api/${file}`]!;

  describe(`reference of ${specifier}`, () => {
    it('describes every name that is exported', () => {
      const missing = entry.names.filter(
        ({ name }) => !page.includes(`\n### ${name}\n`) && !page.includes(`[\`${name}\`](`),
      );
      assert.deepEqual(
        missing.map(({ name }) => name),
        [],
      );
      assert.notEqual(entry.names.length, 0);
    });

    it('knows every value that the module exports at run time', async () => {
      const exported = Object.keys(await import(pathToFileURL(path.join(FOLDER, `${module}.js`)).href));
      const known = entry.names.map(({ name }) => name);
      assert.deepEqual(
        exported.filter((name) => !known.includes(name)),
        [],
      );
    });

    it('knows every public member that the classes have at run time', async () => {
      const classes = entry.names.filter(({ declarations: [declaration] }) => declaration?.kind === 'class');
      const unknown = await Promise.all(classes.map((one) => unknownMembers(one)));
      assert.deepEqual(unknown.flat(), []);
    });

    it('has a docstring for everything', () => {
      const isBare = (overloads: readonly { doc: Docstring | undefined }[]) =>
        overloads.every(({ doc }) => doc === undefined || doc.text === '');
      const bare = entry.names.flatMap(({ name, declarations: overloads }) => {
        const members = groupByName(overloads[0]!.members.filter(isForCallers)).filter(isBare);
        return [
          ...(isBare(overloads) ? [name] : []),
          ...members.map(([member]) => `${name}.${member!.name}`),
        ];
      });
      assert.deepEqual(bare, []);
    });
  });
}

describe('reference', () => {
  it('has no link to a heading or page that is not there', () => {
    const links = Object.entries(pages).flatMap(([from, text]) =>
      [...text.matchAll(/\]\(([\w.-]+\.md)(?:#([\w-]+))?\)/g)].map(([, to, anchor]) => ({
        from,
        to: `docs/api/${to}`,
        anchor,
      })),
    );
    const broken = links.filter(({ to, anchor }) => {
      const target = pages[to];
      if (target === undefined) return to !== 'docs/api/commands.md';
      return anchor !== undefined && !target.toLowerCase().includes(`\n### ${anchor}\n`);
    });
    assert.deepEqual(broken, []);
    assert.notEqual(links.length, 0);
  });
});

/** Members that a class has when it runs, and of which its declaration neither says what they are nor that they are private. */
async function unknownMembers({
  name,
  module,
  declarations: [declaration],
}: ExportedName): Promise<string[]> {
  const exported = await import(pathToFileURL(path.join(FOLDER, `${module}.js`)).href);
  const source = readFileSync(path.join(FOLDER, `${module}.d.ts`), 'utf8');
  const known = declaration!.members.map((member) => member.name);
  const isHidden = (member: string) => new RegExp(`(?:protected|private) .*\\b${member}\\b`).test(source);
  return membersOf(exported[name])
    .filter((member) => !known.includes(member) && !isHidden(member))
    .map((member) => `${name}.${member}`);
}

/** The names of a class's own methods, accessors and static members. */
function membersOf(type: { prototype: object }): string[] {
  const isOwn = (name: string) =>
    !['length', 'name', 'prototype', 'constructor', 'arguments', 'caller'].includes(name);
  return [...Object.getOwnPropertyNames(type), ...Object.getOwnPropertyNames(type.prototype)].filter(isOwn);
}
