/**
 * Glob matching of short texts where speed does not matter: option names and file names.
 */

import { globMatches } from '../../base/glob.js';

/** True when `text` matches the glob `pattern`, ASCII case ignored. */
export function globMatchesText(pattern: string, text: string): boolean {
  const patternBytes = Buffer.from(pattern);
  const bytes = Buffer.from(text);
  return globMatches(patternBytes, 0, patternBytes.length, bytes, 0, bytes.length, true);
}
