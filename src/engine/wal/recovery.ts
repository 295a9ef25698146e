/**
 * From the files that a crash left to a log that can be read and gone on with.
 *
 * The log must be one unbroken chain, from a snapshot's LSN (or 0) to its end. Where a block is missing there are three
 * possibilities, told apart like this:
 *
 * - in a segment that is followed by another: damage, because a segment is synced before the next one begins
 * - in the last segment, with a later block whose `durableLsn` is beyond: damage, because the missing block had been
 *   synced before that later one was written
 * - else the end: nothing was ever acknowledged that is not before it. What is left of blocks that were being
 *   written is cut: overwritten with zeros, so that it can never be taken for what will be written there
 *
 * Damage stops the start, with the file, the offset and what to do: a store never comes up without writes that it has
 * acknowledged, unless somebody decides so.
 *
 * What may not be on disk yet is written again before the log goes on: after a crash of the process alone, the end of
 * the log is in the operating system's cache; and after a failed fdatasync the cache may call pages clean that never
 * reached the disk (see "fsyncgate", Rebello et al., USENIX ATC 2020). The same goes for the names of the files.
 */

import { join } from 'node:path';
import { CrabError } from '../../base/errors.js';
import { atPlace, type Disk, readFully, writeFully } from './disk.js';
import { ACTIVE_NAME, archiveName, FILE_HEADER_BYTES } from './log-file.js';
import { type CheckedSegment, SegmentReader } from './log-reader.js';
import {
  createNextSegment,
  installNextSegment,
  type LogFiles,
  listLogFiles,
  type SegmentFile,
} from './log-segment.js';
import { type RecordFields, type RecordVisitor, RecordWalker, unknownRecord } from './record.js';
import { isSoundRecord } from './record-check.js';

const COPY_BYTES = 1024 * 1024;

/** A log that is ready: plain data, to be sent to the log thread and to those who replay. */
export interface LogRecovery {
  readonly directory: string;
  /** What is to be replayed is after this LSN, in these segments; the last one is the active one. */
  readonly fromLsn: number;
  readonly segments: readonly CheckedSegment[];
  /** Where the log goes on. */
  readonly endLsn: number;
  /** Segments that are wholly before `fromLsn`, oldest first. */
  readonly older: readonly CheckedSegment[];
  /** Size of the active segment's file. */
  readonly activeBytes: number;
  readonly spares: readonly string[];
  /** Blocks in `segments`, and their bytes on disk. */
  readonly blocks: number;
  readonly bytes: number;
  /** How much of a torn tail was cut, and where; 0 when there was none. */
  readonly cutBytes: number;
  readonly cutOffset: number;
  /** The active segment ends as a stop in good order leaves it: nothing can be missing at its end. */
  readonly isSealed: boolean;
}

/**
 * Makes the log in `directory` ready to be replayed from `fromLsn` on (a snapshot's LSN, or 0) and to be gone on with.
 * Creates it when there is none.
 *
 * @param progress called now and then with the bytes checked and the bytes in all
 * @throws CrabError WAL_DAMAGED, WAL_MISSING, WAL_NEWER_VERSION, WAL_UNKNOWN_RECORD: with file, offset and what to do;
 *   SystemError WAL_READ or WAL_WRITE when the disk or its permissions are to blame
 */
export function recoverLog(
  disk: Disk,
  directory: string,
  fromLsn: number,
  nowMs: number = Date.now(),
  progress?: (bytes: number, totalBytes: number) => void,
): LogRecovery {
  let files = listLogFiles(disk, directory);
  if (files.active === undefined && completeRotation(disk, directory, files, fromLsn)) {
    files = listLogFiles(disk, directory);
  }
  if (files.active === undefined && files.archives.length > 0) throw activeMissing(directory, files);
  if (files.active === undefined) {
    startSegment(disk, directory, fromLsn, nowMs);
    files = listLogFiles(disk, directory);
  }

  const chain = [...files.archives, files.active!];
  const start = firstNeeded(chain, fromLsn);
  const totalBytes = chain.slice(start).reduce((sum, segment) => sum + segment.size, 0);
  const scans: SegmentScan[] = [];
  let before = 0;
  for (let index = start; index < chain.length; index++) {
    const segment = chain[index]!;
    const doneBefore = before;
    const scan = scanSegment(disk, segment, (bytes) => progress?.(doneBefore + bytes, totalBytes));
    const following = chain[index + 1];
    if (following !== undefined) checkJoint(scan, following, chain.slice(index + 1));
    else if (scan.proves) throw damaged(scan, []);
    scans.push(scan);
    before += segment.size;
  }

  const last = scans.at(-1)!;
  const cutBytes = cutTail(disk, last);
  makeDurable(disk, directory, last);
  let segments: readonly CheckedSegment[] = scans.map(checked);
  let older = chain.slice(0, start).map((segment, index) => outlived(segment, chain[index + 1]!));
  let activeBytes = last.size;
  if (last.endLsn < fromLsn) {
    // The snapshot is ahead of what the log kept: everything is in it.
    disk.close(createNextSegment(disk, directory, fromLsn, nowMs, undefined).file);
    atPlace('WAL_WRITE', "can't archive the log", last.path, -1, () =>
      disk.rename(last.path, join(directory, archiveName(last.header.firstLsn))),
    );
    installNextSegment(disk, directory);
    const active = listLogFiles(disk, directory).active!;
    older = [...older, ...segments.map(archived)];
    segments = [{ name: ACTIVE_NAME, header: active.header, endOffset: FILE_HEADER_BYTES, endLsn: fromLsn }];
    activeBytes = active.size;
  }
  return {
    directory,
    fromLsn,
    segments,
    endLsn: segments.at(-1)!.endLsn,
    older,
    activeBytes,
    spares: files.spares,
    blocks: scans.reduce((sum, scan) => sum + scan.blocks, 0),
    bytes: scans.reduce((sum, scan) => sum + scan.endOffset, 0),
    cutBytes,
    cutOffset: cutBytes === 0 ? 0 : last.endOffset,
    isSealed: last.isSealed && last.endLsn >= fromLsn,
  };
}

/** What a walk through one segment found. */
export interface SegmentScan extends CheckedSegment {
  readonly path: string;
  readonly size: number;
  readonly blocks: number;
  readonly records: number;
  /** Why it ends where it ends: one of the reader's reasons. */
  readonly reason: string;
  /** Its last block is the one that a stop in good order leaves. */
  readonly isSealed: boolean;
  /** A later block says that the log had been durable beyond this end. */
  readonly proves: boolean;
  /** Offset of the last thing after the end that looks like a block, or -1. */
  readonly leftoverOffset: number;
  /** Where the first block begins that no later one calls durable. */
  readonly unprovenOffset: number;
}

/**
 * Walks through a segment's blocks and checks every record. Changes nothing.
 *
 * @param progress called now and then with the bytes read
 * @throws CrabError WAL_UNKNOWN_RECORD, SystemError WAL_READ
 */
export function scanSegment(
  disk: Disk,
  segment: SegmentFile,
  progress?: (bytes: number) => void,
): SegmentScan {
  const { header } = segment;
  const reader = new SegmentReader(disk, segment.path, header, true);
  const counter = new RecordCounter();
  const walker = new RecordWalker(0);
  // Blocks that no later one calls durable: their offsets, and the LSNs at which they begin.
  let unproven: { offset: number; lsn: number }[] = [];
  let blocks = 0;
  let told = 0;
  let isSealed = false;
  try {
    while (reader.next()) {
      blocks++;
      isSealed = reader.header.lsnSpan === 0;
      reader.visit(walker, counter);
      if (!counter.areSound) throw unknownRecord(segment.path, reader.offset);
      const durable = reader.header.durableLsn;
      if (unproven.length > 0 && unproven[0]!.lsn < durable)
        unproven = unproven.filter(({ lsn }) => lsn >= durable);
      unproven.push({ offset: reader.offset, lsn: reader.header.firstLsn });
      if (reader.endOffset - told >= COPY_BYTES) {
        told = reader.endOffset;
        progress?.(told);
      }
    }
    const { endOffset, endLsn, reason, size } = reader;
    const { proves, lastOffset } = reader.findLater();
    return {
      name: segment.name,
      path: segment.path,
      header,
      size,
      blocks,
      records: counter.records,
      endOffset,
      endLsn,
      reason,
      isSealed,
      proves,
      leftoverOffset: lastOffset,
      unprovenOffset: unproven[0]?.offset ?? endOffset,
    };
  } finally {
    reader.close();
  }
}

class RecordCounter implements RecordVisitor {
  records = 0;
  /** False once a record was none that a command writes. */
  areSound = true;

  record(fields: RecordFields, bytes: Uint8Array): void {
    this.records++;
    if (!isSoundRecord(fields, bytes)) this.areSound = false;
  }
}

/** The error for a block that is missing where it must be. `laterFiles` are the segments after it. */
export function damaged(scan: SegmentScan, laterFiles: readonly SegmentFile[]): CrabError {
  const later = laterFiles.map((file) => file.name);
  const giveUp =
    later.length === 0
      ? `truncate -s ${scan.endOffset} ${scan.name}`
      : `move ${later.join(', ')} away, truncate -s ${scan.endOffset} ${scan.name}, and rename it to ${ACTIVE_NAME}`;
  return new CrabError(
    'WAL_DAMAGED',
    `${scan.path} is damaged at offset ${scan.endOffset}: ${scan.reason}, and what follows shows that the log had been ` +
      `complete there. Restore the file from a backup; or, to give up all writes after LSN ${scan.endLsn}: ${giveUp}`,
  );
}

/** Checks that a segment goes right up to the one that follows it. */
export function checkJoint(
  scan: SegmentScan,
  following: SegmentFile,
  laterFiles: readonly SegmentFile[],
): void {
  const nextLsn = following.header.firstLsn;
  if (scan.endLsn === nextLsn) return;
  if (scan.endLsn > nextLsn) {
    throw new CrabError(
      'WAL_DAMAGED',
      `${following.path} begins at LSN ${nextLsn}, but ${scan.path} already goes up to ${scan.endLsn}: they do not ` +
        'belong together. Restore the log from a backup',
    );
  }
  if (scan.proves || scan.leftoverOffset >= 0) throw damaged(scan, laterFiles);
  throw new CrabError(
    'WAL_MISSING',
    `the log from LSN ${scan.endLsn} to ${nextLsn} is missing: the file ${archiveName(scan.endLsn)} is not there, or ` +
      `${scan.path} is damaged at offset ${scan.endOffset}. Restore it from a backup`,
  );
}

/** Index of the segment that holds `fromLsn`. */
function firstNeeded(chain: readonly SegmentFile[], fromLsn: number): number {
  const index = chain.findLastIndex((segment) => segment.header.firstLsn <= fromLsn);
  if (index >= 0) return index;
  const { name, header } = chain[0]!;
  const snapshot = fromLsn === 0 ? 'there is no snapshot' : `the snapshot ends at LSN ${fromLsn}`;
  throw new CrabError(
    'WAL_MISSING',
    `the log begins at LSN ${header.firstLsn} (${name}), but ${snapshot}: what is between them is missing. ` +
      'Restore the newest snapshot, or the missing log files, from a backup',
  );
}

/** After a crash between the two renames of a rotation: does the second one. */
function completeRotation(disk: Disk, directory: string, files: LogFiles, fromLsn: number): boolean {
  if (files.next === undefined || files.archives.length === 0) return false;
  const firstLsn = files.next.header.firstLsn;
  if (firstLsn !== fromLsn && firstLsn !== scanEnd(disk, files)) return false;
  installNextSegment(disk, directory);
  return true;
}

/** Where the archived segments end. */
function scanEnd(disk: Disk, files: LogFiles): number {
  const scan = scanSegment(disk, files.archives.at(-1)!);
  if (scan.proves || scan.leftoverOffset >= 0) throw damaged(scan, []);
  return scan.endLsn;
}

function activeMissing(directory: string, files: LogFiles): CrabError {
  const last = files.archives.at(-1)!;
  return new CrabError(
    'WAL_MISSING',
    `${join(directory, ACTIVE_NAME)} is missing, although ${last.name} is there. Restore it from a backup; or, to give ` +
      `up all writes after ${last.name}: rename ${last.name} to ${ACTIVE_NAME}`,
  );
}

function startSegment(disk: Disk, directory: string, firstLsn: number, nowMs: number): void {
  disk.close(createNextSegment(disk, directory, firstLsn, nowMs, undefined).file);
  installNextSegment(disk, directory);
}

/** Overwrites what was being written when the crash came. Returns how much there was. */
function cutTail(disk: Disk, scan: SegmentScan): number {
  if (scan.leftoverOffset < 0) return 0;
  // Up to the last thing that looks like a block: without its header no block is ever recognized.
  const end = Math.min(scan.size, scan.leftoverOffset + FILE_HEADER_BYTES);
  const zeros = new Uint8Array(Math.min(COPY_BYTES, end - scan.endOffset));
  change(disk, scan, (file) => {
    for (let at = scan.endOffset; at < end; at += zeros.length) {
      writeFully(disk, file, [zeros.subarray(0, Math.min(zeros.length, end - at))], at);
    }
  });
  return end - scan.endOffset;
}

/** Writes again what nothing says is on disk, and syncs it; and the names, which the crash may have come too soon for. */
function makeDurable(disk: Disk, directory: string, scan: SegmentScan): void {
  const copy = new Uint8Array(Math.min(COPY_BYTES, scan.endOffset - scan.unprovenOffset));
  change(disk, scan, (file) => {
    for (let at = scan.unprovenOffset; at < scan.endOffset; at += copy.length) {
      const length = Math.min(copy.length, scan.endOffset - at);
      readFully(disk, file, copy, 0, length, at);
      writeFully(disk, file, [copy.subarray(0, length)], at);
    }
  });
  atPlace('WAL_WRITE', "can't sync the log's directory", directory, -1, () => disk.syncDirectory(directory));
}

/** Opens a segment to be changed; syncs it. */
function change(disk: Disk, scan: SegmentScan, operation: (file: number) => void): void {
  atPlace('WAL_WRITE', "can't repair the end of the log", scan.path, scan.endOffset, () => {
    const file = disk.open(scan.path, 'r+');
    try {
      operation(file);
      disk.sync(file);
    } finally {
      disk.close(file);
    }
  });
}

function checked(scan: SegmentScan): CheckedSegment {
  return { name: scan.name, header: scan.header, endOffset: scan.endOffset, endLsn: scan.endLsn };
}

/** A segment that nobody has to read any more: it ends where the next one begins. */
function outlived(segment: SegmentFile, following: SegmentFile): CheckedSegment {
  return {
    name: segment.name,
    header: segment.header,
    endOffset: segment.size,
    endLsn: following.header.firstLsn,
  };
}

function archived(segment: CheckedSegment): CheckedSegment {
  return segment.name === ACTIVE_NAME ? { ...segment, name: archiveName(segment.header.firstLsn) } : segment;
}
