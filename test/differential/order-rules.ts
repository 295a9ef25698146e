/**
 * Replies that list members in an order of the server's own: when that order counts, and when it does not.
 *
 * Redis lists a hash in its compact form in order of insertion, and a set of integers in ascending order; in a hash table
 * nothing is in order. A program that wants the order compared asks OBJECT ENCODING of the keys directly before it reads them.
 */

import type { Frame } from '../support/resp.js';
import type { Words } from './compare.js';

/** The most members that a set of integers has: a union of such sets may have more, and then has no order. */
const INTSET_ENTRIES_MAX = 512;

/** Replies of OBJECT ENCODING, until a request comes that is none. */
export class KnownEncodings {
  readonly #encodings = new Map<string, string>();

  /** Notes the reference's reply to a request. */
  note(words: Words, reply: Frame): void {
    const isQuestion = words[0]?.toUpperCase() === 'OBJECT' && words[1]?.toUpperCase() === 'ENCODING';
    if (!isQuestion) this.#encodings.clear();
    else if (reply.type !== '-') this.#encodings.set(words[2] ?? '', reply.isNil ? 'none' : reply.text);
  }

  /** Whether the order of the reply to `words` is known to be determined by Redis. */
  areOrdered(words: Words, reply: Frame): boolean {
    const name = (words[0] ?? '').toUpperCase();
    const keys = name === 'SORT' || name === 'SORT_RO' ? words.slice(1, 2) : words.slice(1);
    if (keys.length === 0 || reply.items.length > INTSET_ENTRIES_MAX) return false;
    return keys.every((key) => {
      const encoding = this.#encodings.get(key);
      return encoding !== undefined && encoding !== 'hashtable';
    });
  }
}

/**
 * Whether SORT's reply has an order: not when the elements come as they lie in a set, nor, in alphabetic order of weights, those
 * of equal weight. With LIMIT it then also depends on the order which elements come at all.
 */
export function sortOrder(words: Words): 'all' | 'members' | 'count' {
  const upper = words.map((word) => word.toUpperCase());
  const pattern = words[upper.lastIndexOf('BY') + 1];
  const isUnsorted = upper.includes('BY') && !pattern?.includes('*');
  const hasTies = upper.includes('BY') && upper.includes('ALPHA');
  if (!isUnsorted && !hasTies) return 'all';
  return upper.includes('LIMIT') ? 'count' : 'members';
}
