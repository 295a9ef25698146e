/** Requests for the tests of what users may do. */

import { isWord } from '../../base/bytes.js';
import { parseInteger } from '../../base/integer.js';
import type { Arguments } from '../command.js';

/** A request of words, one character a byte. */
export class TestRequest implements Arguments {
  readonly bytes: Uint8Array;
  private readonly words: readonly string[];

  constructor(words: readonly string[]) {
    this.words = words;
    this.bytes = Buffer.from(words.join(''), 'latin1');
  }

  get count(): number {
    return this.words.length;
  }

  offset(index: number): number {
    return this.words.slice(0, index).join('').length;
  }

  size(index: number): number {
    return this.words[index]!.length;
  }

  is(index: number, word: string): boolean {
    return isWord(this.bytes, this.offset(index), this.size(index), word);
  }

  integer(index: number): number {
    return parseInteger(this.bytes, this.offset(index), this.size(index));
  }
}
