/**
 * The kept inputs: `test/fuzz/corpus/<target>/<the first digits of its SHA-256>`, one a file. Each of them reaches something that
 * the others don't, or was trouble once. They are where every run begins, and every test run feeds all of them.
 */

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** In the source, not beside the compiled tests: what a campaign finds is to be kept. */
const CORPUS = fileURLToPath(new URL('../../../test/fuzz/corpus/', import.meta.url));
const NAME_DIGITS = 16;

/** What an input is called. */
export function nameOf(input: Uint8Array): string {
  return createHash('sha256').update(input).digest('hex').slice(0, NAME_DIGITS);
}

/** The kept inputs of a target, in the order of their names. */
export function loadCorpus(target: string): Uint8Array[] {
  const directory = join(CORPUS, target);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .toSorted()
    .map((name) => new Uint8Array(readFileSync(join(directory, name))));
}

/** Keeps these inputs of a target, and no others. */
export function saveCorpus(target: string, inputs: readonly Uint8Array[]): void {
  const directory = join(CORPUS, target);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  for (const input of inputs) writeFileSync(join(directory, nameOf(input)), input);
}

/** Writes an input that has broken a promise to `directory`; returns its path. */
export function saveFailure(directory: string, target: string, input: Uint8Array): string {
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${target}-${nameOf(input)}`);
  writeFileSync(path, input);
  return path;
}
