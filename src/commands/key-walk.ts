/**
 * KEYS over many keys: a walk in slices, between which the thread serves other clients, and a reply that leaves in portions.
 *
 * It goes through the shards as SCAN does, and holds a baton only for some buckets of a table. Keys are encoded as they are
 * found and put aside in portions; when their number is known, the array's header leaves, and one portion a turn behind it. So
 * nobody waits for more than SLICE_MS of it, or for the copy of a portion.
 *
 * A walk is the client's: when that is gone, nobody calls for the next slice, and the collector takes the rest.
 */

import { globMatches } from '../base/glob.js';
import type { Call } from '../engine/call.js';
import type { Client, LateReply } from '../engine/client.js';
import type { Keyspace } from '../engine/keyspace.js';
import { ReplyWriter } from '../engine/reply.js';
import type { Waits } from '../engine/services.js';
import type { Batons } from '../memory/baton.js';
import { SEGMENT_SLOTS } from '../structures/hash-table.js';

/** Home buckets of a table that are visited before the baton is given back: some hundred keys, tens of us. */
export const BUCKETS_PER_HOLD = 32;
/** A slice ends when it has taken so long. */
const SLICE_MS = 0.5;
/** Keys are put aside when they have so many bytes, and leave so. */
const PORTION_BYTES = 64 * 1024;

const found = new Uint32Array(SEGMENT_SLOTS);

export class KeyWalk {
  private readonly keyspace: Keyspace;
  private readonly batons: Batons;
  private readonly waits: Waits;
  private readonly client: Client;
  private readonly pattern: Uint8Array;
  private readonly matchesAll: boolean;
  private readonly writer = new ReplyWriter();
  private readonly portions: Uint8Array[] = [];
  private portion = 0;
  private shard = 0;
  private cursor = 0;
  private count = 0;
  /** What was shown ends before this LSN. */
  private lsn = 0;

  /** @param pattern a copy */
  constructor(call: Call, pattern: Uint8Array, matchesAll: boolean) {
    this.keyspace = call.keyspace;
    this.batons = call.batons;
    this.waits = call.services.waits;
    this.client = call.client;
    this.pattern = pattern;
    this.matchesAll = matchesAll;
    this.writer.protocol = call.client.protocol;
  }

  /** Walks, and resolves to the beginning of the reply. */
  async run(): Promise<LateReply> {
    await this.waits.inSlices(this.client, () => this.slice());
    this.putAside();
    if (this.lsn > this.client.waitLsn) this.client.waitLsn = this.lsn;
    return (reply) => {
      reply.arrayHeader(this.count);
      this.replyPortion(reply);
    };
  }

  /** Goes on for SLICE_MS; true at the end. */
  private slice(): boolean {
    const untilMs = performance.now() + SLICE_MS;
    const { shardCount } = this.keyspace.memory;
    while (this.shard < shardCount) {
      this.holdOnce();
      if (this.cursor === 0) this.shard += 1;
      if (performance.now() >= untilMs) break;
    }
    return this.shard >= shardCount;
  }

  /** Some buckets of a shard. */
  private holdOnce(): void {
    const { keyspace, shard } = this;
    const { table, memory } = keyspace;
    const at = memory.tableAt(shard, this.client.database);
    this.batons.take(shard);
    for (let bucket = 0; bucket < BUCKETS_PER_HOLD; bucket++) {
      const size = table.scan(at, this.cursor, found);
      this.cursor = table.nextCursor;
      for (let index = 0; index < size; index++) this.addIfMatching(found[index]!);
      if (this.cursor === 0) break;
    }
    this.lsn = Math.max(this.lsn, memory.shardF64[memory.lastLsnAt(shard)]!);
    this.batons.give(shard);
    if (this.writer.size >= PORTION_BYTES) this.putAside();
  }

  private addIfMatching(entry: number): void {
    const { keyspace, pattern } = this;
    const { entries } = keyspace;
    const bytes = entries.bytes(entry);
    const offset = entries.keyOffset(entry);
    const size = entries.keySize(entry);
    if (!this.matchesAll && !globMatches(pattern, 0, pattern.length, bytes, offset, size, false)) return;
    if (keyspace.hasExpired(entry)) return;
    this.writer.bulk(bytes, offset, size);
    this.count += 1;
  }

  private putAside(): void {
    const { writer } = this;
    if (writer.size !== 0) this.portions.push(writer.bytes.slice(0, writer.size));
    writer.reset();
  }

  /** The next portion; what is left comes in a later turn. */
  private replyPortion(reply: ReplyWriter): void {
    const portion = this.portions[this.portion];
    if (portion === undefined) return;
    reply.raw(portion, 0, portion.length);
    this.portions[this.portion] = NO_BYTES;
    this.portion += 1;
    if (this.portion < this.portions.length) this.client.pending = this.nextPortion();
  }

  private async nextPortion(): Promise<LateReply> {
    await this.waits.inSlices(this.client, () => true);
    return (reply) => this.replyPortion(reply);
  }
}

const NO_BYTES = new Uint8Array(0);
