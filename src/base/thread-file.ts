/**
 * Where the modules are that threads begin with.
 *
 * This file and the modules are found in two places: as the compiler writes them, and put together (scripts/bundle.mjs). In both
 * this code is one folder below the root, and the modules are where their sources are.
 */

/** The file of a module that a thread begins with, such as `server/reactor-thread.js`, for `new Worker`. */
export function threadFile(name: string): URL {
  return new URL(`../${name}`, import.meta.url);
}
