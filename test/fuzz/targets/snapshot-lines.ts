/**
 * The lines of a snapshot, behind checksums that are right. The fast decoder and the one that takes any spelling read the same
 * out of a line; what both refuse is refused with a SNAPSHOT_ error; what is loaded makes a sound store.
 */

import assert from 'node:assert/strict';
import { CrabError } from '../../../src/base/errors.js';
import { Applier } from '../../../src/engine/apply.js';
import { TestEngine } from '../../../src/engine/engine.case.js';
import { BAD_LINE, LineDecoder, type SnapshotLine } from '../../../src/engine/snapshot/decode.js';
import { TYPE_STRING } from '../../../src/structures/entry.js';
import { StoreCheck } from '../store-check.js';
import { linearSteps, type Target, texts } from '../target.js';

const NEWLINE = 0x0a;
/** Lines are at most so many; each is loaded into an engine. */
const LINES_MAX = 16;

export function makeSnapshotLinesTarget(): Target {
  const engine = new TestEngine({ shardCount: 1, databaseCount: 2 });
  engine.now = 0; // history has no time
  const applier = new Applier(engine.keyspace, engine.batons, 0, 1);
  const check = new StoreCheck(engine);
  const decoders = { fast: new LineDecoder(), slow: new LineDecoder() };
  return {
    modules: [
      'src/engine/snapshot/decode',
      'src/engine/snapshot/parse-line.js',
      'src/engine/snapshot/item-buffer.js',
      'src/engine/apply.js',
    ],
    seeds: texts(
      '{"key":"user:1","value":"rustacean"}\n{"key":"user:1","value":"\\u0001\\n\\"","expiresAt":1924992000000}\n',
      '{"db":1,"key64":"/wAB","value64":"/wA="}\n{"key":"","value":""}\n',
      '{"key":"l","type":"list","items":["a","1",{"base64":"/w=="},""]}\n',
      '{"key":"l","type":"list","label":0,"items":["a"]}\n{"key":"l","type":"list","more":true,"label":-1.5,"items":["b"]}\n',
      '{"key":"s","type":"set","items":["a","2"]}\n{"key":"s","type":"set","more":true,"items":["b"]}\n',
      '{"key":"z","type":"zset","items":["a",1.5,"b","inf","c","-inf","d",1e-7]}\n',
      '{"key":"h","type":"hash","items":["f","v"]}\n{"key":"h","type":"hash","more":true,"deadlines":["x","y",1924992000000]}\n',
      '{"key":"l","type":"list","items":["long enough to be copied word by word","and \\n one with an escape in its middle"]}\n',
      '{ "value": "other", "key": "spelling" }\n',
    ),
    words: texts(
      '{"',
      '"}\n',
      '"key":"',
      '"key64":"',
      '"value":"',
      ',"value64":"',
      '"db":',
      ',"expiresAt":',
      ',"type":"',
      'list"',
      'set"',
      'zset"',
      'hash"',
      ',"more":true',
      ',"label":',
      ',"items":[',
      ',"deadlines":[',
      '{"base64":"',
      '"inf"',
      '"-inf"',
      '\\u00',
      '\\',
      '=',
      '\n',
      '"',
      ',',
      ']}',
      '1e308',
      '\xff',
    ),
    bytesMax: 4096,
    stepsMax: linearSteps(256, 2 ** 16),
    repair,
    run(input) {
      const bytes = Buffer.from(repair(input));
      let at = 0;
      for (let line = 0; line < LINES_MAX && at < bytes.length; line++)
        at = take(bytes, at, decoders, engine, applier);
      check.check();
      engine.run('FLUSHALL');
      engine.assertEmpty();
    },
  };
}

/** A section ends with a line end. */
function repair(input: Uint8Array): Uint8Array {
  return input.at(-1) === NEWLINE ? input : Uint8Array.from([...input, NEWLINE]);
}

/** One for each way to read. */
interface Decoders {
  readonly fast: LineDecoder;
  readonly slow: LineDecoder;
}

/** Reads the line at `at` in both ways, loads it, and returns where the next one begins. */
function take(
  bytes: Buffer,
  at: number,
  { fast, slow }: Decoders,
  engine: TestEngine,
  applier: Applier,
): number {
  const end = bytes.indexOf(NEWLINE, at) + 1;
  const parsed = attempt(() => slow.parse(Buffer.from(bytes), at, bytes.length));
  const next = fast.decode(bytes, at, bytes.length);
  if (next >= 0) {
    assert.equal(next, end, 'a line ends where it ends');
    // Bytes that are no UTF-8 are none of the writer's spelling, which the fast one takes for granted.
    if (parsed !== undefined) assert.deepEqual(describe(fast), describe(slow), 'both read the same');
  } else if (next === BAD_LINE) {
    assert.equal(parsed, undefined, 'base64 that is none is none for both');
  }
  const line = next >= 0 ? fast : parsed !== undefined ? slow : undefined;
  if (line !== undefined && line.database < engine.memory.databaseCount) attempt(() => applier.load(line));
  return end;
}

/** What `action` returns; undefined when it ends in an error for people. */
function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof CrabError)) throw error;
    return undefined;
  }
}

function describe(line: SnapshotLine): unknown {
  const { database, deadline, type, isMore, areDated, label, elementCount } = line;
  const key = line.keySource.slice(line.keyOffset, line.keyOffset + line.keySize);
  const value = line.valueSource.slice(line.valueOffset, line.valueOffset + line.valueSize);
  const collection = type === TYPE_STRING ? [] : [areDated, label, elementCount, isMore];
  return { database, deadline, type, key: hex(key), value: hex(value), collection };
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
