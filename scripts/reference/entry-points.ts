/**
 * What each of the package's entry points exports, found by following re-exports through the compiler's `.d.ts` files.
 */

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Declaration, type Docstring, type Module, readModule } from './declarations.js';

/** Something that an entry point exports. */
export interface ExportedName {
  readonly name: string;
  /** The file that declares it, below `dist/src`, with forward slashes and without its ending: `client/options`. */
  readonly module: string;
  /** One, or the overloads of a function. */
  readonly declarations: readonly Declaration[];
}

export interface EntryPoint {
  /** As it is imported: `crabkv/client`. */
  readonly specifier: string;
  /** The comment that opens its file. */
  readonly header: Docstring | undefined;
  /** In the order in which they are exported. */
  readonly names: readonly ExportedName[];
}

/** Reads the declaration files below a folder, each once. */
export class Declarations {
  /** `dist/src`. */
  readonly #folder: string;
  readonly #modules = new Map<string, Module>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** `name`: as in `ExportedName.module`. */
  module(name: string): Module {
    const known = this.#modules.get(name);
    if (known !== undefined) return known;
    const module = readModule(readFileSync(path.join(this.#folder, `${name}.d.ts`), 'utf8'));
    this.#modules.set(name, module);
    return module;
  }

  entryPoint(specifier: string, moduleName: string): EntryPoint {
    return { specifier, header: this.module(moduleName).header, names: this.#exportsOf(moduleName) };
  }

  #exportsOf(moduleName: string): ExportedName[] {
    return this.module(moduleName)
      .exports.flatMap(({ name, local, from }) => {
        if (from === undefined) return [this.#declared(moduleName, local, name)];
        if (!from.startsWith('.'))
          throw new Error(`${moduleName} exports ${name} of ${from}, which is not its own`);
        const target = path.posix.join(path.posix.dirname(moduleName), from.replace(/\.js$/, ''));
        if (name === '*') return this.#exportsOf(target);
        const found = this.#exportsOf(target).find((exported) => exported.name === local);
        if (found === undefined) throw new Error(`${moduleName} exports ${local}, which ${target} has not`);
        return [{ ...found, name }];
      })
      .filter((one, index, all) => all.findIndex((other) => other.name === one.name) === index);
  }

  /** A name that a module declares, or imports and exports again. */
  #declared(moduleName: string, local: string, name: string): ExportedName {
    const declarations = this.module(moduleName).declarations.filter(
      (declaration) => declaration.name === local,
    );
    if (declarations.length === 0) throw new Error(`${moduleName} does not declare ${local}`);
    return { name, module: moduleName, declarations };
  }
}
