/**
 * Log segments as files: which ones a directory has, and how a new one comes to be `wal.log`.
 *
 * A new segment is complete, header and all, under the name `wal-next.log` before the old one is renamed; so `wal.log`
 * always has a header that was synced, and a crash between the two renames leaves a `wal-next.log` that says by its
 * first LSN that it is the one to go on with.
 */

import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { CrabError } from '../../base/errors.js';
import { atPlace, type Disk, readFully, writeFully } from './disk.js';
import {
  ACTIVE_NAME,
  archiveLsn,
  decodeFileHeader,
  encodeFileHeader,
  FILE_HEADER_BYTES,
  type FileHeader,
  isSpareName,
  NEXT_NAME,
} from './log-file.js';

/** A segment's file, as its header describes it. */
export interface SegmentFile {
  readonly name: string;
  readonly path: string;
  /** Of the file, in bytes. */
  readonly size: number;
  readonly header: FileHeader;
}

/** The log's files in a directory. */
export interface LogFiles {
  /** In order of their first LSN. */
  readonly archives: readonly SegmentFile[];
  readonly active: SegmentFile | undefined;
  readonly next: SegmentFile | undefined;
  readonly spares: readonly string[];
}

/**
 * Looks through a directory.
 *
 * @throws CrabError when a file header is damaged, newer, or contradicts the file's name
 */
export function listLogFiles(disk: Disk, directory: string): LogFiles {
  const names = atPlace('WAL_READ', "can't list the directory", directory, -1, () => disk.list(directory));
  const archives: SegmentFile[] = [];
  for (const name of names.toSorted()) {
    const lsn = archiveLsn(name);
    if (lsn === undefined) continue;
    const segment = openHeader(disk, directory, name);
    if (segment.header.firstLsn !== lsn) {
      throw new CrabError(
        'WAL_DAMAGED',
        `${segment.path} does not hold the log from LSN ${lsn} on, as its name says: give it its name back, ` +
          'or restore it from a backup',
      );
    }
    archives.push(segment);
  }
  return {
    archives,
    active: names.includes(ACTIVE_NAME) ? openHeader(disk, directory, ACTIVE_NAME) : undefined,
    next: names.includes(NEXT_NAME) ? readNext(disk, directory) : undefined,
    spares: names.filter(isSpareName),
  };
}

function openHeader(disk: Disk, directory: string, name: string): SegmentFile {
  const { header, ...file } = readHeader(disk, directory, name);
  if (header !== undefined) return { ...file, header };
  // The header was synced before the file got its name.
  const what =
    file.size < FILE_HEADER_BYTES
      ? `was cut at offset ${file.size}, within its header, which no crash does`
      : 'is damaged at offset 0 (its header)';
  throw new CrabError('WAL_DAMAGED', `${file.path} ${what}: restore it from a backup`);
}

/** A `wal-next.log` without a header is one whose creation was interrupted, and no harm. */
function readNext(disk: Disk, directory: string): SegmentFile | undefined {
  const { header, ...file } = readHeader(disk, directory, NEXT_NAME);
  return header === undefined ? undefined : { ...file, header };
}

function readHeader(
  disk: Disk,
  directory: string,
  name: string,
): Omit<SegmentFile, 'header'> & { header: FileHeader | undefined } {
  const path = join(directory, name);
  return atPlace('WAL_READ', "can't read the log", path, 0, () => {
    const file = disk.open(path, 'r');
    try {
      const bytes = Buffer.alloc(FILE_HEADER_BYTES);
      const read = readFully(disk, file, bytes, 0, FILE_HEADER_BYTES, 0);
      const header = read < FILE_HEADER_BYTES ? undefined : decodeFileHeader(bytes, path);
      return { name, path, size: disk.size(file), header };
    } finally {
      disk.close(file);
    }
  });
}

/**
 * Makes `wal-next.log`, synced, over a spare if there is one. Its name is synced, too: where a file system may keep a later
 * change of names and lose an earlier one, the old segment would else have been renamed with nothing to take its place.
 *
 * @returns the open file and its header
 */
export function createNextSegment(
  disk: Disk,
  directory: string,
  firstLsn: number,
  createdMs: number,
  spare: string | undefined,
): { file: number; header: FileHeader } {
  const path = join(directory, NEXT_NAME);
  return atPlace('WAL_WRITE', "can't create a log segment", path, 0, () => {
    const isRecycled = spare !== undefined && renameIfThere(disk, join(directory, spare), path);
    const file = disk.open(path, isRecycled ? 'r+' : 'w+');
    try {
      const header = { segmentId: randomInt(1, 2 ** 32), firstLsn, createdMs };
      writeFully(disk, file, [encodeFileHeader(header)], 0);
      disk.sync(file);
      disk.syncDirectory(directory);
      return { file, header };
    } catch (error) {
      closeQuietly(disk, file);
      throw error;
    }
  });
}

/** Makes `wal-next.log` the active segment, for good. */
export function installNextSegment(disk: Disk, directory: string): void {
  atPlace('WAL_WRITE', "can't rename a log segment", join(directory, NEXT_NAME), -1, () => {
    disk.rename(join(directory, NEXT_NAME), join(directory, ACTIVE_NAME));
    disk.syncDirectory(directory);
  });
}

/** False when somebody has removed the file. */
export function renameIfThere(disk: Disk, from: string, to: string): boolean {
  return isThere(() => disk.rename(from, to));
}

/** Removes a file, unless somebody else has. */
export function removeIfThere(disk: Disk, path: string): void {
  isThere(() => disk.remove(path));
}

function isThere(operation: () => void): boolean {
  try {
    operation();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Closes a file after an error: that error is the one to report. */
export function closeQuietly(disk: Disk, file: number): void {
  try {
    disk.close(file);
  } catch {
    // Nothing depends on it: what had to be durable was synced.
  }
}
