/**
 * A memory limit: of `maxmemory`, and of the control group (container) that the server is in. A write that does not fit gets an
 * error; the server never takes so much that the kernel ends it.
 */

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { Faults } from '../support/faults.js';
import { connectionFor } from '../support/fixture.js';
import { type Server, startCrabkv } from '../support/server.js';

const MIB = 2 ** 20;
const OOM = /^-OOM command not allowed when used memory > 'maxmemory'\.\r\n$/;
const VALUE = 'v'.repeat(4 * MIB);

/** Writes values of 4 MiB until one is refused; returns how many there are. */
async function fill(t: TestContext, server: Server, valuesMax: number): Promise<number> {
  const connection = await connectionFor(t, server);
  for (let count = 0; count < valuesMax; count++) {
    const answer = (await connection.request('SET', `key:${count}`, VALUE)).toString();
    if (answer === '+OK\r\n') continue;
    assert.match(answer, OOM);
    assert.equal(await connection.call('STRLEN', 'key:0'), VALUE.length, 'reads go on');
    assert.equal(await connection.call('DEL', 'key:0'), 1);
    assert.equal(await connection.call('SET', 'key:0', 'small'), 'OK', 'there is room again');
    return count;
  }
  assert.fail(`${valuesMax} values fit`);
}

test('in a container without maxmemory writes get an error before data and process reach its limit', async (t) => {
  const limitBytes = 320 * MIB;
  const faults = new Faults(t, limitBytes);
  const directives = { 'wal-segment-size': '32mb', 'auto-aof-rewrite-percentage': '0' };
  const server = await startCrabkv({ directives, environment: faults.environment });
  t.after(() => server.stop());
  assert.match(server.output, /The memory limit is 320 MiB, so data may take 128: maxmemory says otherwise/);
  assert.equal(await server.info('reserved_memory'), String(128 * MIB));
  const count = await fill(t, server, 40);
  assert.ok(count >= 24, `${count} values of 4 MiB in 128 MiB`);
  const connection = await connectionFor(t, server);
  assert.equal(await connection.call('SAVE'), 'OK');
  if (process.platform !== 'linux') return;
  const peakBytes = peakMemory(server.pid);
  assert.ok(peakBytes < limitBytes, `${Math.round(peakBytes / MIB)} of ${limitBytes / MIB} MiB at the peak`);
});

test('maxmemory is what counts, in a container too; deleting makes room', async (t) => {
  const faults = new Faults(t, 128 * MIB);
  const directives = { maxmemory: '64mb', appendonly: 'no' };
  const server = await startCrabkv({ directives, environment: faults.environment });
  t.after(() => server.stop());
  assert.doesNotMatch(server.output, /The memory limit/);
  const count = await fill(t, server, 20);
  assert.ok(count >= 10, `${count} values of 4 MiB in 64 MiB`);
});

const group = process.env['TEST_CGROUP'];
test('a real control group of 384 MiB does not end a server that is filled up in it', {
  skip: group === undefined && 'TEST_CGROUP names no control group in which others may be made',
}, async (t) => {
  const limitBytes = 384 * MIB;
  const child = join(group!, `crabkv-test-${process.pid}`);
  mkdirSync(child);
  t.after(() => rmdirSync(child));
  const isFirstVersion = existsSync(join(child, 'memory.limit_in_bytes'));
  writeFileSync(join(child, isFirstVersion ? 'memory.limit_in_bytes' : 'memory.max'), String(limitBytes));
  const faults = new Faults(t, limitBytes); // it begins outside, where another limit is told
  const server = await startCrabkv({ environment: faults.environment });
  t.after(() => server.stop());
  writeFileSync(join(child, 'cgroup.procs'), String(server.pid));
  const count = await fill(t, server, 80);
  assert.ok(count >= 40, `${count} values of 4 MiB in 192 MiB`);
  const connection = await connectionFor(t, server);
  assert.equal(await connection.call('SAVE'), 'OK');
  assert.ok(server.isRunning);
  await server.kill(); // an empty group can be removed
});

/** The most that a process ever had in memory, in bytes, but for files, whose pages the kernel takes back. Source: proc(5). */
function peakMemory(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const [peak, files] = ['VmHWM', 'RssFile'].map((name) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)![1]),
  );
  return (peak! - files!) * 1024;
}
