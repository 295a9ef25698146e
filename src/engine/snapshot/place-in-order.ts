/**
 * Where the walk through a large sorted set is, between two holds: after a member that may be gone by then.
 *
 * Why in order, and not along the nested table as sets and hashes: who loads a snapshot puts members into a tree, which is much
 * faster where each of them comes after the one before it.
 *
 * The member is remembered by its score and bytes. Of a huge one only the beginning is, which comes just before it.
 */

import { copyWords } from '../../base/bytes.js';
import type { Memory } from '../../memory/memory.js';
import type { TreeItems } from '../../structures/counted-tree.js';
import type { Entries } from '../../structures/entry.js';
import { TreeCursor } from '../../structures/tree-cursor.js';
import { MemberOrder } from '../sorted-set-order.js';

/** Stands for the remembered member, where trees compare items. */
const REMEMBERED = 0;
const MEMBER_BYTES_MAX = 16_384;

/** The order of members, among them the remembered one. */
class OrderWithRemembered implements TreeItems {
  private readonly entries: Entries;
  private readonly order: MemberOrder;
  private readonly member = new DataView(new ArrayBuffer(MEMBER_BYTES_MAX));
  private memberSize = 0;

  constructor(entries: Entries) {
    this.entries = entries;
    this.order = new MemberOrder(entries);
  }

  remember(element: number): void {
    const { entries } = this;
    this.memberSize = Math.min(entries.keySize(element), MEMBER_BYTES_MAX);
    copyWords(this.member, 0, entries.data(element), entries.keyOffset(element), this.memberSize);
  }

  compare(left: number, right: number): number {
    if (left === REMEMBERED) return -this.compareBytes(right, this.member, 0, this.memberSize);
    if (right === REMEMBERED) return this.compareBytes(left, this.member, 0, this.memberSize);
    return this.order.compare(left, right);
  }

  compareBytes(item: number, data: DataView, offset: number, size: number): number {
    return this.order.compareBytes(item, data, offset, size);
  }

  weight(): number {
    return 1;
  }
}

export class PlaceInOrder extends TreeCursor {
  private readonly order: OrderWithRemembered;
  private rememberedScore = 0;
  private isAtStart = true;

  constructor(memory: Memory, entries: Entries) {
    const order = new OrderWithRemembered(entries);
    super(memory, order);
    this.order = order;
  }

  /** Goes before the first member. */
  reset(): void {
    this.isAtStart = true;
  }

  /** Goes after the member at the cursor. */
  remember(): void {
    this.isAtStart = false;
    this.rememberedScore = this.score;
    this.order.remember(this.item);
  }

  /** The first member that is not before the remembered one, which may be this one itself; 0 = none. */
  seek(words: Uint32Array, at: number): number {
    if (this.isAtStart) return this.seekFirst(words, at);
    return this.enterItem(words, at, this.rememberedScore, REMEMBERED) ? this.arriveAfterGap() : 0;
  }
}
