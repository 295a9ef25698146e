import assert from 'node:assert/strict';
import { test } from 'node:test';
import v8 from 'node:v8';
import vm from 'node:vm';
import type { BenchClient } from './client-kinds.js';
import { ClientLoad, quantile } from './client-turn.js';

/** A client that answers from a Map, counts, and may do something more for each request. */
class FakeClient implements BenchClient {
  gets = 0;
  sets = 0;
  inFlight = 0;
  inFlightMax = 0;
  private readonly values = new Map<string, string>();
  private readonly extra: () => unknown;

  constructor(extra: () => unknown = () => undefined) {
    this.extra = extra;
  }

  async get(key: string): Promise<unknown> {
    this.gets += 1;
    await this.answer();
    return this.values.get(key);
  }

  async set(key: string, value: string): Promise<unknown> {
    this.sets += 1;
    this.values.set(key, value);
    await this.answer();
    return 'OK';
  }

  private async answer(): Promise<void> {
    this.inFlight += 1;
    this.inFlightMax = Math.max(this.inFlight, this.inFlightMax);
    this.extra();
    await undefined;
    this.inFlight -= 1;
  }
}

test('a load keeps so many requests in flight, half of them GETs, and says how many it made', async () => {
  const client = new FakeClient();
  const load = new ClientLoad(client);
  await load.fill(1000);
  assert.equal(client.sets, 100_000);
  client.sets = 0;
  client.inFlightMax = 0;
  const turn = await load.measure(50, 30);
  assert.equal(turn.requests, client.gets + client.sets);
  assert.equal(client.inFlightMax, 50);
  assert.ok(Math.abs(client.gets / turn.requests - 0.5) < 0.05, `${client.gets} of ${turn.requests}`);
  assert.ok(turn.perSecond > 0 && turn.cpuMicros > 0 && turn.p50Ms > 0 && turn.p99Ms >= turn.p50Ms);
});

test('a wrong answer ends the load', async () => {
  const client = new FakeClient();
  const load = new ClientLoad(client);
  await assert.rejects(load.measure(2, 1000), /GET key:\d{12} gave 'undefined', not 'value:/);
  await load.fill(1000);
  client.set = async () => 'QUEUED';
  await assert.rejects(load.measure(2, 1000), /SET key:\d{12} gave 'QUEUED', not 'OK'/);
});

test('what a request allocates is counted, or nearly', async () => {
  v8.setFlagsFromString('--expose-gc');
  globalThis.gc = vm.runInNewContext('gc') as NonNullable<typeof globalThis.gc>;
  const elements = 250;
  const bytes = 8 * elements;
  let sink: unknown;
  const bytesOf = async (extra: () => unknown) => {
    const load = new ClientLoad(new FakeClient(extra));
    await load.fill(1000);
    await load.measureAllocations(10, 4000); // everything is compiled then
    return load.measureAllocations(10, 4000);
  };
  const without = await bytesOf(() => undefined);
  const withArray = await bytesOf(() => {
    sink = new Array(elements).fill(sink === undefined ? 0 : 1);
  });
  const withBuffer = await bytesOf(() => {
    sink = new ArrayBuffer(bytes);
  });
  const grown = withArray.heapBytes - without.heapBytes;
  assert.ok(Math.abs(grown / bytes - 1) < 0.3, `${grown} bytes, not about ${bytes}`);
  const outside = withBuffer.outsideBytes - without.outsideBytes;
  assert.ok(Math.abs(outside / bytes - 1) < 0.3, `${outside} bytes outside, not about ${bytes}`);
});

test('a quantile is the nearest rank, and none where there are no samples', () => {
  const samples = Array.from({ length: 200 }, (_, i) => i + 1);
  assert.equal(quantile(samples, 0.5), 100);
  assert.equal(quantile(samples, 0.99), 198);
  assert.equal(quantile([7], 0.99), 7);
  assert.equal(quantile([7, 8], 0), 7);
  assert.ok(Number.isNaN(quantile([], 0.5)));
});
