/**
 * Records of the log behind checksums that are right: as if another version, or a mistake, had written them. They are repeated or
 * refused with an error for people; the store is sound after each of them.
 *
 *     input: records, as they lie in a block
 */

import { crc32 } from 'node:zlib';
import { CrabError } from '../../../src/base/errors.js';
import { Applier } from '../../../src/engine/apply.js';
import { TestEngine } from '../../../src/engine/engine.case.js';
import {
  ACTIVE_NAME,
  BLOCK_HEADER_BYTES,
  BlockHeader,
  encodeFileHeader,
} from '../../../src/engine/wal/log-file.js';
import { replayLog } from '../../../src/engine/wal/log-reader.js';
import { padded } from '../../../src/engine/wal/record.js';
import { recoverLog } from '../../../src/engine/wal/recovery.js';
import { SimulatedDisk } from '../../../src/engine/wal/simulated-disk.case.js';
import { StoreCheck } from '../store-check.js';
import { linearSteps, type Target, texts } from '../target.js';
import { sampleRecords } from './sample-records.js';

const DIRECTORY = '/data';
const SEGMENT_ID = 7;
/** What once left an unsound store, or took seconds: a score that is no number, a SETRANGE that makes 754 MB of one letter. */
const TROUBLE: readonly string[] = [
  '300000001a040000010000001a0000007a000000000000f83f0100000061000000000000f87f01000000620000000000',
  '20000000090000001800002d01000000010000006b7800000000000000000000',
];
/** A record can make a long value of few bytes, which takes time and nothing else: there is no memory for longer ones. */
const VALUE_BYTES_MAX = 16 * 1024 * 1024;

export function makeLogRecordsTarget(): Target {
  const engine = new TestEngine({ shardCount: 1, databaseCount: 2 });
  engine.now = 0; // history has no time
  engine.memory.fails = (bytes) => bytes > VALUE_BYTES_MAX;
  const applier = new Applier(engine.keyspace, engine.batons, 0, 1);
  const check = new StoreCheck(engine);
  return {
    modules: [
      'src/engine/wal/record.js',
      'src/engine/apply.js',
      'src/engine/wal/log-items.js',
      'src/engine/lists.js',
      'src/engine/large-list.js',
      'src/engine/hashes.js',
      'src/engine/sets.js',
      'src/engine/sorted-sets.js',
      'src/engine/list-history.js',
      'src/engine/packed-',
      'src/engine/large-hash.js',
      'src/engine/field-deadlines.js',
    ],
    seeds: [...sampleRecords(), ...TROUBLE.map((hex) => Buffer.from(hex, 'hex'))],
    words: texts(
      '\x01\x00\x00\x00k',
      '\x00\x00\x00\x00\x00\x00\xf0\x7f',
      '\x00\x00\x00\x00\x00\x00\xf8\x7f',
      '\x00\x00\x00\x00\x00\x00\xf0\xff',
    ),
    bytesMax: 4096,
    stepsMax: linearSteps(512, 2 ** 16),
    repair: (input) => input.subarray(0, input.length & ~7),
    run(input) {
      const disk = new SimulatedDisk();
      disk.put(`${DIRECTORY}/${ACTIVE_NAME}`, logOf(input));
      try {
        const { segments } = recoverLog(disk, DIRECTORY, 0, 0);
        replayLog(disk, DIRECTORY, segments, 0, {
          record: (fields, bytes) => applier.applyRecord(bytes, fields),
        });
      } catch (error) {
        if (!(error instanceof CrabError)) throw error;
      }
      check.check();
      engine.contents();
      engine.run('FLUSHALL');
      engine.assertEmpty();
    },
  };
}

/** A segment of one block. */
function logOf(input: Uint8Array): Uint8Array {
  const records = Buffer.alloc(padded(input.length));
  records.set(input);
  const header = new BlockHeader();
  header.dataBytes = records.length;
  header.lsnSpan = records.length;
  header.dataCrc = crc32(records);
  const head = Buffer.alloc(BLOCK_HEADER_BYTES);
  header.encode(head, SEGMENT_ID);
  return Buffer.concat([
    encodeFileHeader({ segmentId: SEGMENT_ID, firstLsn: 0, createdMs: 0 }),
    head,
    records,
  ]);
}
