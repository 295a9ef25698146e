/**
 * Parts of one large collection (engine/parts.ts) that holds have copied, to be written as a line when there are enough.
 *
 * A line has the key in it, so that the longer the key is, the more parts share a line. The key is not copied: the caller sees
 * to it that the entry which has it stays where it is from `begin` to the last `write`.
 *
 * Elements are copied as the items of a line. A chunk of a list, which may hold thousands, is copied as it is, and makes a line
 * of its own: its label says where in the list it belongs. A huge part is not copied, and makes a line of its own, too.
 */

import { type Entries, TYPE_HASH, TYPE_LIST, TYPE_ZSET } from '../../structures/entry.js';
import { ListChunks } from '../list-chunks.js';
import type { Parts } from '../parts.js';
import { ItemReader } from '../wal/log-items.js';
import { ITEM_OVERHEAD_BYTES_MAX, ItemBuffer } from './item-buffer.js';
import type { LineWriter } from './line-writer.js';
import { PackedLines } from './packed-lines.js';
import { ENTRY_BYTES_MAX, HOLD_BYTES_MAX, HOLD_ENTRIES_MAX } from './stage.js';

/** A line has at least this many bytes of items, if there are, and at most so many more than its key has. */
const LINE_ITEMS_BYTES = 16_384;
const LINE_ITEMS_BYTES_MAX = 4 * 1024 * 1024;
/** What one hold may add: the last part may be as large as a part that is copied can be. */
const HOLD_ITEMS_BYTES_MAX =
  HOLD_BYTES_MAX + ENTRY_BYTES_MAX + 3 * HOLD_ENTRIES_MAX * ITEM_OVERHEAD_BYTES_MAX;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_DATA: DataView = new DataView(new ArrayBuffer(0));

export class PartStage {
  private readonly entries: Entries;
  private readonly parts: Parts;
  private readonly lines: LineWriter;
  private readonly chunks: ListChunks;
  private readonly packed: PackedLines;
  private readonly reader = new ItemReader();

  private root = 0;
  private type = 0;
  private database = 0;
  private deadline = 0;
  private keyBytes = NO_BYTES;
  private keyData = NO_DATA;
  private keyOffset = 0;
  private keySize = 0;
  private lineBytes = LINE_ITEMS_BYTES;
  /** The next line is not the collection's first one. */
  private isMore = false;
  private isNamed = false;

  private readonly items = new ItemBuffer(LINE_ITEMS_BYTES + HOLD_ITEMS_BYTES_MAX);
  /** Fields of a hash that have deadlines, and these. */
  private readonly dated = new ItemBuffer(LINE_ITEMS_BYTES + HOLD_ITEMS_BYTES_MAX);
  private hasChunk = false;
  private label = 0;
  private huge = 0;
  /** What `items` and `dated` had when the hold began. */
  private heldFrom = 0;

  constructor(entries: Entries, parts: Parts, lines: LineWriter) {
    this.entries = entries;
    this.parts = parts;
    this.lines = lines;
    this.chunks = new ListChunks(entries);
    this.packed = new PackedLines(lines);
  }

  /** Under the baton: from now on parts are those of this collection, which was in `database` when the snapshot began. */
  begin(root: number, database: number): void {
    const { entries, parts } = this;
    const identity = parts.identity(root);
    this.root = root;
    this.type = parts.type(root);
    this.database = database;
    this.deadline = entries.deadline(identity);
    this.keyBytes = entries.bytes(identity);
    this.keyData = entries.data(identity);
    this.keyOffset = entries.keyOffset(identity);
    this.keySize = entries.keySize(identity);
    this.lineBytes = Math.min(Math.max(this.keySize, LINE_ITEMS_BYTES), LINE_ITEMS_BYTES_MAX);
    this.isNamed = false;
    this.clear();
  }

  /** Under the baton: a hold begins. */
  beginHold(): void {
    this.heldFrom = this.items.size + this.dated.size;
  }

  /** True when the hold has copied as much as it may, or what is there must be written first. */
  isHoldFull(): boolean {
    return (
      this.hasChunk || this.huge !== 0 || this.items.size + this.dated.size - this.heldFrom >= HOLD_BYTES_MAX
    );
  }

  /** True when there is enough for a line. */
  isLineFull(): boolean {
    return this.hasChunk || this.huge !== 0 || this.items.size + this.dated.size >= this.lineBytes;
  }

  /** Under the baton: takes a part. Returns false for a huge one, which must stay as it is until it has been written. */
  put(part: number): boolean {
    const { entries, parts } = this;
    if (!this.isNamed) this.isMore = parts.nameOnce(this.root);
    this.isNamed = true;
    const keySize = entries.keySize(part);
    const valueSize = entries.valueSize(part);
    if (this.type === TYPE_LIST) {
      const start = this.chunks.start(part);
      const size = this.chunks.end(part) - start;
      this.label = this.chunks.label(part);
      if (size > ENTRY_BYTES_MAX) return this.putHuge(part);
      this.items.putRaw(entries.data(part), start, size);
      this.hasChunk = true;
      return true;
    }
    if (keySize + valueSize > ENTRY_BYTES_MAX) return this.putHuge(part);
    const data = entries.data(part);
    const valueOffset = entries.valueOffset(part);
    const deadline = entries.deadline(part);
    const target = deadline !== 0 ? this.dated : this.items;
    if (this.type === TYPE_ZSET) target.putDouble(data.getFloat64(valueOffset, true));
    if (deadline !== 0) target.putDouble(deadline);
    target.putItem(data, entries.keyOffset(part), keySize);
    if (this.type === TYPE_HASH) target.putItem(data, valueOffset, valueSize);
    return true;
  }

  /** Without the baton: writes what is there, and makes room for the next holds. */
  write(): void {
    if (this.hasChunk) this.writeChunk(this.items.bytes, this.items.data, 0, this.items.size);
    else if (this.items.size !== 0) this.writeItems(this.items, false);
    if (this.dated.size !== 0) this.writeItems(this.dated, true);
    if (this.huge !== 0) this.writeHuge(this.huge);
    this.clear();
    this.makeRoom();
  }

  /** Makes room for what a hold may add. */
  makeRoom(): void {
    if (this.lineBytes === LINE_ITEMS_BYTES) return;
    this.items.reserve(this.lineBytes + HOLD_ITEMS_BYTES_MAX - this.items.size);
    if (this.type === TYPE_HASH) this.dated.reserve(this.lineBytes + HOLD_ITEMS_BYTES_MAX - this.dated.size);
  }

  /** Forgets what is there. */
  clear(): void {
    this.items.size = 0;
    this.dated.size = 0;
    this.hasChunk = false;
    this.huge = 0;
  }

  private putHuge(part: number): boolean {
    this.huge = part;
    return false;
  }

  private open(label: number, areDated: boolean): void {
    this.lines.open(this.database, this.keyBytes, this.keyData, this.keyOffset, this.keySize);
    this.lines.openItems(this.type, this.isMore, label, areDated);
    this.isMore = true;
  }

  private close(): void {
    this.lines.closeItems();
    this.lines.close(this.deadline);
  }

  private writeChunk(bytes: Uint8Array, data: DataView, start: number, end: number): void {
    this.open(this.label, false);
    this.packed.writeElements(bytes, data, start, end);
    this.close();
  }

  /** What is before its item in the buffer comes after it in the line. */
  private writeItems(buffer: ItemBuffer, areDated: boolean): void {
    const { lines, reader } = this;
    const { bytes, data } = buffer;
    this.open(Number.NaN, areDated);
    reader.begin(data, 0, buffer.size);
    while (reader.hasMore()) {
      const number = areDated || this.type === TYPE_ZSET ? reader.nextDouble() : 0;
      reader.nextItem();
      lines.item(bytes, data, reader.offset, reader.size);
      if (this.type === TYPE_HASH) {
        reader.nextItem();
        lines.item(bytes, data, reader.offset, reader.size);
      }
      if (areDated || this.type === TYPE_ZSET) lines.number(number);
    }
    this.close();
  }

  private writeHuge(part: number): void {
    const { entries, lines } = this;
    const bytes = entries.bytes(part);
    const data = entries.data(part);
    if (this.type === TYPE_LIST) {
      this.writeChunk(bytes, data, this.chunks.start(part), this.chunks.end(part));
      return;
    }
    const deadline = entries.deadline(part);
    const valueOffset = entries.valueOffset(part);
    this.open(Number.NaN, deadline !== 0);
    lines.item(bytes, data, entries.keyOffset(part), entries.keySize(part));
    if (this.type === TYPE_HASH) lines.item(bytes, data, valueOffset, entries.valueSize(part));
    if (this.type === TYPE_ZSET) lines.number(data.getFloat64(valueOffset, true));
    if (deadline !== 0) lines.number(deadline);
    this.close();
  }
}
