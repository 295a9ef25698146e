/**
 * Packed lists as the items of a line (structures/packed-list.ts has their form).
 */

import { TYPE_ZSET } from '../../structures/entry.js';
import { PackedCursor } from '../../structures/packed-list.js';
import { PACKED_HEADER_BYTES } from '../collection-config.js';
import type { LineWriter } from './line-writer.js';

/** Bytes of a score that is no integer. */
const SCORE_BYTES = 8;

export class PackedLines {
  private readonly lines: LineWriter;
  private readonly cursor = new PackedCursor();

  constructor(lines: LineWriter) {
    this.lines = lines;
  }

  /** Writes all of a collection whose entry has this value. */
  writeValue(type: number, bytes: Uint8Array, data: DataView, offset: number, size: number): void {
    const lines = this.lines;
    const start = offset + PACKED_HEADER_BYTES;
    const end = offset + size;
    lines.openItems(type, false, Number.NaN, false);
    if (type === TYPE_ZSET) this.writePairs(bytes, data, start, end);
    else this.writeElements(bytes, data, start, end);
    lines.closeItems();
  }

  /** Writes elements one after the other. */
  writeElements(bytes: Uint8Array, data: DataView, start: number, end: number): void {
    for (let at = start; at < end; at = this.cursor.end) this.writeElement(bytes, data, at);
  }

  private writeElement(bytes: Uint8Array, data: DataView, at: number): void {
    const { cursor, lines } = this;
    cursor.read(data, at);
    if (cursor.isInteger) lines.integer(cursor.integer);
    else lines.item(bytes, data, cursor.offset, cursor.size);
  }

  /** Members and their scores: an integer, or the bytes of an f64. */
  private writePairs(bytes: Uint8Array, data: DataView, start: number, end: number): void {
    const { cursor, lines } = this;
    for (let at = start; at < end; at = cursor.end) {
      this.writeElement(bytes, data, at);
      cursor.read(data, cursor.end);
      if (cursor.isInteger) lines.number(cursor.integer);
      else if (cursor.size === SCORE_BYTES) lines.number(data.getFloat64(cursor.offset, true));
    }
  }
}
