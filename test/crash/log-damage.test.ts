/**
 * A log that was cut, and a log that was damaged.
 *
 * A cut is what a crash leaves: the server starts and has a prefix of the writes. Damage before the end is not: the server
 * refuses to start and says where the damage is.
 */

import assert from 'node:assert/strict';
import { cpSync, existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { chooseSeed, SeededRandom } from '../support/random.js';
import { freePort, runCrabkv, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

const WRITES = 400;
/** Bytes before the first block of a log file. */
const FILE_HEADER_BYTES = 4096;
const CUTS = 6;

const seed = chooseSeed(process.env['TEST_SEED']);
const random = new SeededRandom(seed);
let original: string;

before(async () => {
  original = makeTemporaryDirectory();
  const server = await startCrabkv({ directory: original });
  const connection = await server.connect();
  // One at a time: each is a block of its own in the log, synced before the next.
  for (let i = 0; i < WRITES; i++)
    assert.equal(await connection.call('SET', `seq:${i}`, `${i} ${'v'.repeat(i % 90)}`), 'OK');
  await server.kill();
  assert.ok(existsSync(join(original, 'wal.log')));
});

after(() => removeTemporaryDirectory(original));

/** A copy of the directory with its log changed by `change`. */
function damagedCopy(change: (path: string) => void): string {
  const directory = makeTemporaryDirectory();
  for (const name of readdirSync(original)) {
    if (name.endsWith('.log') || name.endsWith('.json')) cpSync(join(original, name), join(directory, name));
  }
  change(join(directory, 'wal.log'));
  return directory;
}

/** Where what was written ends: the log file is longer, and zero from there on. */
function writtenBytes(path: string): number {
  const bytes = readFileSync(path);
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  return end;
}

/** Starts on a directory, checks that it has seq:0 to seq:n-1 and nothing else, and returns n. */
async function startAndCount(directory: string): Promise<number> {
  const server = await startCrabkv({ directory });
  try {
    const connection = await server.connect();
    const count = Number(await connection.call('DBSIZE'));
    const replies = await connection.pipeline(Array.from({ length: count }, (_, i) => ['GET', `seq:${i}`]));
    replies.forEach((reply, i) => {
      const value = `${i} ${'v'.repeat(i % 90)}`;
      assert.equal(
        reply.toString(),
        `$${value.length}\r\n${value}\r\n`,
        `not a prefix: seq:${i} of ${count}`,
      );
    });
    assert.equal(await connection.call('SET', 'after', 'x'), 'OK', 'it can be written to');
    return count;
  } finally {
    await server.kill();
  }
}

for (let i = 0; i < CUTS; i++) {
  test(`a log that was cut at a random byte starts with a prefix (${i + 1})`, async (t) => {
    const end = writtenBytes(join(original, 'wal.log'));
    const at = FILE_HEADER_BYTES + random.below(end - FILE_HEADER_BYTES);
    t.diagnostic(`seed ${seed}: cut at ${at} of ${end}`);
    const directory = damagedCopy((path) => truncateSync(path, at));
    t.after(() => removeTemporaryDirectory(directory));
    const count = await startAndCount(directory);
    const expected = ((at - FILE_HEADER_BYTES) / (end - FILE_HEADER_BYTES)) * WRITES;
    assert.ok(
      Math.abs(count - expected) < WRITES / 5,
      `${count} writes are left, about ${Math.round(expected)} expected`,
    );
  });
}

test('a log whose tail was torn to zeros starts with a prefix', async (t) => {
  const directory = damagedCopy((path) => {
    const bytes = readFileSync(path);
    bytes.fill(0, writtenBytes(path) - 50);
    writeFileSync(path, bytes);
  });
  t.after(() => removeTemporaryDirectory(directory));
  assert.ok((await startAndCount(directory)) >= WRITES - 3);
});

test('a log that was cut to nothing is refused: no crash leaves that', async (t) => {
  const directory = damagedCopy((path) => truncateSync(path, 0));
  t.after(() => removeTemporaryDirectory(directory));
  const { code, stderr } = await runCrabkv(['--port', String(await freePort()), '--dir', directory]);
  assert.equal(code, 1, stderr);
  assert.match(stderr, /wal\.log was cut at offset 0/);
});

test('a log that was damaged in the middle is refused with file, offset and advice', async (t) => {
  let at = 0;
  const directory = damagedCopy((path) => {
    const bytes = readFileSync(path);
    at = FILE_HEADER_BYTES + Math.floor((writtenBytes(path) - FILE_HEADER_BYTES) / 2);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    writeFileSync(path, bytes);
  });
  t.after(() => removeTemporaryDirectory(directory));
  const { code, stdout, stderr } = await runCrabkv(['--port', String(await freePort()), '--dir', directory]);
  const said = stdout + stderr;
  assert.equal(code, 1, said);
  assert.ok(said.includes('wal.log'), said);
  const offsets = [...said.matchAll(/\d+/g)].map(Number).filter((n) => n > at - 400 && n <= at);
  assert.ok(offsets.length > 0, `no offset near ${at} in: ${said}`);
  assert.doesNotMatch(said, /^\s+at /m, 'no stack trace');
  const again = await runCrabkv(['--port', String(await freePort()), '--dir', directory]);
  assert.equal(again.code, 1, 'the refusal has not changed the files');
});
