/**
 * Writes the parts of large collections that were handed over (engine/parts.ts): those that somebody has replaced or taken
 * out before the walk came to them, and all that were left in collections that were given up.
 *
 * Parts of one collection that follow one another share a line. The last one taken is an *anchor*: as long as it is not given
 * back, the entry that has the key stays. So the baton is given back between holds, and while the line is written.
 */

import type { Batons } from '../../memory/baton.js';
import type { Memory } from '../../memory/memory.js';
import type { Entries } from '../../structures/entry.js';
import { type Parts, ROOT_ORIGIN } from '../parts.js';
import { ENGINE_PARTS, ENGINE_SNAPSHOT_LOST } from '../shard-words.js';
import type { LineWriter } from './line-writer.js';
import { PartStage } from './part-stage.js';
import { HOLD_ENTRIES_MAX } from './stage.js';

export class PartDrain {
  private readonly memory: Memory;
  private readonly parts: Parts;
  private readonly batons: Batons;
  private readonly stage: PartStage;
  /** The collection whose parts the line under way has, 0 = none yet, and the part that was taken last. */
  private root = 0;
  private anchor = 0;
  private isLost = false;

  constructor(memory: Memory, entries: Entries, parts: Parts, batons: Batons, lines: LineWriter) {
    this.memory = memory;
    this.parts = parts;
    this.batons = batons;
    this.stage = new PartStage(entries, parts, lines);
  }

  /** True when the shard has parts to drain. Without its baton that is a hint. */
  hasParts(shard: number): boolean {
    return this.memory.shardU32[this.memory.engineAt(shard) + ENGINE_PARTS] !== 0;
  }

  /**
   * Drains parts of one collection, as many as one line has, if the shard has any. Takes the baton and gives it back, several
   * times.
   *
   * @param writes false when the snapshot is lost: parts are only freed
   * @returns false when the snapshot has been lost meanwhile
   */
  step(shard: number, writes: boolean): boolean {
    this.root = 0;
    this.anchor = 0;
    this.isLost = !writes;
    for (let goesOn = true; goesOn; ) {
      this.batons.take(shard);
      goesOn = this.hold(shard);
      this.batons.give(shard);
      this.stage.makeRoom();
    }
    if (this.root === 0) return !this.isLost;
    if (this.isLost) this.stage.clear();
    else this.stage.write();
    this.batons.take(shard);
    this.parts.doneWith(shard, this.root, this.anchor);
    this.batons.give(shard);
    return !this.isLost;
  }

  /** Under the baton: takes as many parts as one hold may. Returns false when the line is to end. */
  private hold(shard: number): boolean {
    const { parts, stage } = this;
    // A flush leaves a root without the entry that has its key.
    if (this.memory.shardU32[this.memory.engineAt(shard) + ENGINE_SNAPSHOT_LOST] !== 0) this.isLost = true;
    stage.beginHold();
    for (let count = 0; count < HOLD_ENTRIES_MAX; count++) {
      const part = parts.firstHandedOver(shard);
      const root = parts.handedRoot;
      if (part === 0 || (this.root !== 0 && root !== this.root)) return false;
      if (this.root === 0 && !this.isLost)
        stage.begin(root, parts.words(root)[parts.at(root) + ROOT_ORIGIN]!);
      parts.takeHandedOver(shard);
      if (this.anchor !== 0) parts.doneWith(shard, root, this.anchor);
      this.root = root;
      this.anchor = part;
      if (this.isLost) continue;
      if (!stage.put(part) || stage.isLineFull()) return false;
      if (stage.isHoldFull()) return true;
    }
    return true;
  }
}
