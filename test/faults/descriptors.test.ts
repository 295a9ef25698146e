/**
 * Too few descriptors: clients never take the last ones, which the log and snapshots need; whoever comes when none is left waits,
 * and is served when there is one again; nobody burns the processor meanwhile. On every reactor that this machine has.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import type { RespConnection } from '../support/connection.js';
import { until } from '../support/fixture.js';
import { type Server, startCrabkv } from '../support/server.js';

/** Processor time of a second in which nobody spins, in hundredths of a second; who does takes 100, or what others leave. */
const QUIET_TICKS = 12;
const isLinux = process.platform === 'linux';
/** Node opens many modules at once when it starts: with far less it does not come to the server. */
const LIMIT = 256;

async function startLimited(t: TestContext, reactor: string): Promise<Server | undefined> {
  try {
    const server = await startCrabkv({
      directives: { reactor, 'wal-segment-size': '1mb' },
      ulimit: `-n ${LIMIT}`,
    });
    t.after(() => server.stop());
    return server;
  } catch (error) {
    if (!/reactor|io_uring|koffi/.test(String(error))) throw error;
    t.skip(`this machine has no reactor ${reactor}: ${String(error)}`);
    return undefined;
  }
}

for (const reactor of ['uring', 'epoll', 'node']) {
  test(`${reactor}: clients leave descriptors to log and snapshots; who finds none waits, and nobody spins`, {
    skip: !isLinux,
  }, async (t) => {
    const server = await startLimited(t, reactor);
    if (server === undefined) return;
    assert.match(
      server.output,
      /maxclients is \d+ instead of 10000: the limit of open files \(ulimit -n\) is 256/,
    );
    const first = await server.connect();
    const max = Number(((await first.call('CONFIG', 'GET', 'maxclients')) as string[])[1]);
    assert.ok(max > 0 && max < LIMIT - 32, `${max} clients`);

    const clients: RespConnection[] = [];
    for (;;) {
      const client = await server.connect();
      const answer = await client.request('PING').catch(() => Buffer.from('closed'));
      if (answer.toString() !== '+PONG\r\n') {
        assert.match(answer.toString(), /^(-ERR max number of clients reached\r\n|closed)$/);
        client.close();
        break;
      }
      clients.push(client);
      assert.ok(clients.length < LIMIT, 'the limit is somewhere');
    }
    // A new segment of the log for every other value, and a snapshot.
    for (let i = 0; i < 6; i++) assert.equal(await first.call('SET', `key:${i}`, 'v'.repeat(500_000)), 'OK');
    assert.ok(
      readdirSync(server.directory).some((name) => /^wal-\d+\.log$/.test(name)),
      'there was a new segment',
    );
    assert.equal(await first.call('SAVE'), 'OK');

    for (const client of clients) client.close();
    await until('there is room again', 20_000, async () => {
      const client = await server.connect();
      const answer = await client.request('PING').catch(() => Buffer.alloc(0));
      client.close();
      return answer.toString() === '+PONG\r\n';
    });
    assert.equal(await first.call('DBSIZE'), 6);
    await until('all of them are gone', 20_000, async () => {
      return /^connected_clients:1\r$/m.test(String(await first.call('INFO', 'clients')));
    });

    // Who wants more clients than the limit allows finds out what no descriptor at all is like.
    assert.equal(await first.call('CONFIG', 'SET', 'maxclients', '10000'), 'OK');
    const more: RespConnection[] = [];
    while (readdirSync(`/proc/${server.pid}/fd`).length < LIMIT) {
      const client = await server.connect();
      await client.request('PING').catch(() => {});
      more.push(client);
    }
    const late = server.connect().then((connection) => connection.request('PING'));
    const answer = late.then(String, () => 'closed');
    for (let i = 0; i < 50; i++) assert.equal(await first.call('SET', 'key', String(i)), 'OK');
    // Whoever spins does so in every second; all others have one with nothing to do.
    await until('a quiet second', 30_000, async () => {
      const before = processorTicks(server.pid);
      await new Promise((done) => setTimeout(done, 1000));
      return processorTicks(server.pid) - before < QUIET_TICKS;
    });
    for (const client of more) client.close();
    // Node's own loop does not let anybody wait: it closes such a connection.
    if ((await answer) === 'closed') assert.equal(reactor, 'node');
    await until('who comes later is served', 20_000, async () => {
      const later = await server.connect();
      const value = await later.request('GET', 'key').catch(() => Buffer.alloc(0));
      later.close();
      return value.toString() === '$2\r\n49\r\n';
    });
  });
}

/** Processor time of a process so far, in hundredths of a second. Source: proc(5). */
function processorTicks(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
