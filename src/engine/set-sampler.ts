/**
 * Chooses members of a set at random, every choice as likely as any other: SPOP, SRANDMEMBER.
 *
 * One element of a large set comes from ElementSampler. Several, each once: where few are wanted they are drawn one by one, and
 * those drawn twice are drawn again; where many are, all are gone over, and each is taken with the probability that what is still
 * wanted has among what is still there (Knuth, volume 2, 3.4.2, algorithm S).
 */

import { PointerSet } from '../structures/pointer-set.js';
import { CollectionReader } from './collection-reader.js';
import { ElementSampler } from './element-sampler.js';
import type { Elements } from './elements.js';
import type { Keyspace } from './keyspace.js';
import { tryToMake } from './rdb/collection-items.js';

/** To choose so many times fewer than there are, some are drawn. */
const DRAWN_SHARE = 4;
/** Room for the choice of most commands; more is given back after use. */
const CHOSEN_COUNT_KEPT = 1024;

export class SetSampler {
  /** The elements that `choose` has chosen. */
  chosen: Uint32Array;
  private readonly elements: Elements;
  private readonly reader: CollectionReader;
  private readonly sampler: ElementSampler;
  private readonly drawn: PointerSet;

  /** @param elements has the set open that is chosen from */
  constructor(keyspace: Keyspace, elements: Elements) {
    this.chosen = new Uint32Array(CHOSEN_COUNT_KEPT);
    this.elements = elements;
    this.reader = new CollectionReader(keyspace);
    this.sampler = new ElementSampler();
    this.drawn = new PointerSet();
  }

  /** Some element of the large set. */
  draw(): number {
    return this.sampler.choose(this.elements);
  }

  /** A number from 0 to `count` - 1. */
  below(count: number): number {
    return this.sampler.random.below(count);
  }

  /** True with the probability `wanted` / `rest`. */
  takes(wanted: number, rest: number): boolean {
    return wanted >= rest || this.sampler.random.below(rest) < wanted;
  }

  /**
   * Chooses `count` elements of the large set, which is that of `entry` and has as many. They are in `chosen` until `end`.
   *
   * @returns false when the machine has no memory for so many
   */
  choose(entry: number, count: number): boolean {
    if (count > this.chosen.length) {
      const larger = tryToMake(() => new Uint32Array(count)); // alloc: for a choice of very many
      if (larger === undefined) return false;
      this.chosen = larger;
    }
    if (count === 1) this.chosen[0] = this.draw();
    else if (count * DRAWN_SHARE <= this.elements.count()) this.drawDistinct(count);
    else this.select(entry, count);
    return true;
  }

  /** Gives the memory of a choice of very many back. */
  end(): void {
    if (this.chosen.length > CHOSEN_COUNT_KEPT) this.chosen = new Uint32Array(CHOSEN_COUNT_KEPT); // alloc: as above
  }

  private drawDistinct(count: number): void {
    this.drawn.begin(count);
    for (let index = 0; index < count; ) {
      const element = this.draw();
      if (this.drawn.add(element)) this.chosen[index++] = element;
    }
    this.drawn.end();
  }

  private select(entry: number, count: number): void {
    const { reader } = this;
    let wanted = count;
    let rest = this.elements.count();
    reader.open(entry);
    while (wanted > 0 && reader.next()) {
      if (this.takes(wanted, rest)) this.chosen[--wanted] = reader.part;
      rest -= 1;
    }
  }
}
