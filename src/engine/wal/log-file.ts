/**
 * The log's files: their names, the header of a file and the header of a block. docs/formats/wal.md has every byte.
 *
 *     wal.log                     the segment that is being written
 *     wal-<first LSN>.log         segments before it, 16 decimal digits
 *     wal-next.log                the next segment, before it becomes wal.log
 *     wal-spare-<n>.log           segments not needed any more, to be written over
 *
 * A segment is a file header of 4 KiB, then blocks without gaps, then anything: zeros, or what a recycled file held
 * before. Blocks carry the segment's random id, their LSN and checksums, so that nothing else is taken for a block.
 */

import { crc32 } from 'node:zlib';
import { CrabError } from '../../base/errors.js';

const LOG_VERSION = 1;
export const ACTIVE_NAME = 'wal.log';
export const NEXT_NAME = 'wal-next.log';

/** A file begins to hold blocks here. */
export const FILE_HEADER_BYTES = 4096;
/** The part of the file header that is used. Its magic, version and checksum stay where they are in all versions. */
const FILE_FIELDS_BYTES = 64;
/** `CRABWAL\n`: a file that says what it is. */
const FILE_MAGIC = Buffer.from('CRABWAL\n', 'latin1');
const FILE_VERSION = 8;
const FILE_SEGMENT_ID = 12;
const FILE_FIRST_LSN = 16;
const FILE_CREATED = 24;
const FILE_CRC = 60;

export const BLOCK_HEADER_BYTES = 64;
/** `CRBK`, little endian. */
const BLOCK_MAGIC = 0x4b425243;
const BLOCK_SEGMENT_ID = 4;
const BLOCK_DATA_BYTES = 8;
const BLOCK_DATA_CRC = 12;
const BLOCK_FIRST_LSN = 16;
const BLOCK_DURABLE_LSN = 24;
const BLOCK_TIME = 32;
const BLOCK_LSN_SPAN = 40;
const BLOCK_CRC = 60;

const ARCHIVE_PATTERN = /^wal-(\d{16})\.log$/;
const SPARE_PATTERN = /^wal-spare-(\d+)\.log$/;

/** Name of the segment whose first LSN is `firstLsn`, once it is not the active one. */
export function archiveName(firstLsn: number): string {
  return `wal-${String(firstLsn).padStart(16, '0')}.log`;
}

/** First LSN by the name of an archived segment; undefined for all other names. */
export function archiveLsn(name: string): number | undefined {
  const match = ARCHIVE_PATTERN.exec(name);
  return match === null ? undefined : Number(match[1]);
}

export function spareName(number: number): string {
  return `wal-spare-${number}.log`;
}

export function isSpareName(name: string): boolean {
  return SPARE_PATTERN.test(name);
}

export interface FileHeader {
  /** Random, other than 0: tells this segment's blocks from those that a recycled file held before. */
  readonly segmentId: number;
  readonly firstLsn: number;
  /** Unix ms. */
  readonly createdMs: number;
}

/** The whole file header, FILE_HEADER_BYTES long. */
export function encodeFileHeader(header: FileHeader): Uint8Array {
  const bytes = Buffer.alloc(FILE_HEADER_BYTES);
  FILE_MAGIC.copy(bytes);
  bytes.writeUInt32LE(LOG_VERSION, FILE_VERSION);
  bytes.writeUInt32LE(header.segmentId, FILE_SEGMENT_ID);
  writeU64(bytes, FILE_FIRST_LSN, header.firstLsn);
  writeU64(bytes, FILE_CREATED, header.createdMs);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, FILE_CRC)), FILE_CRC);
  return bytes;
}

/**
 * Reads a file header from the first FILE_FIELDS_BYTES of `bytes`.
 *
 * @returns undefined when it is none
 * @throws CrabError WAL_NEWER_VERSION when a newer version wrote it
 */
export function decodeFileHeader(bytes: Buffer, path: string): FileHeader | undefined {
  if (bytes.length < FILE_FIELDS_BYTES || !bytes.subarray(0, FILE_MAGIC.length).equals(FILE_MAGIC))
    return undefined;
  if (bytes.readUInt32LE(FILE_CRC) !== crc32(bytes.subarray(0, FILE_CRC))) return undefined;
  const version = bytes.readUInt32LE(FILE_VERSION);
  if (version > LOG_VERSION) {
    throw new CrabError(
      'WAL_NEWER_VERSION',
      `${path} was written by a newer version of CrabKV (log format ${version}; this one reads up to ${LOG_VERSION}): ` +
        'start that version',
    );
  }
  return {
    segmentId: bytes.readUInt32LE(FILE_SEGMENT_ID),
    firstLsn: readU64(bytes, FILE_FIRST_LSN),
    createdMs: readU64(bytes, FILE_CREATED),
  };
}

/** The header of a block. One a reader or writer, filled in anew. */
export class BlockHeader {
  /** Bytes of records that follow the header. */
  dataBytes = 0;
  dataCrc = 0;
  firstLsn = 0;
  /** How far the block takes the log. Other than dataBytes when the block is one record that went through page memory. */
  lsnSpan = 0;
  /** Up to where the log was durable when the block was written. */
  durableLsn = 0;
  /** Unix ms at which it was written. */
  timeMs = 0;

  get endLsn(): number {
    return this.firstLsn + this.lsnSpan;
  }

  get isExternal(): boolean {
    return this.dataBytes !== this.lsnSpan;
  }

  encode(target: Buffer, segmentId: number): void {
    target.fill(0, 0, BLOCK_HEADER_BYTES);
    target.writeUInt32LE(BLOCK_MAGIC, 0);
    target.writeUInt32LE(segmentId, BLOCK_SEGMENT_ID);
    target.writeUInt32LE(this.dataBytes, BLOCK_DATA_BYTES);
    target.writeUInt32LE(this.dataCrc, BLOCK_DATA_CRC);
    writeU64(target, BLOCK_FIRST_LSN, this.firstLsn);
    writeU64(target, BLOCK_DURABLE_LSN, this.durableLsn);
    writeU64(target, BLOCK_TIME, this.timeMs);
    target.writeUInt32LE(this.lsnSpan, BLOCK_LSN_SPAN);
    target.writeUInt32LE(crc32(target.subarray(0, BLOCK_CRC)), BLOCK_CRC);
  }

  /** Reads the header at `offset`. False when there is none of this segment; the fields are then undefined. */
  decode(source: Buffer, offset: number, segmentId: number): boolean {
    if (source.length - offset < BLOCK_HEADER_BYTES) return false;
    if (source.readUInt32LE(offset) !== BLOCK_MAGIC) return false;
    if (source.readUInt32LE(offset + BLOCK_SEGMENT_ID) !== segmentId) return false;
    if (source.readUInt32LE(offset + BLOCK_CRC) !== crc32(source.subarray(offset, offset + BLOCK_CRC)))
      return false;
    this.dataBytes = source.readUInt32LE(offset + BLOCK_DATA_BYTES);
    this.dataCrc = source.readUInt32LE(offset + BLOCK_DATA_CRC);
    this.firstLsn = readU64(source, offset + BLOCK_FIRST_LSN);
    this.durableLsn = readU64(source, offset + BLOCK_DURABLE_LSN);
    this.timeMs = readU64(source, offset + BLOCK_TIME);
    this.lsnSpan = source.readUInt32LE(offset + BLOCK_LSN_SPAN);
    return true;
  }
}

/** What every block of a segment begins with: looked for when a block is missing or damaged. */
export function blockPattern(segmentId: number): Buffer {
  const pattern = Buffer.alloc(8);
  pattern.writeUInt32LE(BLOCK_MAGIC, 0);
  pattern.writeUInt32LE(segmentId, BLOCK_SEGMENT_ID);
  return pattern;
}

function writeU64(target: Buffer, offset: number, value: number): void {
  target.writeUInt32LE(value % 2 ** 32, offset);
  target.writeUInt32LE(Math.floor(value / 2 ** 32), offset + 4);
}

function readU64(source: Buffer, offset: number): number {
  return source.readUInt32LE(offset + 4) * 2 ** 32 + source.readUInt32LE(offset);
}
