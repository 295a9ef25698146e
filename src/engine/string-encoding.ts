/**
 * How Redis would hold a string, for OBJECT ENCODING and those who look at it.
 *
 * Here every string lies as its bytes, whatever they spell, so that an encoding is nothing but an answer: it follows from the
 * value, except that Redis remembers how a value came about. One that was changed in place stays `raw`, and what
 * INCRBYFLOAT wrote is a text even if it spells an integer. The entry's encoding field keeps that, and neither log nor snapshot
 * does: Redis forgets it at a restart, too.
 */

import { NOT_INTEGER, parseInteger } from '../base/integer.js';
import type { Entries } from '../structures/entry.js';

/** Values of the entry's encoding field, for strings: set as a whole, so that the bytes tell everything. */
export const STRING_WHOLE = 0;
/** Changed in place: APPEND, SETRANGE, SETBIT and the like. */
export const STRING_CHANGED = 1;
/** Written as a text, and never taken for an integer: INCRBYFLOAT. */
export const STRING_TEXT = 2;

/** Redis puts a string and its header into one block of 64 bytes as long as it fits. */
const EMBEDDED_BYTES_MAX = 44;

/** The encoding of a string entry. Costs a look at up to 20 bytes. */
export function stringEncoding(entries: Entries, entry: number): 'int' | 'embstr' | 'raw' {
  const history = entries.encoding(entry);
  const size = entries.valueSize(entry);
  if (history === STRING_CHANGED || size > EMBEDDED_BYTES_MAX) return 'raw';
  if (history === STRING_TEXT) return 'embstr';
  const isInteger = parseInteger(entries.bytes(entry), entries.valueOffset(entry), size) !== NOT_INTEGER;
  return isInteger ? 'int' : 'embstr';
}
