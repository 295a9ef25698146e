/**
 * The version of this CrabKV, from its package.json, which lies two folders above the built program's root.
 */

import { readFileSync } from 'node:fs';

interface Package {
  readonly version: string;
}

const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');

export const VERSION = (JSON.parse(text) as Package).version;
