/**
 * Reads a snapshot: first its frame (`readSnapshotIndex`), then, by as many threads as there are, its sections
 * (`SectionLoader`), each verified before anything of it is believed.
 */

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CrabError, SystemError } from '../../base/errors.js';
import { type Disk, realDisk } from '../wal/disk.js';
import { BAD_LINE, LineDecoder, OTHER_SPELLING, type SnapshotLine } from './decode.js';
import {
  damaged,
  HEADER_BYTES_MAX,
  parseHeader,
  parseTrailer,
  SNAPSHOT_FILE,
  type SnapshotHeader,
  type SnapshotSection,
  type SnapshotTrailer,
  TRAILER_BYTES_MAX,
} from './format.js';

const NEWLINE = 0x0a;
/** The trailer is looked for in this much of the file's end, then in four times as much, and so on. */
const TAIL_BYTES = 64 * 1024;
/** One read call is at most this long: the system's own limit is 2 GiB. */
const READ_BYTES_MAX = 256 * 1024 * 1024;
/** A buffer that grew beyond this for one huge entry is not kept. */
const KEPT_BUFFER_BYTES_MAX = 64 * 1024 * 1024;

/** What a snapshot holds, and where. Plain data: it may travel to other threads. */
export interface SnapshotIndex extends SnapshotHeader, SnapshotTrailer {
  readonly path: string;
  /** Size of the file. */
  readonly bytes: number;
}

/** Receives a line, which is valid during the call only. Whatever it throws ends the loading. */
export type LineVisitor = (line: SnapshotLine) => void;

/**
 * Reads and verifies header and trailer of the snapshot in `directory`. Returns undefined when there is none.
 *
 * @throws SnapshotError when the file is damaged, incomplete or of a newer version; SystemError when it can't be read
 */
export function readSnapshotIndex(directory: string, disk: Disk = realDisk): SnapshotIndex | undefined {
  const path = join(directory, SNAPSHOT_FILE);
  let file: number;
  try {
    file = disk.open(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new SystemError('SNAPSHOT_READ', 'cannot open the snapshot', path, -1, cause);
  }
  try {
    return readIndex(disk, file, path);
  } finally {
    disk.close(file);
  }
}

function readIndex(disk: Disk, file: number, path: string): SnapshotIndex {
  const bytes = disk.size(file);
  const start = readAt(disk, file, path, Buffer.alloc(Math.min(bytes, HEADER_BYTES_MAX)), 0);
  const header = start.subarray(0, start.indexOf(NEWLINE) + 1);
  if (header.length === 0) throw damaged(path, 0, 'the file does not begin with a snapshot header');
  const { lsn, created, databases } = parseHeader(path, header);
  const trailer = readTrailer(disk, file, path, bytes);
  const offset = bytes - trailer.length;
  if (offset < header.length) throw damaged(path, offset, 'the file ends after its header');
  const { entries, sections } = parseTrailer(path, offset, trailer, header);
  return { path, bytes, lsn, created, databases, entries, sections };
}

/** The last line. */
function readTrailer(disk: Disk, file: number, path: string, bytes: number): Buffer {
  for (let size = Math.min(TAIL_BYTES, bytes); ; size = Math.min(size * 4, bytes)) {
    const tail = readAt(disk, file, path, Buffer.allocUnsafe(size), bytes - size);
    if (tail.at(-1) !== NEWLINE) {
      throw damaged(path, bytes, 'the last line has no end: the file was cut, or never completely written');
    }
    const before = size === 1 ? -1 : tail.lastIndexOf(NEWLINE, size - 2);
    if (before >= 0 || size === bytes) return tail.subarray(before + 1);
    if (size > TRAILER_BYTES_MAX)
      throw damaged(path, bytes - size, 'the last line is too long for a trailer');
  }
}

/** Loads sections, one after the other. One a thread: it keeps a file and a buffer. */
export class SectionLoader {
  private readonly index: SnapshotIndex;
  private readonly disk: Disk;
  private readonly file: number;
  private readonly decoder = new LineDecoder();
  private buffer = Buffer.alloc(0);

  /** @throws SystemError when the file can't be opened */
  constructor(index: SnapshotIndex, disk: Disk = realDisk) {
    this.index = index;
    this.disk = disk;
    try {
      this.file = disk.open(index.path, 'r');
    } catch (cause) {
      throw new SystemError('SNAPSHOT_READ', 'cannot open the snapshot', index.path, -1, cause);
    }
  }

  close(): void {
    this.disk.close(this.file);
  }

  /**
   * Reads section `number` (an index into `index.sections`), verifies it, and hands each of its lines to `visitor`.
   *
   * @returns the number of keys of which it has the first line
   * @throws SnapshotError when it is damaged: nothing was handed over unless it was the content of a line that is wrong
   */
  load(number: number, visitor: LineVisitor): number {
    const section = this.index.sections[number]!;
    const { path } = this.index;
    if (this.buffer.length < section.bytes) this.buffer = Buffer.allocUnsafeSlow(section.bytes);
    const bytes = readAt(this.disk, this.file, path, this.buffer.subarray(0, section.bytes), section.offset);
    if (crc32(bytes) !== section.crc32) {
      throw damaged(path, section.offset, `the checksum of the section of ${section.bytes} bytes is wrong`);
    }
    if (bytes[section.bytes - 1] !== NEWLINE) {
      throw damaged(path, section.offset, 'the section does not end with a line');
    }
    const keys = this.visit(section, visitor);
    if (this.buffer.length > KEPT_BUFFER_BYTES_MAX) this.buffer = Buffer.alloc(0);
    this.decoder.release();
    return keys;
  }

  private visit(section: SnapshotSection, visitor: LineVisitor): number {
    const bytes: Uint8Array = this.buffer;
    const decoder = this.decoder;
    const end = section.bytes;
    let count = 0;
    let keys = 0;
    let at = 0;
    while (at < end) {
      let next = decoder.decode(bytes, at, end);
      if (next < 0) next = this.decodeSlowly(next, section, at);
      if (decoder.database >= this.index.databases) {
        throw damaged(this.index.path, section.offset + at, `there is no database ${decoder.database}`);
      }
      visitor(decoder);
      count += 1;
      if (!decoder.isMore) keys += 1;
      at = next;
    }
    if (count === section.entries) return keys;
    const what = `the section has ${count} lines, and the trailer says ${section.entries}`;
    throw damaged(this.index.path, section.offset, what);
  }

  private decodeSlowly(reason: number, section: SnapshotSection, at: number): number {
    const { path } = this.index;
    if (reason === BAD_LINE) throw damaged(path, section.offset + at, "the line's base64 is damaged");
    if (reason !== OTHER_SPELLING) throw new RangeError(`no such result: ${reason}`);
    try {
      return this.decoder.parse(this.buffer, at, section.bytes);
    } catch (cause) {
      if (!(cause instanceof CrabError)) throw cause;
      throw damaged(path, section.offset + at, cause.message, cause);
    }
  }
}

/** Fills `target` from the file's bytes at `offset`, and returns it. */
function readAt(disk: Disk, file: number, path: string, target: Buffer, offset: number): Buffer {
  let from = 0;
  while (from < target.length) {
    const size = Math.min(READ_BYTES_MAX, target.length - from);
    let count: number;
    try {
      count = disk.read(file, target, from, size, offset + from);
    } catch (cause) {
      throw new SystemError('SNAPSHOT_READ', 'cannot read the snapshot', path, offset + from, cause);
    }
    if (count === 0) throw damaged(path, offset + from, 'the file ends too early');
    from += count;
  }
  return target;
}
