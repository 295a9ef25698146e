/**
 * A disk that fails under a running server, and what it then promises: nothing that was acknowledged is lost, nothing is
 * acknowledged any more that could be, reads go on, the console names the file, the place and the reason, INFO shows it. What
 * needs a restart to be over needs no more than that.
 */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import type { Fault } from '../support/failing-disk.js';
import { Faults } from '../support/faults.js';
import { until } from '../support/fixture.js';
import { freePort, runCrabkv, type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';

const MISCONF = '-MISCONF Errors writing to the AOF file: see the server log for the reason\r\n';
const SNAPSHOT_FAILED = '-ERR the snapshot failed, the log of the server says why\r\n';

/** More than anybody writes, one after the other, before a sync of every second is due. */
const WRITES_MAX = 100_000;

interface Life {
  readonly directory: string;
  readonly faults: Faults;
  server: Server;
  connection: RespConnection;
  /** Kills the server, and starts another one in the same directory, on a machine in order. */
  restart(): Promise<void>;
}

async function live(t: TestContext, directives: Record<string, string> = {}): Promise<Life> {
  const directory = makeTemporaryDirectory();
  const faults = new Faults(t);
  const server = await startCrabkv({ directory, directives, environment: faults.environment });
  const life: Life = {
    directory,
    faults,
    server,
    connection: await server.connect(),
    async restart() {
      await life.server.kill();
      life.server = await startCrabkv({ directory, directives });
      life.connection = await life.server.connect();
    },
  };
  t.after(async () => {
    await life.server.kill();
    removeTemporaryDirectory(directory);
  });
  return life;
}

async function reply(connection: RespConnection, ...words: string[]): Promise<string> {
  return (await connection.request(...words)).toString();
}

/** Writes until one is refused, as clients do; a connection whose write fails is closed. Returns how many were acknowledged. */
async function writeUntilRefused(server: Server): Promise<number> {
  let connection = await server.connect();
  for (let count = 0; count < WRITES_MAX; ) {
    const answer = await reply(connection, 'SET', `key:${count}`, `${count} ${'v'.repeat(1000)}`).catch(
      () => '',
    );
    if (answer === '+OK\r\n') {
      count++;
      continue;
    }
    assert.ok(answer === MISCONF || answer === '', answer);
    connection = await server.connect();
    assert.equal(await reply(connection, 'SET', 'refused', 'x'), MISCONF, 'and so is every write after it');
    connection.close();
    return count;
  }
  assert.fail(`${WRITES_MAX} writes were acknowledged`);
}

/** Keys of other shards than the one whose write was not acknowledged: nearly all of these, whatever the hash's seed is. */
const CALM_KEYS = Array.from({ length: 8 }, (_, i) => `calm:${i}`);
const CALM_READ_MIN = 4;

async function writeCalmKeys(connection: RespConnection): Promise<void> {
  for (const key of CALM_KEYS) assert.equal(await connection.call('SET', key, 'value'), 'OK');
}

/** Reads go on, but of keys in the shard of the write that was not acknowledged. */
async function expectCalmReads(server: Server): Promise<void> {
  let count = 0;
  for (const key of CALM_KEYS) {
    const connection = await server.connect();
    const answer = await reply(connection, 'GET', key).catch(() => '');
    connection.close();
    assert.ok(['$5\r\nvalue\r\n', MISCONF, ''].includes(answer), answer);
    if (answer.startsWith('$')) count++;
  }
  assert.ok(count >= CALM_READ_MIN, `${count} of ${CALM_KEYS.length} keys could be read`);
}

async function expectAcknowledged(connection: RespConnection, count: number): Promise<void> {
  const requests = Array.from({ length: count }, (_, i) => ['STRLEN', `key:${i}`]);
  const replies = await connection.pipeline(requests);
  replies.forEach((answer, i) => {
    assert.equal(String(answer), `:${`${i} `.length + 1000}\r\n`, `key:${i} of ${count}`);
  });
}

const LOG_FAULTS: readonly (readonly [what: string, mode: string, fault: Fault, said: RegExp])[] = [
  [
    'a full disk',
    'always',
    { call: 'write', path: 'wal.log', code: 'ENOSPC' },
    /can't write the log.*ENOSPC/,
  ],
  [
    'a full disk',
    'everysec',
    { call: 'write', path: 'wal.log', code: 'ENOSPC' },
    /can't write the log.*ENOSPC/,
  ],
  [
    'a failing fdatasync',
    'always',
    { call: 'sync', path: 'wal.log', code: 'EIO' },
    /can't sync the log.*EIO/,
  ],
  [
    'a failing fdatasync',
    'everysec',
    { call: 'sync', path: 'wal.log', code: 'EIO' },
    /can't sync the log.*EIO/,
  ],
];

for (const [what, mode, fault, said] of LOG_FAULTS) {
  test(`${what} of the log, ${mode}: writes are refused until a restart, which has all acknowledged ones`, async (t) => {
    const life = await live(t, { appendfsync: mode });
    const { server, faults } = life;
    await life.connection.call('SET', 'before', 'the fault');
    await writeCalmKeys(life.connection);
    // What a reader is shown is on disk in `always` mode; in the others the last second may not be.
    faults.set(fault);
    const count = await writeUntilRefused(server);
    if (mode === 'always') assert.equal(count, 0, 'nothing can be acknowledged');

    await until('the console says so', 20_000, () => said.test(server.output));
    assert.match(server.output, /see to the disk, then restart CrabKV\): \S+wal\.log at offset \d+: E/);
    assert.equal(await server.info('aof_last_write_status'), 'err');
    await expectCalmReads(server);
    faults.none();
    assert.equal(
      await reply(await server.connect(), 'SET', 'later', 'x'),
      MISCONF,
      'a disk that works again changes nothing: who knows what is on it',
    );

    await life.restart();
    assert.equal(await life.connection.call('GET', 'before'), 'the fault');
    await expectAcknowledged(life.connection, count);
    assert.equal(await life.connection.call('EXISTS', 'later'), 0);
    assert.equal(await life.connection.call('SET', 'after', 'all'), 'OK');
    assert.equal(await life.server.info('aof_last_write_status'), 'ok');
  });
}

test('a log that failed does not keep SAVE from rescuing what is in memory', async (t) => {
  const life = await live(t, { appendfsync: 'everysec' });
  life.faults.set({ call: 'sync', path: 'wal.log', code: 'EIO' });
  const count = await writeUntilRefused(life.server);
  const connection = await life.server.connect();
  assert.equal(await connection.call('SAVE'), 'OK');
  assert.equal(await life.server.info('rdb_last_bgsave_status'), 'ok');
  rmSync(join(life.directory, 'wal.log'));
  await life.restart();
  await expectAcknowledged(life.connection, count);
});

test('a file that the system lets grow no further is a full disk: a write cut short is cut off', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  // The shell counts in blocks of 512 bytes or of 1 KiB.
  const server = await startCrabkv({ directory, ulimit: '-f 100' });
  t.after(() => server.kill());
  const count = await writeUntilRefused(server);
  assert.ok(count > 10, `${count} writes fit into 50 KiB`);
  const said = /can't write the log.*wal\.log at offset \d+: EFBIG/;
  await until('the console says so', 20_000, () => said.test(server.output));
  await server.kill();
  const again = await startCrabkv({ directory });
  t.after(() => again.kill());
  const connection = await again.connect();
  await expectAcknowledged(connection, count);
  assert.equal(await connection.call('SET', 'after', 'all'), 'OK');
});

const SNAPSHOT_FAULTS: readonly (readonly [what: string, fault: Fault, said: RegExp])[] = [
  [
    'no room',
    { call: 'write', path: 'snapshot.json.tmp', code: 'ENOSPC' },
    /snapshot\.json\.tmp at offset 0: ENOSPC/,
  ],
  [
    'a failing sync',
    { call: 'sync', path: 'snapshot.json.tmp', code: 'EIO' },
    /snapshot\.json\.tmp at offset \d+: EIO/,
  ],
  [
    'a failing rename',
    { call: 'rename', path: 'snapshot.json', code: 'EIO' },
    /snapshot\.json\.tmp at offset \d+: EIO/,
  ],
  [
    'no descriptor',
    { call: 'open', path: 'snapshot.json.tmp', code: 'EMFILE' },
    /snapshot\.json\.tmp at offset \d+: EMFILE/,
  ],
];

test('a snapshot that fails, for whatever reason, harms nothing and needs no restart', async (t) => {
  const life = await live(t);
  const { connection, directory, faults, server } = life;
  await connection.call('SET', 'in', 'the first snapshot');
  assert.equal(await connection.call('SAVE'), 'OK');
  let number = 0;
  for (const [what, fault, said] of SNAPSHOT_FAULTS) {
    await connection.call('SET', 'number', String(++number));
    faults.set(fault);
    assert.equal(await reply(connection, 'SAVE'), SNAPSHOT_FAILED, what);
    faults.none();
    const failures = () => server.output.split('The snapshot failed');
    await until('the console says so', 20_000, () => failures().length === number + 1);
    assert.match(failures().at(-1)!, said, what);
    assert.equal(await server.info('rdb_last_bgsave_status'), 'err', what);
    assert.equal(await server.info('aof_last_write_status'), 'ok', what);
    assert.ok(!existsSync(join(directory, 'snapshot.json.tmp')), what);
    assert.equal(await reply(connection, 'SET', 'while', what), '+OK\r\n', 'writes go on');
  }
  await life.restart();
  assert.equal(
    await life.connection.call('GET', 'number'),
    String(number),
    'the log has what no snapshot has',
  );
  assert.equal(await life.connection.call('GET', 'in'), 'the first snapshot');
  assert.equal(await life.connection.call('SAVE'), 'OK');
});

test('a snapshot whose name may not be on disk has failed, though it may be there', async (t) => {
  const life = await live(t, { appendonly: 'no' });
  const { connection, directory, faults, server } = life;
  await connection.call('SET', 'key', 'value');
  faults.set({ call: 'sync', path: directory, code: 'EIO' });
  assert.equal(await reply(connection, 'SAVE'), SNAPSHOT_FAILED);
  assert.equal(await server.info('rdb_last_bgsave_status'), 'err');
  faults.none();
  assert.equal(await connection.call('SAVE'), 'OK');
  await life.restart();
  assert.equal(await life.connection.call('GET', 'key'), 'value');
});

test('a snapshot by rule is tried again by itself, and succeeds once there is room', async (t) => {
  const life = await live(t, { save: '1 1' });
  life.faults.set({ call: 'write', path: 'snapshot.json.tmp', code: 'ENOSPC' });
  await life.connection.call('SET', 'key', 'value');
  await until('the rule is tried', 20_000, () => life.server.output.includes('The snapshot failed'));
  life.faults.none();
  await until('it is tried again', 20_000, () => life.server.output.includes('Snapshot saved'));
  assert.equal(await life.server.info('rdb_last_bgsave_status'), 'ok');
});

test('a directory that becomes read-only while the server runs stops writes and snapshots, not reads', async (t) => {
  const life = await live(t);
  await life.connection.call('SET', 'key', 'value');
  await writeCalmKeys(life.connection);
  const calls = ['open', 'write', 'sync', 'rename', 'remove'] as const;
  const names = ['wal.log', 'snapshot.json', 'snapshot.json.tmp', life.directory];
  life.faults.set(...calls.flatMap((call) => names.map((path): Fault => ({ call, path, code: 'EROFS' }))));
  assert.equal(await writeUntilRefused(life.server), 0);
  const connection = await life.server.connect();
  assert.equal(await reply(connection, 'SAVE'), SNAPSHOT_FAILED);
  await expectCalmReads(life.server);
  const said = /wal\.log at offset \d+: EROFS/;
  await until('the console says so', 20_000, () => said.test(life.server.output));
  await life.restart();
  assert.equal(await life.connection.call('GET', 'key'), 'value');
});

test('a directory that can only be read is refused at the start, with its name and the reason', async (t) => {
  const directory = makeTemporaryDirectory();
  t.after(() => removeTemporaryDirectory(directory));
  const faults = new Faults(t);
  faults.set({ call: 'open', path: '', code: 'EROFS' });
  const args = ['--port', String(await freePort()), '--dir', directory];
  const { code, stderr } = await runCrabkv(args, { env: faults.environment });
  assert.equal(code, 1);
  assert.match(stderr, /^crabkv: can't write to the data directory: \S+: EROFS.*\n$/);
  assert.ok(stderr.includes(directory), stderr);
  assert.deepEqual(readdirSync(directory), []);
});

test('a directory that vanishes stops writes; made again, it takes a snapshot of all that is in memory', async (t) => {
  const life = await live(t);
  const { directory, server } = life;
  await life.connection.call('SET', 'key', 'value');
  rmSync(directory, { recursive: true });
  await until(
    'the loss is noticed',
    20_000,
    async () => (await server.info('aof_last_write_status')) === 'err',
  );
  const count = await writeUntilRefused(server);
  assert.equal(count, 0);
  await until('the console says so', 20_000, () =>
    /wal\.log was removed.*SAVE, and restart/.test(server.output),
  );
  const connection = await server.connect();
  assert.equal(await reply(connection, 'SAVE'), SNAPSHOT_FAILED);
  assert.equal(await connection.call('GET', 'key'), 'value', 'reads go on');

  mkdirSync(directory);
  assert.equal(await connection.call('SAVE'), 'OK');
  await until('the directory is locked again', 20_000, () => existsSync(join(directory, 'crabkv.lock')));
  const second = await runCrabkv(['--port', String(await freePort()), '--dir', directory]);
  assert.match(second.stderr, /another CrabKV .* is using/);
  assert.ok(server.isRunning);
  await life.restart();
  assert.equal(await life.connection.call('GET', 'key'), 'value');
});

test('files that are removed: the log is missed at once, an old segment at a start; a snapshot repairs both', async (t) => {
  const life = await live(t);
  const { directory, faults } = life;
  await life.connection.call('SET', 'key', 'value');
  faults.set({ call: 'rename', path: 'snapshot.json', code: 'EIO' });
  assert.equal(await reply(life.connection, 'SAVE'), SNAPSHOT_FAILED);
  faults.none();
  const archive = readdirSync(directory).find((name) => /^wal-\d+\.log$/.test(name))!;
  const away = `${directory}-away`;
  renameSync(join(directory, archive), away);
  t.after(() => rmSync(away, { force: true }));
  await life.connection.call('SET', 'more', 'value');
  await life.server.kill();
  const args = ['--port', String(await freePort()), '--dir', directory];
  const { code, stderr } = await runCrabkv(args);
  assert.equal(code, 1);
  assert.match(stderr, /the log begins at LSN \d+ \(wal\.log\), but there is no snapshot.*Restore/);
  renameSync(away, join(directory, archive));

  await life.restart();
  rmSync(join(directory, archive));
  assert.equal(await life.connection.call('SAVE'), 'OK');
  // The log that the snapshot has outlived is put aside after the answer.
  await until(
    'old segments are gone',
    20_000,
    () => !readdirSync(directory).some((name) => /^wal-\d/.test(name)),
  );
  await life.restart();
  assert.equal(
    await life.connection.call('GET', 'more'),
    'value',
    'the snapshot has what the missing file had',
  );

  rmSync(join(directory, 'wal.log'));
  await until(
    'the loss is noticed',
    20_000,
    async () => (await life.server.info('aof_last_write_status')) === 'err',
  );
  assert.equal(await writeUntilRefused(life.server), 0);
  const connection = await life.server.connect();
  assert.equal(await connection.call('SAVE'), 'OK');
  await life.restart();
  assert.equal(await life.connection.call('GET', 'key'), 'value');
});
