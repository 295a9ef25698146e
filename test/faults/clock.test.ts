/**
 * A system clock that is set while the server runs, forward and back: keys expire by the time of day, as their deadlines say it,
 * and whatever lasts a while goes by a clock that only goes forward.
 */

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Faults } from '../support/faults.js';
import { connectionFor, until } from '../support/fixture.js';
import { type Server, startCrabkv } from '../support/server.js';

const HOUR_MS = 3_600_000;

async function start(t: TestContext, directives: Record<string, string> = {}): Promise<[Server, Faults]> {
  const faults = new Faults(t);
  const server = await startCrabkv({ directives, environment: faults.environment });
  t.after(() => server.stop());
  return [server, faults];
}

test('a clock that goes forward: what is over then expires, all else goes on as if nothing had been', async (t) => {
  const [server, faults] = await start(t, { save: '600 1', appendfsync: 'everysec' });
  const connection = await connectionFor(t, server);
  const waiting = await connectionFor(t, server);
  await connection.call('SET', 'soon', 'v', 'EX', '1800');
  await connection.call('SET', 'later', 'v', 'EX', '7200');
  await connection.call('SET', 'never', 'v');
  const popped = waiting.call('BLPOP', 'list', '600');
  faults.clock(HOUR_MS);
  assert.equal(await connection.call('GET', 'soon'), null);
  const rest = Number(await connection.call('TTL', 'later'));
  assert.ok(rest > 3500 && rest <= 3600, `${rest} s`);
  assert.equal(await connection.call('GET', 'never'), 'v');
  const [seconds] = (await connection.call('TIME')) as string[];
  assert.ok(Math.abs(Number(seconds) - (Date.now() + HOUR_MS) / 1000) < 60, 'TIME tells the time of day');
  await until('the console says so', 20_000, () =>
    /clock went forward by 3\d{3} seconds/.test(server.output),
  );
  assert.ok(Number(await server.info('uptime_in_seconds')) < 600, 'the server is not up for an hour');
  assert.doesNotMatch(
    server.output,
    /Taking a snapshot|Snapshot saved/,
    'no ten minutes have passed for the save rule',
  );
  // A wait of ten minutes is not over, and is ended by what it waits for.
  assert.equal(await connection.call('RPUSH', 'list', 'x'), 1);
  assert.deepEqual(await popped, ['list', 'x']);
  await until('the log is synced', 20_000, async () => {
    return (await server.info('log_durable_lsn')) === (await server.info('log_lsn'));
  });
});

test('a clock that goes back: nothing comes back to life, what is new lives as long as it should', async (t) => {
  const [server, faults] = await start(t, { save: '1 1', appendfsync: 'everysec' });
  const connection = await connectionFor(t, server);
  const waiting = await connectionFor(t, server);
  faults.clock(HOUR_MS);
  await connection.call('SET', 'over', 'v', 'PX', '1');
  await until('it is over', 20_000, async () => (await connection.call('DBSIZE')) === 0);
  await connection.call('SET', 'long', 'v', 'EX', '600');
  await until('it is noticed', 20_000, () => server.output.includes('clock went forward'));
  const timedOut = waiting.call('BLPOP', 'list', '1');

  faults.clock(0);
  assert.equal(await connection.call('EXISTS', 'over'), 0);
  const rest = Number(await connection.call('TTL', 'long'));
  assert.ok(rest > 3600 && rest <= 4200, `${rest} s: its deadline is a time of day`);
  await connection.call('SET', 'short', 'v', 'PX', '20');
  await until('a new key expires', 20_000, async () => (await connection.call('GET', 'short')) === null);
  assert.equal(await timedOut, null, 'a wait of a second ends');
  await until('the console says so', 20_000, () => /clock went back by 3\d{3} seconds/.test(server.output));
  assert.ok(Number(await server.info('uptime_in_seconds')) < 600);
  await connection.call('SET', 'change', 'v');
  await until('the save rule', 20_000, () => server.output.includes('Snapshot saved'));
  await until('the log is synced', 20_000, async () => {
    return (await server.info('log_durable_lsn')) === (await server.info('log_lsn'));
  });
  assert.deepEqual(await server.terminate(), { code: 0, signal: null }, server.output);
});
