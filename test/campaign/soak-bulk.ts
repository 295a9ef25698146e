/**
 * The mass of the soak campaign's load: pipelines at full speed over a bounded keyspace, whose replies are counted and
 * looked through for errors, but not compared.
 *
 * Batches are encoded once and sent again and again, now and then one is replaced, so that the processor works for the
 * server and not for this program. Each batch ends in an ECHO of its own marker: when the last bytes that came are
 * the marker, all replies are there.
 *
 * Nothing grows for ever: keys are numbered, values have a largest size, and keys that are appended to are deleted at the
 * beginning of their batch.
 */

import type { Socket } from 'node:net';
import { openSocket } from '../support/connection.js';
import { type Argument, encodeRequest } from '../support/resp.js';
import { makeCollectionRequest } from './soak-collections.js';
import type { LoadContext } from './soak-context.js';

const CONNECTION_COUNT = 10;
const BATCH_COUNT = 64;
/** Requests in one batch: from 1 to this, small ones more often. */
const REQUESTS_MAX = 600;
/** A batch is replaced this often. */
const REPLACE_MS = 100;
const KEY_COUNT = 20_000;
const COUNTER_COUNT = 500;
const APPEND_KEYS_A_BATCH = 4;
const VALUE_BYTES_MAX = 2 ** 20;
const LIFE_SECONDS_MAX = 20;
/** A batch is answered within this, or the server hangs. */
const PATIENCE_MS = 60_000;
/** How an error reply begins; no value and no other reply has it. */
const ERROR_START = Buffer.from('\r\n-');
const MARKER_BYTES = 16;

interface Batch {
  readonly bytes: Buffer;
  readonly requestCount: number;
  readonly marker: Buffer;
}

const filler = Buffer.alloc(VALUE_BYTES_MAX, 'bulk ');

/** Sends batches on several connections until the load is to end. */
export async function sendBulk(context: LoadContext): Promise<void> {
  const batches = Array.from({ length: BATCH_COUNT }, (_, slot) => makeBatch(context, slot));
  const connections = Array.from({ length: CONNECTION_COUNT }, async () => {
    while (!context.isStopped) {
      try {
        await useConnection(context, batches);
      } catch (error) {
        context.problem(`bulk load: ${(error as Error).message}`);
        await context.pause(1000);
      }
    }
  });
  const replacing = async () => {
    while (!context.isStopped) {
      await context.pause(REPLACE_MS);
      const slot = context.random.below(BATCH_COUNT);
      batches[slot] = makeBatch(context, slot);
    }
  };
  await Promise.all([...connections, replacing()]);
}

async function useConnection(context: LoadContext, batches: readonly Batch[]): Promise<void> {
  const socket = await openSocket(context.port);
  try {
    while (!context.isStopped) {
      const batch = batches[context.random.below(BATCH_COUNT)]!;
      await sendBatch(context, socket, batch);
      context.count('bulk requests', batch.requestCount);
    }
  } finally {
    socket.destroy();
  }
}

function sendBatch(context: LoadContext, socket: Socket, { bytes, marker }: Batch): Promise<void> {
  return new Promise((done, failed) => {
    // The last bytes, whatever pieces they came in; a line end before the first reply, so that an error is found there, too.
    let tail: Buffer = Buffer.from('\r\n');
    const finish = (error?: Error) => {
      clearTimeout(timer);
      socket.off('data', look);
      socket.off('close', lose);
      if (error === undefined) done();
      else failed(error);
    };
    const look = (chunk: Buffer) => {
      const seen = Buffer.concat([tail.subarray(-ERROR_START.length), chunk.subarray(0, ERROR_START.length)]);
      const inChunk = chunk.indexOf(ERROR_START);
      if (inChunk >= 0 || seen.includes(ERROR_START)) {
        const text = inChunk >= 0 ? chunk.toString('latin1', inChunk + 2, inChunk + 120) : seen.toString();
        context.problem(`bulk load: an error reply: ${JSON.stringify(text)}`);
      }
      tail = chunk.length >= MARKER_BYTES + 2 ? chunk : Buffer.concat([tail, chunk]);
      tail = tail.subarray(-(MARKER_BYTES + 2));
      if (tail.subarray(0, MARKER_BYTES).equals(marker)) finish();
    };
    const lose = () => finish(new Error('the server closed the connection'));
    const timer = setTimeout(() => finish(new Error(`no reply within ${PATIENCE_MS} ms`)), PATIENCE_MS);
    socket.on('data', look);
    socket.once('close', lose);
    socket.write(bytes);
  });
}

function makeBatch(context: LoadContext, slot: number): Batch {
  const { random } = context;
  const marker = random.next().toString(16).padStart(MARKER_BYTES, '~');
  const count = 1 + Math.floor((random.below(1000) / 1000) ** 2 * REQUESTS_MAX);
  const appended = Array.from({ length: APPEND_KEYS_A_BATCH }, (_, i) => `a:${slot}:${i}`);
  const requests: Argument[][] = [['DEL', ...appended]];
  while (requests.length < count) requests.push(makeRequest(context, appended));
  requests.push(['ECHO', marker]);
  return {
    bytes: Buffer.concat(requests.map(encodeRequest)),
    requestCount: requests.length,
    marker: Buffer.from(marker),
  };
}

function makeRequest({ random }: LoadContext, appended: readonly string[]): Argument[] {
  const key = () => `b:${random.below(KEY_COUNT)}`;
  const value = () =>
    filler.subarray(0, valueBytes(random.below(10_000), random.below(1_000_000) / 1_000_000));
  const seconds = () => 1 + random.below(LIFE_SECONDS_MAX);
  if (random.below(3) === 0) return makeCollectionRequest(random);
  const dice = random.below(100);
  if (dice < 35) return ['GET', key()];
  if (dice < 60) return ['SET', key(), value()];
  if (dice < 68) return ['SETEX', key(), seconds(), value()];
  if (dice < 72) return ['EXPIRE', key(), seconds()];
  if (dice < 76) return ['DEL', key(), key(), key()];
  if (dice < 80) return ['MSET', key(), value(), key(), value(), key(), value()];
  if (dice < 84) return ['MGET', key(), key(), key(), key(), key()];
  if (dice < 90) return ['APPEND', appended[random.below(APPEND_KEYS_A_BATCH)]!, filler.subarray(0, 50)];
  if (dice < 98) return ['INCR', `c:${random.below(COUNTER_COUNT)}`];
  return ['TTL', key()];
}

/** Mostly small, seldom up to 1 MiB. `dice` is below 10,000, `share` below 1. */
function valueBytes(dice: number, share: number): number {
  if (dice < 9000) return 1 + Math.floor(share * 200);
  if (dice < 9900) return 1 + Math.floor(share * 4096);
  if (dice < 9990) return 1 + Math.floor(share * 65_536);
  return dice < 9997 ? 1 + Math.floor(share * 262_144) : 1 + Math.floor(share * VALUE_BYTES_MAX);
}
