/**
 * Entries that a hold has copied, to be written after it: strings, and collections that are packed into one block.
 */

import { type Memory, SEGMENT_SHIFT } from '../../memory/memory.js';
import { type Entries, TYPE_STRING } from '../../structures/entry.js';
import type { LineWriter } from './line-writer.js';
import { PackedLines } from './packed-lines.js';

/**
 * Slots gone over, or handed-over entries taken, while a baton is held once, and bytes copied: about a microsecond, which
 * is less than anybody waits for a baton before going to sleep (memory/baton.ts). 24 slots are two buckets, and divide
 * a segment.
 */
export const HOLD_ENTRIES_MAX = 24;
export const HOLD_BYTES_MAX = 16_384;
/** Entries with more key and value bytes than this are not copied, but written from where they lie. */
export const ENTRY_BYTES_MAX = 16_384;

const STAGE_BYTES = HOLD_BYTES_MAX + ENTRY_BYTES_MAX + HOLD_ENTRIES_MAX * 8;

export class EntryStage {
  private readonly memory: Memory;
  private readonly entries: Entries;
  private readonly lines: LineWriter;
  private readonly packed: PackedLines;
  private readonly bytes = new Uint8Array(STAGE_BYTES);
  private readonly data = new DataView(this.bytes.buffer);
  private readonly words = new Uint32Array(this.bytes.buffer);
  private readonly type = new Int32Array(HOLD_ENTRIES_MAX);
  private readonly database = new Int32Array(HOLD_ENTRIES_MAX);
  private readonly deadline = new Float64Array(HOLD_ENTRIES_MAX);
  private readonly offset = new Int32Array(HOLD_ENTRIES_MAX);
  private readonly keySize = new Int32Array(HOLD_ENTRIES_MAX);
  private readonly valueSize = new Int32Array(HOLD_ENTRIES_MAX);
  private count = 0;
  private size = 0;

  constructor(memory: Memory, entries: Entries, lines: LineWriter) {
    this.memory = memory;
    this.entries = entries;
    this.lines = lines;
    this.packed = new PackedLines(lines);
  }

  /** True when the hold has copied as much as it may. */
  isFull(): boolean {
    return this.size >= HOLD_BYTES_MAX;
  }

  /** True for entries that are written from where they lie. */
  isHuge(entry: number): boolean {
    return this.entries.keySize(entry) + this.entries.valueSize(entry) > ENTRY_BYTES_MAX;
  }

  /** Copies an entry that is not huge, of which there are at most HOLD_ENTRIES_MAX between two calls of `write`. */
  put(entry: number, database: number): void {
    const entries = this.entries;
    const index = this.count;
    const keySize = entries.keySize(entry);
    const valueSize = entries.valueSize(entry);
    this.type[index] = entries.type(entry);
    this.database[index] = database;
    this.deadline[index] = entries.deadline(entry);
    this.offset[index] = this.size;
    this.keySize[index] = keySize;
    this.valueSize[index] = valueSize;
    // Keys begin at a multiple of 8, and blocks end at one: whole words.
    const words = this.memory.u32[entry >>> SEGMENT_SHIFT]!;
    const target = this.words;
    const from = entries.keyOffset(entry) >>> 2;
    const to = this.size >>> 2;
    const count = (keySize + valueSize + 3) >>> 2;
    for (let word = 0; word < count; word++) target[to + word] = words[from + word]!;
    this.count = index + 1;
    this.size += ((count + 1) & ~1) << 2;
  }

  /** Without the baton: writes the lines of what was copied. */
  write(): void {
    for (let index = 0; index < this.count; index++) {
      const offset = this.offset[index]!;
      this.writeLine(
        this.type[index]!,
        this.database[index]!,
        this.deadline[index]!,
        this.bytes,
        this.data,
        offset,
        this.keySize[index]!,
        this.valueSize[index]!,
      );
    }
    this.count = 0;
    this.size = 0;
  }

  /** Without the baton: writes the line of a huge entry, which nobody frees or changes meanwhile. */
  writeHuge(entry: number, database: number): void {
    const entries = this.entries;
    this.writeLine(
      entries.type(entry),
      database,
      entries.deadline(entry),
      entries.bytes(entry),
      entries.data(entry),
      entries.keyOffset(entry),
      entries.keySize(entry),
      entries.valueSize(entry),
    );
  }

  /** The value follows the key. */
  private writeLine(
    type: number,
    database: number,
    deadline: number,
    bytes: Uint8Array,
    data: DataView,
    offset: number,
    keySize: number,
    valueSize: number,
  ): void {
    const lines = this.lines;
    const valueOffset = offset + keySize;
    lines.open(database, bytes, data, offset, keySize);
    if (type === TYPE_STRING) lines.value(bytes, data, valueOffset, valueSize);
    else this.packed.writeValue(type, bytes, data, valueOffset, valueSize);
    lines.close(deadline);
  }
}
