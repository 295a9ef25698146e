/**
 * Damage to any byte of what is on disk: every byte of a small store (a snapshot, two archived segments of the log, the active
 * one) is changed in several ways, and every file is cut at every length.
 *
 * Each time a start either refuses, and names the file, the place and what to do; or it has loaded what there was: all of it, or,
 * where the end of the log is damaged that nothing proves to have been durable, all but its last record, and said so. It has
 * never loaded anything else. `crabkv check` agrees each time.
 *
 * `TEST_PATTERNS=all` changes every byte in all 255 ways.
 */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { Faults } from '../support/faults.js';
import { freePort, runCrabkv, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import { type Files, isCheckedAsGood, load, readStore } from './stored-files.js';

/** One bit at either end of a byte, and all of them. */
const PATTERNS =
  process.env['TEST_PATTERNS'] === 'all' ? Array.from({ length: 255 }, (_, i) => i + 1) : [0x01, 0x80, 0xff];
/** Of a log file: what is used of its header, and where blocks begin. */
const FIELDS_BYTES = 64;
const FILE_HEADER_BYTES = 4096;

let directory: string;
/** As the server left it that was killed; and as one left it that was stopped after that. */
let killed: Files;
let stopped: Files;

before(async () => {
  directory = makeTemporaryDirectory();
  const faults = new Faults({ after });
  const options = { directory, environment: faults.environment };
  const noRename = { call: 'rename', path: 'snapshot.json', code: 'EIO' } as const;
  const first = await startCrabkv(options);
  let connection = await first.connect();
  const write = async (...commands: string[][]): Promise<void> => {
    for (const command of commands) {
      const reply = (await connection.request(...command)).toString();
      assert.doesNotMatch(reply, /^-/, command.join(' '));
    }
  };
  /** A snapshot that fails leaves an archived segment: the log goes on in a new one. */
  const archive = async (): Promise<void> => {
    faults.set(noRename);
    assert.match((await connection.request('SAVE')).toString(), /^-ERR the snapshot failed/);
    faults.none();
  };
  await write(
    ['SET', 'text', 'caf\u00e9 "quoted"'],
    ['SET', 'dated', 'v', 'PXAT', '4000000000123'],
    ['RPUSH', 'list', 'a', 'b', '10'],
    ['SADD', 'set', 'x', '1'],
    ['ZADD', 'zset', '1.5', 'ann', '-inf', 'bob'],
    ['HSET', 'hash', 'name', 'Ferris', 'legs', '10'],
    ['SELECT', '1'],
    ['SET', 'other', 'database'],
    ['SELECT', '0'],
    ['SAVE'],
    ['MSET', 'a', '1', 'b', '2'],
    ['LPOP', 'list'],
  );
  await archive();
  await write(['APPEND', 'text', '!'], ['EXPIREAT', 'a', '4000000000'], ['DEL', 'b']);
  await first.terminate();
  const second = await startCrabkv(options);
  connection = await second.connect();
  await write(['HINCRBY', 'hash', 'legs', '2'], ['ZREM', 'zset', 'bob']);
  await archive();
  await write(['SETRANGE', 'text', '2', 'ff'], ['SREM', 'set', 'x'], ['SET', 'last', 'word']);
  await second.kill();
  killed = readStore(directory);
  const third = await startCrabkv({ directory });
  await third.terminate();
  stopped = readStore(directory);
});

after(() => removeTemporaryDirectory(directory));

/** The store with one file changed. */
function changed(files: Files, name: string, bytes: Buffer): Files {
  return new Map(files).set(name, bytes);
}

/** A start on `files` may have lost `lostMax` records at the end of the log, and nothing else. Returns whether it was refused. */
function expectKnown(
  files: Files,
  sound: readonly string[],
  lostMax: number,
  name: string,
  what: string,
): boolean {
  const { refusal, loaded, isSaid } = load(files);
  assert.equal(isCheckedAsGood(files), refusal === undefined, `${what}: check and start disagree`);
  if (refusal !== undefined) {
    assert.ok(refusal.includes(name) || /the log from LSN/.test(refusal), `${what}: ${refusal}`);
    assert.match(refusal, /offset \d+|LSN \d+/, what);
    assert.match(refusal, /restore|put back|put it back|give it its name back|start (it with )?the/i, what);
    return true;
  }
  assert.deepEqual(loaded, sound.slice(0, loaded.length), `${what}: something else was loaded`);
  assert.ok(
    sound.length - loaded.length <= lostMax,
    `${what}: ${sound.length - loaded.length} records are gone`,
  );
  if (loaded.length < sound.length) assert.ok(isSaid, `${what}: not a word was said`);
  return false;
}

function isActive(name: string): boolean {
  return name === 'wal.log';
}

for (const how of ['killed', 'stopped'] as const) {
  test(`every byte changed, of the store of a server that was ${how}: refused by name, or nothing is missing`, (t) => {
    const files = how === 'killed' ? killed : stopped;
    assert.deepEqual(
      [...files.keys()].toSorted().map((name) => name.replace(/\d+/, 'n')),
      ['snapshot.json', 'wal-n.log', 'wal-n.log', 'wal.log'],
    );
    const { loaded: sound, refusal } = load(files);
    assert.equal(refusal, undefined);
    let bytesChanged = 0;
    let starts = 0;
    let refused = 0;
    for (const [name, bytes] of files) {
      if (how === 'killed' && !isActive(name)) continue; // the same as in the other store
      // After a stop in good order everything is proven. A crash may have come while the last record was being written.
      const lostMax = isActive(name) && how === 'killed' ? 1 : 0;
      const used = Buffer.from(bytes);
      for (let at = 0; at < bytes.length; at++) {
        bytesChanged++;
        const isPadding = bytes[at] === 0 && name !== 'snapshot.json' && at >= FIELDS_BYTES;
        for (const pattern of isPadding ? PATTERNS.slice(0, 1) : PATTERNS) {
          used[at] = bytes[at]! ^ pattern;
          starts++;
          const what = `${name}, byte ${at} ^ ${pattern}`;
          const isRefused = expectKnown(changed(files, name, used), sound, lostMax, name, what);
          if (isRefused) refused++;
          else assert.notEqual(name, 'snapshot.json', `${what}: every byte of a snapshot counts`);
        }
        used[at] = bytes[at]!;
      }
    }
    t.diagnostic(
      `${bytesChanged} bytes changed, in ${starts} ways: ${refused} refused, ${starts - refused} harmless`,
    );
  });

  test(`every file cut at every length, of the store of a server that was ${how}: refused, or a prefix and a word`, (t) => {
    const files = how === 'killed' ? killed : stopped;
    const { loaded: sound } = load(files);
    let cuts = 0;
    let refused = 0;
    for (const [name, bytes] of files) {
      if (how === 'killed' && !isActive(name)) continue;
      for (let length = 0; length < bytes.length; length++) {
        cuts++;
        const cut = changed(files, name, bytes.subarray(0, length));
        const isLog = isActive(name) && length >= FILE_HEADER_BYTES;
        const isRefused = expectKnown(cut, sound, isLog ? sound.length : 0, name, `${name} cut at ${length}`);
        if (isRefused) refused++;
        assert.ok(!(isLog && isRefused), 'what a crash might leave is no reason to refuse');
      }
    }
    t.diagnostic(`${cuts} cuts: ${refused} refused`);
  });
}

test('what is refused in a file is refused by a real start, with one line, and left as it is', async (t) => {
  const names = [...stopped.keys()];
  for (const name of names) {
    const damaged = makeTemporaryDirectory();
    t.after(() => removeTemporaryDirectory(damaged));
    for (const [file, bytes] of stopped) writeFileSync(join(damaged, file), bytes);
    const bytes = Buffer.from(stopped.get(name)!);
    const at = name === 'snapshot.json' ? bytes.indexOf('Ferris') : FILE_HEADER_BYTES + 70;
    bytes[at]! ^= 0x20;
    writeFileSync(join(damaged, name), bytes);
    const { code, stderr } = await runCrabkv(['--port', String(await freePort()), '--dir', damaged]);
    assert.equal(code, 1, name);
    assert.match(stderr, new RegExp(`^crabkv: .*${name}.*offset \\d+.*\\n$`));
    assert.deepEqual(readStore(damaged).get(name), bytes, 'nothing was changed');
    const checked = await runCrabkv(['check', damaged]);
    assert.equal(checked.code, 1, checked.stdout);
    assert.ok(checked.stdout.includes(name), checked.stdout);
  }
});
