/**
 * The file that a snapshot is written to: a buffer, sections, and the steps that make it the snapshot.
 *
 * It is written under a temporary name. `publish` ends it with the trailer, makes it durable, gives it its name, and makes
 * the name durable: before that the old snapshot is untouched, after that the new one is complete. Data is synced
 * every SYNC_BYTES on the way, so that the last sync is short and the disk is not busy with one huge write while the
 * log waits for it.
 *
 * The first error is kept in `error`; from then on everything is dropped, so that whoever writes need not look.
 */

import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { SystemError } from '../../base/errors.js';
import { type Disk, writeFully } from '../wal/disk.js';
import {
  headerLine,
  SECTION_BYTES,
  SNAPSHOT_FILE,
  SNAPSHOT_TEMPORARY_FILE,
  type SnapshotHeader,
  type SnapshotSection,
  trailerLine,
} from './format.js';
import type { LineTarget } from './line-writer.js';

/** The data is made durable each time this much has been written. */
const SYNC_BYTES = 16 * 1024 * 1024;
/** A line begins while the section has room, and may be this much longer than it before the buffer is written. */
const BUFFER_BYTES = SECTION_BYTES + 1024 * 1024;

export class SnapshotFile implements LineTarget {
  /** Lines go here, at `size`, after `reserve`. */
  readonly buffer: Uint8Array = Buffer.allocUnsafeSlow(BUFFER_BYTES);
  size = 0;
  /** Lines of entries so far. */
  entries = 0;
  /** Keys so far: a large collection has several lines. */
  keys = 0;
  /** What went wrong first, or undefined. */
  error: SystemError | undefined;

  private readonly disk: Disk;
  private readonly directory: string;
  private readonly temporary: string;
  private readonly sections: SnapshotSection[] = [];
  private file = -1;
  private header: Buffer = Buffer.alloc(0);
  private written = 0;
  private synced = 0;
  private sectionStart = 0;
  private sectionCrc = 0;
  private sectionEntries = 0;

  constructor(disk: Disk, directory: string) {
    this.disk = disk;
    this.directory = directory;
    this.temporary = join(directory, SNAPSHOT_TEMPORARY_FILE);
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.written;
  }

  /** Creates the temporary file. */
  open(): void {
    this.attempt('cannot create the snapshot', () => {
      this.file = this.disk.open(this.temporary, 'w+');
    });
  }

  /** Writes the header line: before any entry. */
  begin(header: SnapshotHeader): void {
    this.header = headerLine(header);
    this.buffer.set(this.header, 0);
    this.write(this.header.length);
    this.sectionStart = this.written;
  }

  /** Makes sure of `bytes` (at most 1 MiB) bytes of room in `buffer` after `size`. */
  reserve(bytes: number): void {
    if (this.size + bytes > BUFFER_BYTES) this.flush();
  }

  /** Counts the line that ends at `size`; `isKey` if it is the first one of its key. */
  endEntry(isKey: boolean): void {
    if (isKey) this.keys += 1;
    this.entries += 1;
    this.sectionEntries += 1;
    if (this.written - this.sectionStart + this.size >= SECTION_BYTES) this.endSection();
  }

  /** Makes the file the snapshot. Returns false, with `error` set, if that failed; the old one is intact then. */
  publish(): boolean {
    this.endSection();
    this.attempt('cannot complete the snapshot', () => {
      this.writeAll(trailerLine(this.header, { entries: this.entries, sections: this.sections }));
      this.disk.sync(this.file);
      this.close();
      this.disk.rename(this.temporary, join(this.directory, SNAPSHOT_FILE));
      this.disk.syncDirectory(this.directory);
    });
    if (this.error !== undefined) this.abandon();
    return this.error === undefined;
  }

  /** Closes and removes the temporary file. */
  abandon(): void {
    try {
      if (this.file !== -1) this.close();
      this.disk.remove(this.temporary);
    } catch {
      // What is left is overwritten by the next snapshot, and never read.
    }
  }

  private endSection(): void {
    this.flush();
    if (this.sectionEntries > 0) {
      this.sections.push({
        offset: this.sectionStart,
        bytes: this.written - this.sectionStart,
        entries: this.sectionEntries,
        crc32: this.sectionCrc,
      });
    }
    this.sectionStart = this.written;
    this.sectionEntries = 0;
    this.sectionCrc = 0;
  }

  private flush(): void {
    if (this.size === 0) return;
    if (this.error === undefined)
      this.sectionCrc = crc32(this.buffer.subarray(0, this.size), this.sectionCrc);
    this.write(this.size);
    this.size = 0;
  }

  private write(size: number): void {
    this.attempt('cannot write the snapshot', () => {
      this.writeAll(this.buffer.subarray(0, size));
      if (this.written - this.synced < SYNC_BYTES) return;
      this.disk.sync(this.file);
      this.synced = this.written;
    });
  }

  private writeAll(bytes: Uint8Array): void {
    writeFully(this.disk, this.file, [bytes], this.written);
    this.written += bytes.length;
  }

  private close(): void {
    const file = this.file;
    this.file = -1;
    this.disk.close(file);
  }

  private attempt(what: string, action: () => void): void {
    if (this.error !== undefined) return;
    try {
      action();
    } catch (cause) {
      this.error = new SystemError('SNAPSHOT_WRITE', what, this.temporary, this.written, cause);
    }
  }
}
