/**
 * How long a client waits while something else goes on: PINGs, or what it is told to ask, from a thread of its own, one at a
 * time.
 *
 * The thread shares the machine with the server and the load, so a long wait may be the scheduler's: figures mean
 * something beside those of a quiet server, or of redis-server under the same load.
 */

import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { encodeRequest } from './resp.js';

/** What is asked unless told otherwise. */
export const PING: readonly (readonly string[])[] = [['PING']];

/** Pause between two requests. */
const PAUSE_MS = 0.5;
const SAMPLES_MAX = 1_000_000;

/** Waits in milliseconds. */
export interface PingWaits {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export class PingProbe {
  readonly #worker: Worker;

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  /** Starts to ask the server on `port`: `requests` in turn, whose replies are short enough to arrive in one piece. */
  static async start(port: number, requests = PING): Promise<PingProbe> {
    const worker = new Worker(new URL(import.meta.url), { workerData: { port, requests } });
    await once(worker, 'message');
    return new PingProbe(worker);
  }

  /** Ends the probe and returns what it saw. */
  async stop(): Promise<PingWaits> {
    const answer = once(this.#worker, 'message');
    this.#worker.postMessage('stop');
    const [waits] = (await answer) as [PingWaits];
    await this.#worker.terminate();
    return waits;
  }
}

/** Asks `port` while `work` runs. */
export async function pingDuring<T>(
  port: number,
  work: () => Promise<T>,
  requests = PING,
): Promise<[result: T, waits: PingWaits]> {
  const probe = await PingProbe.start(port, requests);
  try {
    return [await work(), await probe.stop()];
  } catch (error) {
    await probe.stop().catch(() => {});
    throw error;
  }
}

export function formatWaits(waits: PingWaits): string {
  const [p50, p99, p999, max] = [waits.p50, waits.p99, waits.p999, waits.max].map(
    (ms) => `${ms.toFixed(2)} ms`,
  );
  return `p50 ${p50}, p99 ${p99}, p99.9 ${p999}, worst ${max} (${waits.count} pings)`;
}

async function ask(port: number, requests: readonly (readonly string[])[]): Promise<void> {
  const encoded = requests.map(encodeRequest);
  const samples: number[] = [];
  let isStopped = false;
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  parentPort?.once('message', () => {
    isStopped = true;
  });
  parentPort?.postMessage('started');
  while (!isStopped && samples.length < SAMPLES_MAX) {
    const request = encoded[samples.length % encoded.length] as Buffer;
    const startMs = performance.now();
    socket.write(request);
    await once(socket, 'data');
    samples.push(performance.now() - startMs);
    await delay(PAUSE_MS);
  }
  socket.destroy();
  samples.sort((a, b) => a - b);
  const at = (share: number) =>
    samples[Math.min(samples.length - 1, Math.floor(samples.length * share))] ?? Number.NaN;
  parentPort?.postMessage({
    count: samples.length,
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
    max: at(1),
  });
}

if (!isMainThread && workerData?.port !== undefined) void ask(workerData.port, workerData.requests);
