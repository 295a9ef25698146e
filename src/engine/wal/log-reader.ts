/**
 * Reading log segments: block by block, in big sequential reads.
 *
 * A reader goes on as long as each block is there, whole, and continues where the one before it ended. Where that
 * stops, it says why; whether it is the end of the log, a torn tail or damage is for recovery to decide, by
 * `findLater`.
 */

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { atPlace, type Disk, readFully } from './disk.js';
import {
  BLOCK_HEADER_BYTES,
  BlockHeader,
  blockPattern,
  FILE_HEADER_BYTES,
  type FileHeader,
} from './log-file.js';
import { closeQuietly } from './log-segment.js';
import { type RecordVisitor, RecordWalker, unknownRecord } from './record.js';

/** What is read at once. A larger block is read whole. */
const WINDOW_BYTES = 8 * 1024 * 1024;

/** Why there is no block: what messages say. */
const NO_BLOCK = 'no block header';
const CUT_OFF = 'the file ends within the block';
const BAD_DATA = 'the checksum of the block does not match';
const BAD_ORDER = 'the block does not continue the one before it';

export class SegmentReader {
  readonly path: string;
  /** Size of the file. */
  readonly size: number;
  /** The current block: its header, and its records in `bytes[dataOffset..dataOffset + header.dataBytes)`. */
  readonly header: BlockHeader;
  bytes: Buffer;
  dataOffset: number;
  /** Where the current block begins in the file. */
  offset: number;
  /** Where the next block begins, in the file and in the log. */
  endOffset: number;
  endLsn: number;
  /** Once `next` has returned false: why. */
  reason: string;
  private readonly disk: Disk;
  private readonly file: number;
  private readonly segmentId: number;
  private readonly verifies: boolean;
  /** `bytes` holds the file from `windowStart` to `windowEnd`. */
  private windowStart: number;
  private windowEnd: number;

  /** @param verifies whether to check the blocks' data against their checksums */
  constructor(disk: Disk, path: string, header: FileHeader, verifies: boolean) {
    this.path = path;
    this.disk = disk;
    this.file = this.at(0, () => disk.open(path, 'r'));
    this.size = this.at(0, () => disk.size(this.file));
    this.header = new BlockHeader();
    this.bytes = Buffer.allocUnsafe(Math.min(WINDOW_BYTES, Math.max(this.size, BLOCK_HEADER_BYTES)));
    this.dataOffset = 0;
    this.offset = FILE_HEADER_BYTES;
    this.endOffset = FILE_HEADER_BYTES;
    this.endLsn = header.firstLsn;
    this.reason = '';
    this.segmentId = header.segmentId;
    this.verifies = verifies;
    this.windowStart = 0;
    this.windowEnd = 0;
  }

  /** Goes to the next block. False at the end of what can be read; `reason` says why. */
  next(): boolean {
    const offset = this.endOffset;
    const header = this.header;
    if (!this.fill(offset, BLOCK_HEADER_BYTES)) return this.stop(NO_BLOCK);
    if (!header.decode(this.bytes, offset - this.windowStart, this.segmentId)) return this.stop(NO_BLOCK);
    if (header.firstLsn !== this.endLsn) return this.stop(BAD_ORDER);
    if (!this.fill(offset, BLOCK_HEADER_BYTES + header.dataBytes)) return this.stop(CUT_OFF);
    const start = offset - this.windowStart + BLOCK_HEADER_BYTES;
    if (this.verifies && crc32(this.bytes.subarray(start, start + header.dataBytes)) !== header.dataCrc) {
      return this.stop(BAD_DATA);
    }
    this.offset = offset;
    this.dataOffset = start;
    this.endOffset = offset + BLOCK_HEADER_BYTES + header.dataBytes;
    this.endLsn = header.endLsn;
    return true;
  }

  /**
   * Gives the records of the current block to the visitor.
   *
   * @throws CrabError WAL_UNKNOWN_RECORD
   */
  visit(walker: RecordWalker, visitor: RecordVisitor): void {
    const header = this.header;
    const start = this.dataOffset;
    const end = start + header.dataBytes;
    const stopped = walker.walk(this.bytes, start, end, header.firstLsn, header.isExternal, visitor);
    if (stopped !== end) throw unknownRecord(this.path, stopped + this.windowStart);
  }

  /**
   * After `next` has returned false: looks through the rest of the file for headers of this segment's blocks that belong
   * after the end.
   *
   * `proves`: one of them says that the log had been durable beyond the end, so that what is missing is damage.
   * `lastOffset`: where the last thing is that looks like the beginning of a block, or -1.
   */
  findLater(): { proves: boolean; lastOffset: number } {
    const pattern = blockPattern(this.segmentId);
    const header = new BlockHeader();
    let proves = false;
    let lastOffset = -1;
    let from = this.endOffset;
    while (this.fillSome(from)) {
      let found = this.bytes.indexOf(pattern, from - this.windowStart);
      while (found >= 0 && found + pattern.length <= this.windowEnd - this.windowStart) {
        const offset = this.windowStart + found;
        if (offset % 8 === 0) {
          lastOffset = offset;
          if (this.fill(offset, BLOCK_HEADER_BYTES)) {
            const isHeader = header.decode(this.bytes, offset - this.windowStart, this.segmentId);
            if (isHeader && this.isProof(header, offset)) proves = true;
          }
        }
        found = this.bytes.indexOf(pattern, offset - this.windowStart + 1);
      }
      // Blocks begin at multiples of 8, and only the file's end is none: no pattern crosses the window's end.
      if (this.windowEnd >= this.size || this.windowEnd % 8 !== 0) break;
      from = this.windowEnd;
    }
    return { proves, lastOffset };
  }

  /**
   * True when a block at `offset`, after the end, shows that what is missing before it was durable once: it says so; or it
   * goes on right where the log ends, but not where the file does. What is missing then is the seal of a stop in good order,
   * which takes the log no further, and a start syncs all that it finds before it writes.
   */
  private isProof(header: BlockHeader, offset: number): boolean {
    if (header.firstLsn < this.endLsn) return false;
    return header.durableLsn > this.endLsn || (header.firstLsn === this.endLsn && offset > this.endOffset);
  }

  close(): void {
    closeQuietly(this.disk, this.file);
  }

  private stop(reason: string): boolean {
    this.reason = reason;
    return false;
  }

  /** Has `length` bytes from `offset` on in the window. False when the file is too short for that. */
  private fill(offset: number, length: number): boolean {
    if (offset >= this.windowStart && offset + length <= this.windowEnd) return true;
    if (offset + length > this.size) return false;
    const kept = this.keepFrom(offset, length);
    return this.readOn(kept) >= length;
  }

  /** Has whatever follows `offset` in the window. False at the end of the file. */
  private fillSome(offset: number): boolean {
    if (offset >= this.size) return false;
    if (offset >= this.windowStart && offset < this.windowEnd) return true;
    return this.readOn(this.keepFrom(offset, 1)) > 0;
  }

  /** Moves the window to `offset`, with room for `length` bytes; returns how many it holds already. */
  private keepFrom(offset: number, length: number): number {
    const isInside = offset >= this.windowStart && offset < this.windowEnd;
    const kept = isInside ? this.windowEnd - offset : 0;
    const source = this.bytes;
    if (length > source.length) this.bytes = Buffer.allocUnsafe(length);
    if (kept > 0) source.copy(this.bytes, 0, offset - this.windowStart, this.windowEnd - this.windowStart);
    this.windowStart = offset;
    return kept;
  }

  private readOn(kept: number): number {
    const position = this.windowStart + kept;
    const read = this.at(position, () =>
      readFully(this.disk, this.file, this.bytes, kept, this.bytes.length - kept, position),
    );
    this.windowEnd = position + read;
    return kept + read;
  }

  private at<T>(offset: number, operation: () => T): T {
    return atPlace('WAL_READ', "can't read the log", this.path, offset, operation);
  }
}

/** A stretch of the log that recovery has checked: plain data, to be sent to other threads. */
export interface CheckedSegment {
  readonly name: string;
  readonly header: FileHeader;
  /** Where its last block ends, in the file and in the log. */
  readonly endOffset: number;
  readonly endLsn: number;
}

/**
 * Gives every record from `fromLsn` on to the visitor, in order. Several threads may do so at once, each for its own
 * shards. Allocates nothing a record.
 *
 * @param segments what recovery returned; their checksums are not checked again
 * @param progress called now and then with the bytes read and the bytes in all
 */
export function replayLog(
  disk: Disk,
  directory: string,
  segments: readonly CheckedSegment[],
  fromLsn: number,
  visitor: RecordVisitor,
  progress?: (bytes: number, totalBytes: number) => void,
): void {
  const walker = new RecordWalker(fromLsn);
  const totalBytes = segments.reduce((sum, segment) => sum + segment.endOffset, 0);
  let before = 0;
  let told = 0;
  for (const segment of segments) {
    const reader = new SegmentReader(disk, join(directory, segment.name), segment.header, false);
    try {
      while (reader.endOffset < segment.endOffset && reader.next()) {
        if (reader.endLsn > fromLsn) reader.visit(walker, visitor);
        if (progress !== undefined && before + reader.endOffset - told >= WINDOW_BYTES) {
          told = before + reader.endOffset;
          progress(told, totalBytes);
        }
      }
    } finally {
      reader.close();
    }
    before += segment.endOffset;
  }
  progress?.(totalBytes, totalBytes);
}
