/**
 * The version of this client, from the package's package.json: what CLIENT LIST shows as `lib-ver`.
 */

import { readFileSync } from 'node:fs';

const UNKNOWN = 'unknown';

let version: string | undefined;

/** Read once, when first asked for; `unknown` where a bundler has left the file behind. */
export function clientVersion(): string {
  version ??= readVersion();
  return version;
}

function readVersion(): string {
  try {
    const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
    const { version: found } = JSON.parse(text) as { version?: unknown };
    return typeof found === 'string' ? found : UNKNOWN;
  } catch {
    return UNKNOWN;
  }
}
