/**
 * A request that stands in the arguments of another one, as in `COMMAND GETKEYS get key` or `ACL DRYRUN user get key`.
 */

import type { Arguments } from './command.js';

export class InnerRequest implements Arguments {
  readonly count: number;
  readonly bytes: Uint8Array;
  private readonly outer: Arguments;
  private readonly first: number;

  /** `first`: which argument of `outer` is the name of the command. */
  constructor(outer: Arguments, first: number) {
    this.outer = outer;
    this.first = first;
    this.count = outer.count - first;
    this.bytes = outer.bytes;
  }

  offset(index: number): number {
    return this.outer.offset(this.first + index);
  }

  size(index: number): number {
    return this.outer.size(this.first + index);
  }

  is(index: number, word: string): boolean {
    return this.outer.is(this.first + index, word);
  }

  integer(index: number): number {
    return this.outer.integer(this.first + index);
  }
}
