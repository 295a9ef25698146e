/**
 * What every reactor back end must survive: many connections at once, peers that flood, stall, reset or come and go, and
 * reading paused and resumed in the worst moments. Whatever happens, the bytes of a connection arrive once and in order.
 * Part of the suite in `reactor.case.ts`.
 */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import type net from 'node:net';
import fc from 'fast-check';
import { chooseSeed } from '../../test/support/random.js';
import {
  type CreateReactor,
  type Line,
  pattern,
  type Recorder,
  readBytes,
  type Stage,
  stagedTests,
} from './reactor-stage.case.js';

const COMERS_AT_ONCE = 50;
const DESCRIPTORS = '/proc/self/fd';
/** Rounds of JavaScript's event loop in which a reactor that shares the thread has seen all there was. */
const SETTLED_ROUNDS = 20;

interface Pair {
  readonly client: net.Socket;
  readonly server: Recorder;
}

type Action =
  | { readonly kind: 'write'; readonly bytes: number }
  | { readonly kind: 'rest'; readonly rounds: number }
  | { readonly kind: 'pauseClient' | 'resumeClient' | 'pauseServer' | 'resumeServer' };

interface Plan {
  readonly actions: readonly Action[];
  /** After so many receives the server pauses for so many turns; over and over. */
  readonly pauses: readonly (readonly [receives: number, turns: number])[];
  readonly ending: 'end' | 'reset';
  readonly inPlace: boolean;
}

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('write' as const), bytes: fc.integer({ min: 1, max: 200 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('write' as const),
      bytes: fc.integer({ min: 1, max: 400_000 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('rest' as const), rounds: fc.integer({ min: 1, max: 5 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'pauseClient' as const,
        'resumeClient' as const,
        'pauseServer' as const,
        'resumeServer' as const,
      ),
    }),
  },
);
const plan: fc.Arbitrary<Plan> = fc.record({
  actions: fc.array(action, { minLength: 1, maxLength: 25 }),
  pauses: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 3 })), {
    maxLength: 6,
  }),
  ending: fc.constantFrom('end' as const, 'end' as const, 'end' as const, 'reset' as const),
  inPlace: fc.boolean(),
});

export function testReactorStorms(name: string, create: CreateReactor, line?: Line): void {
  const staged = stagedTests(name, create, line);

  staged('receives from more connections at once than it may have buffers for', async (stage) => {
    const pairs = await crowd(stage, stage.line.crowd);
    // This thread is busy from the first write to the last: the reactor finds the bytes of all of them.
    for (const [index, { client }] of pairs.entries()) client.write(pattern(20_000 + index, index));
    for (const [index, { server }] of pairs.entries()) {
      await server.until(() => server.receivedBytes === 20_000 + index);
      assert.deepEqual(Buffer.concat(server.received), pattern(20_000 + index, index));
    }
    for (const { client } of pairs) client.destroy();
  });

  staged('answers a crowd while one connection floods', async (stage) => {
    const flood = await stage.connect();
    const pairs = await crowd(stage, 20);
    const bytes = pattern(24 * 1024 * 1024, 9);
    flood.client.write(bytes);
    for (const { server } of pairs) {
      server.onReceive = (received, from, to) => stage.reply(server.transport, received, from, to);
    }
    for (let round = 0; round < 20; round++) {
      for (const { client } of pairs) client.write(`round ${round}`.padEnd(16));
      for (const { client } of pairs) {
        assert.equal((await readBytes(client, 16)).toString().trimEnd(), `round ${round}`);
      }
    }
    await flood.server.until(() => flood.server.receivedBytes === bytes.length);
    assert.ok(Buffer.concat(flood.server.received).equals(bytes));
    for (const { client } of [flood, ...pairs]) client.destroy();
  });

  staged('keeps each connection its own rest when several peers stop reading in one turn', async (stage) => {
    const pairs = await crowd(stage, 12);
    const expected: Buffer[][] = pairs.map(() => []);
    for (const [index, { server }] of pairs.entries()) {
      server.onReceive = () => {
        // Rests of all sizes, and of some connections in one buffer that another one has to itself afterwards.
        for (let part = 0; part < 6; part++) {
          const bytes = pattern(
            [100, 3_000, 60_000, 70_000, 700_000, 3_000_000][(index + part) % 6]!,
            index * 7 + part,
          );
          expected[index]!.push(bytes);
          stage.reply(server.transport, bytes, 0, bytes.length);
        }
      };
    }
    for (let round = 0; round < 3; round++) {
      for (const { client } of pairs) client.write('x');
      for (const { server } of pairs) await server.until(() => server.received.length > round);
      await rest(round);
    }
    for (const [index, { client }] of pairs.entries()) {
      const all = Buffer.concat(expected[index]!);
      assert.ok((await readBytes(client, all.length)).equals(all), `connection ${index}`);
      client.destroy();
    }
  });

  staged(
    'loses, repeats and reorders nothing while reading is paused and resumed over and over',
    async (stage) => {
      const pairs = await crowd(stage, 6);
      const sent = pairs.map((_, index) => pattern(3_000_000 + index * 1000, index));
      for (const { server } of pairs) {
        let count = 0;
        server.onReceive = () => {
          count++;
          server.transport.pauseReading();
          if (count % 3 === 0) server.transport.resumeReading();
          else stage.reactor.soon(() => toggle(server, count % 4));
        };
      }
      for (const [index, { client }] of pairs.entries()) client.write(sent[index]!);
      for (const [index, { server }] of pairs.entries()) {
        await server.until(() => server.receivedBytes >= sent[index]!.length);
      }
      await rest(SETTLED_ROUNDS);
      for (const [index, { client, server }] of pairs.entries()) {
        assert.ok(Buffer.concat(server.received).equals(sent[index]!), `connection ${index}`);
        client.destroy();
      }
    },
  );

  staged('tells the end after all that came before it, however often reading was paused', async (stage) => {
    const { client, server } = await stage.connect();
    server.onReceive = () => {
      assert.equal(server.endedCount, 0);
      server.transport.pauseReading();
      stage.reactor.soon(() => server.transport.resumeReading());
    };
    const bytes = pattern(1_000_000, 1);
    client.end(bytes);
    await server.until(() => server.endedCount === 1);
    assert.ok(Buffer.concat(server.received).equals(bytes));
    server.transport.end();
    await server.until(() => server.closedCount === 1);
    assert.equal(server.endedCount, 1);
    client.destroy();
  });

  staged('delivers a request that arrives byte by byte, on many connections in turn', async (stage) => {
    const pairs = await crowd(stage, 10);
    for (const { client } of pairs) client.setNoDelay(true);
    const bytes = pattern(60, 3);
    for (const byte of bytes) {
      for (const { client } of pairs) client.write(Buffer.from([byte]));
      await rest(1);
    }
    for (const { client, server } of pairs) {
      await server.until(() => server.receivedBytes === bytes.length);
      assert.deepEqual(Buffer.concat(server.received), bytes);
      client.destroy();
    }
  });

  staged('closes while much is still to be sent', async (stage) => {
    for (const way of ['close', 'reset', 'end and reset', 'half-close'] as const) {
      const { client, server } = await stage.connect();
      const bytes = pattern(8_000_000, 2);
      stage.reply(server.transport, bytes, 0, bytes.length);
      await rest(SETTLED_ROUNDS);
      assert.ok(server.transport.pendingBytes > 0, 'the peer does not read');
      stage.reply(server.transport, bytes, 0, bytes.length);
      if (way === 'close') server.transport.close();
      if (way === 'end and reset') server.transport.end();
      if (way === 'half-close') {
        client.end();
        await server.until(() => server.endedCount === 1);
        server.transport.close();
      } else if (way !== 'close') {
        await rest(2);
        client.resetAndDestroy();
      }
      await server.until(() => server.closedCount === 1);
      stage.reply(server.transport, bytes, 0, bytes.length);
      client.destroy();
    }
  });

  staged('leaves nothing of connections that come and go', async (stage) => {
    await stage.listen();
    const { comers } = stage.line;
    const descriptors = (): number => (existsSync(DESCRIPTORS) ? readdirSync(DESCRIPTORS).length : 0);
    let goneCount = 0;
    const allGone = new Promise<void>((resolve) => {
      stage.onAccept = (server) => {
        server.onReceive = (bytes, from, to) => stage.reply(server.transport, bytes, from, to);
        server.onEnded = () => server.transport.end();
        server.onClosed = () => {
          if (++goneCount === comers) resolve();
        };
      };
    });
    const before = descriptors();
    for (let first = 0; first < comers; first += COMERS_AT_ONCE) {
      await Promise.all(Array.from({ length: COMERS_AT_ONCE }, (_, index) => visit(stage, first + index)));
    }
    await allGone;
    await rest(SETTLED_ROUNDS);
    assert.ok(descriptors() <= before, `${before} descriptors before, ${descriptors()} after`);
  });

  staged('stops with everything under way', async (stage) => {
    const pairs = await crowd(stage, 40);
    const bytes = pattern(5_000_000, 5);
    for (const [index, { client, server }] of pairs.entries()) {
      if (index % 2 === 0) client.write(bytes);
      if (index % 3 === 0) stage.reply(server.transport, bytes, 0, bytes.length);
      if (index % 5 === 0) server.transport.pauseReading();
      if (index % 7 === 0) server.transport.end();
      if (index % 11 === 0) client.end();
    }
    stage.reactor.every(1, () => {});
    stage.reactor.soon(() => {});
    stage.reactor.armWake(stage.reactor.wakeValue());
    const late = stage.dial();
    await rest(3);
    await stage.reactor.stop();
    for (const { client, server } of pairs) {
      assert.equal(server.closedCount, 1);
      client.destroy();
    }
    late.destroy();
  });

  staged('echoes every byte in order, whatever both sides do', async (stage) => {
    const plans = fc.array(plan, { minLength: 1, maxLength: 5 });
    const property = fc.asyncProperty(plans, async (each) => {
      const pairs = await crowd(stage, each.length);
      await Promise.all(each.map((one, index) => play(stage, one, pairs[index]!)));
    });
    const seed = chooseSeed(process.env['TEST_SEED']);
    // A run that hangs fails with its plan and the seed; making a smaller one of it would take too long.
    await fc.assert(property, { seed, numRuns: stage.line.runs, endOnFailure: true, timeout: 10_000 });
  });
}

/** One connection of the property: the client follows the plan, the server echoes and pauses now and then. */
async function play(
  stage: Stage,
  { actions, pauses, ending, inPlace }: Plan,
  { client, server }: Pair,
): Promise<void> {
  let pauseIndex = 0;
  let receives = 0;
  const resumeIn = (turns: number): void => {
    if (turns === 0) server.transport.resumeReading();
    else stage.reactor.soon(() => resumeIn(turns - 1));
  };
  server.onReceive = (bytes, from, to) => {
    if (inPlace) stage.reply(server.transport, bytes, from, to);
    else server.transport.write(bytes, from, to);
    const pause = pauses[pauseIndex % pauses.length];
    if (pause === undefined || ++receives < pause[0]) return;
    receives = 0;
    pauseIndex++;
    server.transport.pauseReading();
    resumeIn(pause[1]);
  };
  server.onEnded = () => server.transport.end();
  const sent: Buffer[] = [];
  const echoed: Buffer[] = [];
  client.on('data', (chunk: Buffer) => echoed.push(chunk));
  for (const [index, step] of actions.entries()) {
    if (step.kind === 'write') {
      const bytes = pattern(step.bytes, index);
      sent.push(bytes);
      client.write(bytes);
    } else if (step.kind === 'rest') await rest(step.rounds);
    else if (step.kind === 'pauseClient') client.pause();
    else if (step.kind === 'resumeClient') client.resume();
    else if (step.kind === 'pauseServer') server.transport.pauseReading();
    else server.transport.resumeReading();
  }
  const all = Buffer.concat(sent);
  client.resume();
  if (ending === 'end') {
    const end = once(client, 'end');
    client.end();
    server.transport.resumeReading();
    await end;
    assert.ok(Buffer.concat(echoed).equals(all), `${all.length} bytes are echoed`);
  } else {
    client.resetAndDestroy();
    server.transport.resumeReading();
    const part = Buffer.concat(echoed);
    assert.ok(part.equals(all.subarray(0, part.length)), 'what came back is a part of it');
  }
  await server.until(() => server.closedCount === 1);
  const received = Buffer.concat(server.received);
  assert.ok(received.equals(all.subarray(0, received.length)), 'nothing arrived twice or out of order');
}

/** `count` connections, made at the same time. */
async function crowd(stage: Stage, count: number): Promise<Pair[]> {
  const pairs: Pair[] = [];
  for (let index = 0; index < count; index++) pairs.push(await stage.connect());
  return pairs;
}

/** Lets JavaScript's event loop run `rounds` times. */
async function rest(rounds: number): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
}

function toggle(server: Recorder, times: number): void {
  for (let time = 0; time < times; time++) {
    server.transport.resumeReading();
    server.transport.pauseReading();
  }
  server.transport.resumeReading();
}

/** Connects, has something echoed, and goes: in one way or another. */
async function visit(stage: Stage, number: number): Promise<void> {
  const client = stage.dial();
  const bytes = pattern(1 + (number % 3000), number);
  client.write(bytes);
  assert.deepEqual(await readBytes(client, bytes.length), bytes);
  if (number % 4 === 0) client.resetAndDestroy();
  else if (number % 4 === 1) client.destroy();
  else client.end();
}
