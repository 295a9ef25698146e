/**
 * Whole snapshot files. What is in order is loaded, all else is refused with an error for people (CrabError).
 *
 * Checksums are put right in most inputs, so that header, trailer and sections are reached whatever is in them.
 */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { CrabError } from '../../../src/base/errors.js';
import { Applier } from '../../../src/engine/apply.js';
import { TestEngine } from '../../../src/engine/engine.case.js';
import { checkSnapshot } from '../../../src/engine/snapshot/check.js';
import { headerLine, SNAPSHOT_FILE, trailerLine } from '../../../src/engine/snapshot/format.js';
import { readSnapshotIndex, SectionLoader } from '../../../src/engine/snapshot/loader.js';
import { makeTemporaryDirectory } from '../../support/temporary.js';
import { StoreCheck } from '../store-check.js';
import { linearSteps, type Target, texts } from '../target.js';

const NEWLINE = 0x0a;
const LINES =
  '{"key":"user:1","value":"rustacean"}\n{"db":1,"key64":"/wAB","value":"x","expiresAt":1924992000000}\n' +
  '{"key":"z","type":"zset","items":["a",1.5,"b","inf"]}\n';

export function makeSnapshotTarget(): Target {
  const directory = makeTemporaryDirectory();
  const engine = new TestEngine({ shardCount: 1, databaseCount: 2 });
  engine.now = 0; // history has no time
  const applier = new Applier(engine.keyspace, engine.batons, 0, 1);
  const check = new StoreCheck(engine);
  return {
    modules: [
      'src/engine/snapshot/loader.js',
      'src/engine/snapshot/format.js',
      'src/engine/snapshot/check.js',
    ],
    seeds: [snapshot(LINES), snapshot(''), snapshot(LINES, LINES.replaceAll('user', 'other'))],
    words: texts(
      '"lsn":',
      '"version":',
      '"databases":',
      '"sections":[',
      '"entries":',
      '],[',
      ',"crc32":',
      '\n',
      '{',
      '}',
      '[]',
    ),
    bytesMax: 4096,
    stepsMax: linearSteps(256, 2 ** 16),
    repair,
    run(input) {
      writeFileSync(join(directory, SNAPSHOT_FILE), input);
      try {
        load(directory, applier);
      } catch (error) {
        if (!(error instanceof CrabError)) throw error;
      }
      checkSnapshot(directory, { write: () => {} });
      check.check();
      engine.run('FLUSHALL');
      engine.assertEmpty();
    },
  };
}

function load(directory: string, applier: Applier): void {
  const index = readSnapshotIndex(directory);
  if (index === undefined) return;
  const loader = new SectionLoader(index);
  try {
    for (const number of index.sections.keys()) loader.load(number, (line) => applier.load(line));
  } finally {
    loader.close();
  }
}

/** A snapshot file of these sections. */
function snapshot(...sections: readonly string[]): Uint8Array {
  const header = headerLine({ lsn: 4096, created: '2031-01-01T00:00:00.000Z', databases: 2 });
  let offset = header.length;
  const listed = sections
    .filter((text) => text !== '')
    .map((text) => {
      const section = {
        offset,
        bytes: text.length,
        entries: text.split('\n').length - 1,
        crc32: crc32(text),
      };
      offset += text.length;
      return section;
    });
  const entries = listed.reduce((sum, section) => sum + section.entries, 0);
  return Buffer.concat([
    header,
    Buffer.from(sections.join('')),
    trailerLine(header, { entries, sections: listed }),
  ]);
}

/** The sections' checksums, and the trailer's, of whatever the last line says the sections are. */
function repair(input: Uint8Array): Uint8Array {
  const bytes = Buffer.from(input);
  const headerEnd = bytes.indexOf(NEWLINE) + 1;
  const start = bytes.lastIndexOf(NEWLINE, bytes.length - 2) + 1;
  if (headerEnd === 0 || start < headerEnd) return input;
  const last = bytes.toString('latin1', start);
  const sound = last.replaceAll(
    /\[(\d{1,6}),(\d{1,6}),(\d+),\d+\]/g,
    (_, offset: string, size: string, entries: string) => {
      const section = bytes.subarray(Number(offset), Number(offset) + Number(size));
      return `[${offset},${size},${entries},${crc32(section)}]`;
    },
  );
  const covered = sound.replace(/,"crc32":\d+\}\n$/, '');
  if (covered === sound) return input;
  const text = Buffer.from(covered, 'latin1');
  const checksum = crc32(text, crc32(bytes.subarray(0, headerEnd)));
  return Buffer.concat([bytes.subarray(0, start), text, Buffer.from(`,"crc32":${checksum}}\n`)]);
}
