/**
 * Whole log files, as a start finds them: recovery says where the log ends, cuts what is behind it, and refuses with an error for
 * people what it can't be sure of. A second start finds what the first one has left, and the same records.
 *
 * The checksums of headers and blocks are put right in most inputs.
 *
 *     input: a segment without the part of its file header that is never used
 */

import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { CrabError } from '../../../src/base/errors.js';
import {
  ACTIVE_NAME,
  BLOCK_HEADER_BYTES,
  BlockHeader,
  encodeFileHeader,
  FILE_HEADER_BYTES,
} from '../../../src/engine/wal/log-file.js';
import { replayLog } from '../../../src/engine/wal/log-reader.js';
import { recoverLog } from '../../../src/engine/wal/recovery.js';
import { SimulatedDisk } from '../../../src/engine/wal/simulated-disk.case.js';
import { linearSteps, type Target, texts } from '../target.js';
import { sampleRecords } from './sample-records.js';

const DIRECTORY = '/data';
const PATH = `${DIRECTORY}/${ACTIVE_NAME}`;
const SEGMENT_ID = 7;
/** Of the file header, what has a meaning; behind it there are zeros. */
const HEAD_BYTES = 64;
const FILE_CRC_AT = 60;
const BLOCK_MAGIC = encodedBlock(Buffer.alloc(0), 0).subarray(0, 4);
/** Offsets in a block's header. */
const DATA_BYTES_AT = 8;
const DATA_CRC_AT = 12;
const CRC_AT = 60;

export function makeLogTarget(): Target {
  return {
    modules: [
      'src/engine/wal/recovery.js',
      'src/engine/wal/log-reader.js',
      'src/engine/wal/log-segment.js',
      'src/engine/wal/log-file.js',
      'src/engine/wal/record.js',
    ],
    seeds: [segment(), segment(...sampleRecords().slice(0, 3)), segment(sampleRecords()[4]!)],
    words: [BLOCK_MAGIC, ...texts('\x07\x00\x00\x00', '\x00\x00\x00\x00\x00\x00\x00\x00', 'CRAB')],
    bytesMax: 4096,
    stepsMax: linearSteps(256, 2 ** 16),
    repair,
    run(input) {
      const disk = new SimulatedDisk();
      disk.put(PATH, whole(input));
      const first = start(disk);
      if (first === undefined) return;
      const second = start(disk);
      assert.ok(second !== undefined, 'what one start takes, the next one does');
      assert.equal(second.cutBytes, 0, 'and there is nothing left to cut');
      assert.deepEqual(second.records, first.records);
    },
  };
}

/** What a start finds; undefined when it refuses to. */
function start(disk: SimulatedDisk): { records: string[]; cutBytes: number } | undefined {
  const records: string[] = [];
  try {
    const { segments, cutBytes } = recoverLog(disk, DIRECTORY, 0, 0);
    replayLog(disk, DIRECTORY, segments, 0, {
      record: (fields, bytes, lsn) => {
        const { op, database, keyOffset, keyBytes, valueOffset, valueBytes } = fields;
        assert.ok(keyOffset + keyBytes <= bytes.length && valueOffset + valueBytes <= bytes.length);
        records.push(`${lsn} ${op} ${database} ${keyBytes} ${valueBytes}`);
      },
    });
    return { records, cutBytes };
  } catch (error) {
    if (!(error instanceof CrabError)) throw error;
    return undefined;
  }
}

/** A segment of one block for each of these records. */
function segment(...blocks: readonly Uint8Array[]): Uint8Array {
  const head = encodeFileHeader({ segmentId: SEGMENT_ID, firstLsn: 0, createdMs: 0 }).subarray(0, HEAD_BYTES);
  let lsn = 0;
  const encoded = blocks.map((records) => {
    const block = encodedBlock(records, lsn);
    lsn += records.length;
    return block;
  });
  return Buffer.concat([head, ...encoded]);
}

function encodedBlock(records: Uint8Array, firstLsn: number): Buffer {
  const header = new BlockHeader();
  header.dataBytes = records.length;
  header.lsnSpan = records.length;
  header.dataCrc = crc32(records);
  header.firstLsn = firstLsn;
  header.durableLsn = firstLsn;
  const head = Buffer.alloc(BLOCK_HEADER_BYTES);
  header.encode(head, SEGMENT_ID);
  return Buffer.concat([head, records]);
}

/** The file: with the rest of its header. */
function whole(input: Uint8Array): Uint8Array {
  if (input.length < HEAD_BYTES) return input;
  const rest = Buffer.alloc(FILE_HEADER_BYTES - HEAD_BYTES);
  return Buffer.concat([input.subarray(0, HEAD_BYTES), rest, input.subarray(HEAD_BYTES)]);
}

function repair(input: Uint8Array): Uint8Array {
  const bytes = Buffer.from(input);
  if (bytes.length < HEAD_BYTES) return input;
  bytes.writeUInt32LE(crc32(bytes.subarray(0, FILE_CRC_AT)), FILE_CRC_AT);
  for (let at = HEAD_BYTES; at + BLOCK_HEADER_BYTES <= bytes.length; ) {
    at = bytes.indexOf(BLOCK_MAGIC, at);
    if (at < 0 || at + BLOCK_HEADER_BYTES > bytes.length) break;
    const dataAt = at + BLOCK_HEADER_BYTES;
    const end = dataAt + bytes.readUInt32LE(at + DATA_BYTES_AT);
    bytes.writeUInt32LE(crc32(bytes.subarray(dataAt, end)), at + DATA_CRC_AT);
    bytes.writeUInt32LE(crc32(bytes.subarray(at, at + CRC_AT)), at + CRC_AT);
    at = end > at && end <= bytes.length ? end : at + 1;
  }
  return bytes;
}
