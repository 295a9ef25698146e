/**
 * Puts the compiled modules of `dist/src` together into a few files in `dist/lib`, which is what the package's entries load: Node
 * takes about half a millisecond to find, read and link a module, and a server has three hundred of them, in every thread.
 *
 *     dist/lib/index.js, client/index.js, ...   what is loaded by name: at the same places as in `dist/src`
 *     dist/lib/parts/                           what several of these have in common
 *
 * A module that looks for a file beside it (`import.meta.url`) must find it from one folder below the root, where it is in
 * `dist/src`, and where all parts are.
 */

import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

/** What is loaded by name: the package's entries, the command and its tools, and the beginnings of threads. */
const ENTRIES = [
  'index',
  'client/index',
  'testing/index',
  'main',
  'tools',
  'server/reactor-thread',
  'engine/wal/log-thread',
  'engine/snapshot/snapshot-thread',
];

/**
 * Writes `dist/lib` anew.
 *
 * @param dist the folder that the compiler writes to
 */
export function bundle(dist) {
  // Not imported: this file is loaded before anything is installed.
  const { buildSync } = createRequire(import.meta.url)('esbuild');
  const lib = path.join(dist, 'lib');
  fs.rmSync(lib, { recursive: true, force: true });
  buildSync({
    entryPoints: ENTRIES.map((name) => ({ in: path.join(dist, 'src', `${name}.js`), out: name })),
    outdir: lib,
    chunkNames: 'parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  });
}
