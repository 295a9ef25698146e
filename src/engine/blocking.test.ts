import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import { PAUSE_ALL } from './attention.js';
import { BlockingEngine } from './blocking.case.js';
import type { BlockingOutcome, BlockingTask } from './blocking-threads.case.js';
import type { Client } from './client.js';
import * as errors from './errors.js';
import { PROTOCOL_RESP3, PROTOCOL_TEXT } from './reply.js';

/** Items are 8 bytes long. */
const A = 'aaaaaaaa';
const B = 'bbbbbbbb';
const C = 'cccccccc';

function taken(key: string, item: string): string {
  return `*2 $${key.length} ${key} $8 ${item}`;
}

/** Threads of one store. */
function threads(count: number): BlockingEngine[] {
  const first = new BlockingEngine();
  const { shared, waitersShared } = first;
  const others = Array.from(
    { length: count - 1 },
    (_, index) => new BlockingEngine({ shared, waitersShared, thread: index + 1 }),
  );
  return [first, ...others];
}

describe('A blocking command', () => {
  it('takes what is there at once', () => {
    const engine = new BlockingEngine();
    engine.talk([
      [`SET k ${A}${B}`, '+OK'],
      ['TAKE none k 0', taken('k', A)],
      ['TAKE k none 0', taken('k', B)],
      ['EXISTS k', ':0'],
    ]);
    engine.assertEmpty();
  });

  it('waits, and is served right after the command that made the key ready', () => {
    const engine = new BlockingEngine();
    const waiter = engine.connect();
    assert.equal(engine.sayAs(waiter, 'TAKE k 0'), 'blocked');
    assert.equal(waiter.isBlocked, true);
    assert.equal(engine.sayAs(engine.client, `APPEND k ${A}`), ':8');
    assert.equal(engine.lateReply(waiter), taken('k', A));
    assert.equal(waiter.isBlocked, false);
    assert.equal(engine.sayAs(engine.client, 'STRLEN k'), ':0');
    engine.assertEmpty();
  });

  it('has its timeout in seconds, checked as Redis does', () => {
    const engine = new BlockingEngine();
    engine.talk([
      ['TAKE k x', `-${errors.TIMEOUT_NOT_A_FLOAT}`],
      ['TAKE k -1', `-${errors.TIMEOUT_NEGATIVE}`],
      ['TAKE k nan', `-${errors.TIMEOUT_NOT_A_FLOAT}`],
      ['TAKE k 1e400', `-${errors.TIMEOUT_RANGE}`],
      ['TAKE k inf', `-${errors.TIMEOUT_RANGE}`],
    ]);
    for (const text of ['0.0001', '1.5', '0', '-0.0001', '0x10']) {
      const client = engine.connect();
      assert.equal(engine.sayAs(client, `TAKE k ${text}`), 'blocked');
      engine.kill(client);
    }
    const [least, fraction, never, almostNever, hexadecimal] = engine.waits.timeoutsMs;
    assert.deepEqual([least, fraction, hexadecimal], [1, 1500, 16_000]);
    assert.ok(never === 0 && almostNever === 0, '0 and what is rounded up to it, of either sign');
  });

  it('replies as its client wants it, also when the time is over', () => {
    const engine = new BlockingEngine();
    const three = engine.connect(PROTOCOL_RESP3);
    const text = engine.connect(PROTOCOL_TEXT);
    const two = engine.connect();
    for (const client of [three, text, two]) assert.equal(engine.sayAs(client, 'TAKE k 1'), 'blocked');
    engine.end(three, 'timeout');
    assert.equal(engine.lateReply(three), '_');
    engine.end(two, 'unblocked');
    assert.equal(engine.lateReply(two), `-${errors.UNBLOCKED}`);
    assert.equal(engine.say(`SET k ${A}`), '+OK', 'the reply of the one that sets it is its own');
    engine.serve();
    assert.equal(engine.lateReply(text), `k ${A}`);
    engine.assertEmpty();
  });

  it('serves in order of arrival, one item each, and leaves the rest', () => {
    const engine = new BlockingEngine();
    const [first, second, third] = [engine.connect(), engine.connect(), engine.connect()];
    for (const client of [first, second, third]) engine.sayAs(client, 'TAKE k 0');
    engine.kill(second);
    engine.sayAs(engine.client, `APPEND k ${A}${B}${C}`);
    assert.equal(engine.lateReply(first), taken('k', A));
    assert.equal(engine.lateReply(third), taken('k', B));
    assert.equal(engine.late.size, 0);
    assert.equal(engine.say('GET k'), `$8 ${C}`);
  });

  it('waits for several keys, and takes from the first one of its own that is ready', () => {
    const engine = new BlockingEngine();
    const waiter = engine.connect();
    engine.sayAs(waiter, 'TAKE a b c b 0');
    engine.sayAs(engine.client, `MSET c ${C} b ${B}`);
    assert.equal(engine.lateReply(waiter), taken('b', B));
    assert.equal(engine.say('GET c'), `$8 ${C}`);
    engine.say('DEL c');
    engine.assertEmpty();
  });

  it('serves others by what it does itself', () => {
    const engine = new BlockingEngine();
    const [mover, second, taker] = [engine.connect(), engine.connect(), engine.connect()];
    engine.sayAs(taker, 'TAKE c 0');
    engine.sayAs(second, 'MOVE1 b c 0');
    engine.sayAs(mover, 'MOVE1 a b 0');
    engine.sayAs(engine.client, `SET a ${A}`);
    assert.equal(engine.lateReply(mover), `$8 ${A}`);
    assert.equal(engine.lateReply(second), `$8 ${A}`);
    assert.equal(engine.lateReply(taker), taken('c', A));
    engine.assertEmpty();
  });

  it('is served by whatever brings the key', () => {
    const ways = [
      ['RENAME from k', `SET from ${A}`],
      ['COPY from k', `SET from ${A}`],
      [`SETEX k 100 ${A}`, 'PING'],
      [`MSET x ${B} k ${A}`, 'PING'],
      ['SWAPDB 0 1', 'PING', 'SELECT 1', `SET k ${A}`, 'SELECT 0'],
      ['MOVE k 0', 'PING', 'SELECT 1', `SET k ${A}`],
    ];
    for (const [way, ...before] of ways) {
      const engine = new BlockingEngine();
      const waiter = engine.connect();
      for (const line of before) engine.say(line);
      assert.equal(engine.sayAs(waiter, 'TAKE k 0'), 'blocked');
      engine.sayAs(engine.client, way!);
      assert.equal(engine.lateReply(waiter), taken('k', A), way);
    }
  });

  it('goes on waiting when its key holds something else by the time it looks', () => {
    const [one, two] = threads(2) as [BlockingEngine, BlockingEngine];
    const waiter = two.connect();
    two.sayAs(waiter, 'TAKE k 0');
    one.say(`SET k ${A}`);
    one.say('DEL k');
    two.serve();
    assert.equal(two.late.size, 0);
    assert.equal(waiter.isBlocked, true);
    one.say(`SET k ${B}`);
    two.serve();
    assert.equal(two.lateReply(waiter), taken('k', B));
    one.assertEmpty();
  });

  it('keeps the order of arrival across threads, also before who comes when the key is ready', () => {
    const [one, two, three] = threads(3) as [BlockingEngine, BlockingEngine, BlockingEngine];
    const first = two.connect();
    const second = three.connect();
    const late = one.connect();
    two.sayAs(first, 'TAKE k 0');
    three.sayAs(second, 'TAKE k 0');
    one.say(`SET k ${A}${B}${C}`);
    assert.equal(one.sayAs(late, 'TAKE k 0'), 'blocked', 'others came before');
    three.serve();
    assert.equal(three.late.size, 0, 'it is not its turn');
    two.serve();
    assert.equal(two.lateReply(first), taken('k', A));
    one.serve();
    assert.equal(one.late.size, 0);
    three.serve();
    assert.equal(three.lateReply(second), taken('k', B));
    one.serve();
    assert.equal(one.lateReply(late), taken('k', C));
    one.assertEmpty();
  });

  it('passes on what it was woken for when it ends otherwise', () => {
    for (const end of ['timeout', 'unblocked', 'kill'] as const) {
      const [one, two, three] = threads(3) as [BlockingEngine, BlockingEngine, BlockingEngine];
      const first = two.connect();
      const second = three.connect();
      two.sayAs(first, 'TAKE x k 0');
      three.sayAs(second, 'TAKE k y 0');
      one.say(`SET k ${A}`);
      if (end === 'kill') two.kill(first);
      else two.end(first, end);
      two.serve();
      three.serve();
      assert.equal(three.lateReply(second), taken('k', A));
      one.assertEmpty();
    }
  });

  it('waits for the end of a pause', () => {
    const [one, two] = threads(2) as [BlockingEngine, BlockingEngine];
    const waiter = two.connect();
    two.sayAs(waiter, 'TAKE k 0');
    one.say(`SET k ${A}`);
    two.attention.pause(PAUSE_ALL, two.now + 100, two.now);
    two.serve();
    assert.equal(two.executor.blocking.isHeldUp, true);
    two.now += 100;
    two.serve();
    assert.equal(two.executor.blocking.isHeldUp, false);
    assert.equal(two.lateReply(waiter), taken('k', A));
  });

  it('is refused what any write would be', () => {
    const engine = new BlockingEngine({ logs: true });
    const waiter = engine.connect();
    engine.sayAs(waiter, 'TAKE k 0');
    engine.say(`SET other ${A}`);
    engine.memory.fails = () => true;
    assert.equal(engine.sayAs(engine.connect(), 'TAKE z 0'), `-${errors.OUT_OF_MEMORY}`);
    engine.memory.fails = () => false;
    engine.breakLog();
    assert.equal(engine.sayAs(engine.connect(), 'TAKE z 0'), `-${errors.LOG_FAILED}`);
    assert.equal(waiter.isBlocked, true);
    engine.kill(waiter);
  });

  it('has memory for all its queues or waits in none', () => {
    const engine = new BlockingEngine({ logs: true });
    for (let allowed = 0; ; allowed++) {
      let left = allowed;
      engine.memory.fails = () => left-- <= 0;
      const client = engine.connect();
      const reply = engine.sayAs(client, 'TAKE a b c 0');
      engine.memory.fails = () => false;
      if (reply === 'blocked') {
        engine.kill(client);
        break;
      }
      assert.equal(reply, `-${errors.OUT_OF_MEMORY}`);
      engine.assertEmpty();
    }
    engine.assertEmpty();
  });

  it('waits for what it shows to be durable', () => {
    const engine = new BlockingEngine({ logs: true });
    const waiter = engine.connect();
    engine.sayAs(waiter, 'TAKE k 0');
    engine.sayAs(engine.client, `SET k ${A}`);
    assert.equal(waiter.waitLsn, engine.log.tail());
    assert.ok(waiter.waitLsn > engine.client.waitLsn, 'it has deleted the key');
  });

  it('counts as one call, is in the slow log once, and shown once', () => {
    const engine = new BlockingEngine();
    engine.config.apply([['slowlog-log-slower-than', '0']]);
    engine.instruments.slowlog.reset();
    const monitor = engine.connect();
    engine.monitors.add(monitor);
    const waiter = engine.connect();
    engine.sayAs(waiter, 'TAKE k 0');
    assert.equal(engine.instruments.slowlog.length, 0);
    engine.sayAs(engine.client, `SET k ${A}`);
    assert.equal(engine.instruments.slowlog.length, 2);
    const { index } = engine.executor.commands.indexed.find(({ fullName }) => fullName === 'take')!;
    const totals = engine.instruments.commands.totals(index);
    assert.equal(totals.calls, 1);
    assert.ok(totals.usec > 0);
    assert.equal(waiter.commands, 1);
    const lines = engine.monitors.lines;
    assert.equal(String(lines.take()).match(/"TAKE"/g)?.length, 1);
  });

  it('does not wait where nothing may', () => {
    const engine = new BlockingEngine();
    engine.client.mayBlock = false;
    assert.equal(engine.say('TAKE k 0'), '*-1');
    engine.assertEmpty();
  });
});

describe('Many blocking commands', () => {
  const KEYS = ['a', 'b', 'c', 'd'];
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('take' as const),
      thread: fc.nat(2),
      keys: fc.array(fc.nat(3), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('push' as const),
      thread: fc.nat(2),
      key: fc.nat(3),
      count: fc.integer({ min: 1, max: 3 }),
    }),
    fc.record({ kind: fc.constant('move' as const), thread: fc.nat(2), from: fc.nat(3), to: fc.nat(3) }),
    fc.record({ kind: fc.constantFrom('kill' as const, 'timeout' as const), which: fc.nat() }),
    fc.record({ kind: fc.constant('serve' as const), thread: fc.nat(2) }),
    fc.record({ kind: fc.constant('swap' as const), thread: fc.nat(2) }),
  );

  it('lose nothing, take nothing twice, and leave nobody waiting in vain', () => {
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const engines = threads(3);
      const waiting: { engine: BlockingEngine; client: Client; keys: string[] }[] = [];
      const received: string[] = [];
      let pushed = 0;
      const gather = (): void => {
        for (const engine of engines) {
          for (const [id, reply] of engine.late) {
            const index = waiting.findIndex(({ client }) => client.id === id);
            assert.notEqual(index, -1, 'it has waited, and was not served before');
            waiting.splice(index, 1);
            note(reply);
          }
          engine.late.clear();
        }
      };
      const note = (reply: string): void => {
        const item = /\$8 (\d{8})$/.exec(reply)?.[1];
        if (item !== undefined && reply.startsWith('*2')) received.push(item);
      };
      const say = (engine: BlockingEngine, keys: string[], line: string): void => {
        const client = engine.connect();
        const reply = engine.sayAs(client, line);
        if (reply === 'blocked') waiting.push({ engine, client, keys });
        else note(reply);
      };
      for (const each of steps) {
        if (each.kind === 'take') {
          const keys = each.keys.map((key) => KEYS[key]!);
          say(engines[each.thread]!, keys, `TAKE ${keys.join(' ')} 0`);
        } else if (each.kind === 'move') {
          say(engines[each.thread]!, [KEYS[each.from]!], `MOVE1 ${KEYS[each.from]} ${KEYS[each.to]} 0`);
        } else if (each.kind === 'push') {
          const items = Array.from({ length: each.count }, () => String(pushed++).padStart(8, '0'));
          engines[each.thread]!.sayAs(
            engines[each.thread]!.connect(),
            `APPEND ${KEYS[each.key]} ${items.join('')}`,
          );
        } else if (each.kind === 'serve') {
          engines[each.thread]!.serve();
        } else if (each.kind === 'swap') {
          engines[each.thread]!.sayAs(engines[each.thread]!.connect(), 'SWAPDB 0 1');
        } else if (waiting.length !== 0) {
          const [{ engine, client }] = waiting.splice(each.which % waiting.length, 1) as [
            (typeof waiting)[0],
          ];
          if (each.kind === 'kill') engine.kill(client);
          else engine.end(client, 'timeout');
          engine.late.delete(client.id);
        }
        gather();
      }
      for (let round = 0; round < 200; round++) for (const engine of engines) engine.serve();
      gather();
      const contents = engines[0]!.contents();
      for (const { keys } of waiting)
        for (const key of keys) assert.ok(!contents.has(`0/${key}`), `${key} is ready`);
      const left = [...contents.values()].flatMap((value) => value.match(/\d{8}/g) ?? []);
      assert.deepEqual(
        [...received, ...left].sort(),
        Array.from({ length: pushed }, (_, n) => String(n).padStart(8, '0')),
      );
      for (const { engine, client } of waiting) engine.kill(client);
      engines[0]!.run('FLUSHALL');
      engines[0]!.assertEmpty();
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('do so in real threads, too', async () => {
    const THREADS = 3;
    const engine = new BlockingEngine();
    const { shared, waitersShared, logShared } = engine;
    const seed = Date.now() >>> 0;
    const control = new SharedArrayBuffer(4);
    const common = { shared, waitersShared, logShared, threadCount: THREADS, rounds: 20_000, control };
    const threads = Array.from({ length: THREADS }, (_, thread) => thread);
    const outcomes = await Promise.all(
      threads.map((thread) => outcomeOf({ ...common, thread, seed: seed + thread })),
    );
    const left = [...KEYS_OF_THREADS].flatMap(
      (key) => /^\$\d+ (.*)$/.exec(engine.say(`GET ${key}`))?.[1]?.match(/.{8}/g) ?? [],
    );
    const pushed = outcomes.flatMap((outcome) => outcome.pushed);
    const received = outcomes.flatMap((outcome) => outcome.received);
    assert.deepEqual([...received, ...left].sort(), [...pushed].sort(), `seed ${seed}`);
    assert.ok(received.length > pushed.length / 4, 'they have met');
    engine.run('FLUSHALL');
    engine.assertEmpty();
  });
});

const KEYS_OF_THREADS = 'abcdef';

/** Runs a thread; rejects when it fails. */
async function outcomeOf(task: BlockingTask): Promise<BlockingOutcome> {
  const worker = new Worker(new URL('./blocking-worker.case.js', import.meta.url), { workerData: task });
  return await new Promise((resolve, reject) => {
    worker.on('message', resolve);
    worker.on('error', reject);
  });
}
