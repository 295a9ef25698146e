/**
 * A client of the soak campaign that only pings, one PING at a time on one connection, for the whole run, and hands over how
 * long it waited, again and again. It has a thread of its own, but shares the machine with server and load: what it sees is
 * compared with what it saw before, not with a quiet server.
 */

import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { openSocket } from '../support/connection.js';
import { encodeRequest } from '../support/resp.js';

/** Pause between two PINGs. */
const PAUSE_MS = 1;
const REPORT_MS = 1000;
const PATIENCE_MS = 60_000;

/** Waits of some time, in milliseconds, or what went wrong. */
type ProbeMessage = readonly number[] | string;

export class SoakProbe {
  readonly #worker: Worker;
  readonly #problems: string[] = [];
  #waits: number[] = [];

  /** @param greeting what the connection says first; its reply must be +OK */
  constructor(port: number, greeting: readonly string[] = []) {
    this.#worker = new Worker(new URL(import.meta.url), { workerData: { pingPort: port, greeting } });
    this.#worker.on('message', (message: ProbeMessage) => {
      if (typeof message === 'string') this.#problems.push(message);
      else for (const wait of message) this.#waits.push(wait);
    });
    this.#worker.on('error', (error) => this.#problems.push(String(error)));
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Waits since the last call, in milliseconds. */
  takeWaits(): number[] {
    const waits = this.#waits;
    this.#waits = [];
    return waits;
  }

  async stop(): Promise<void> {
    this.#worker.postMessage('stop');
    await once(this.#worker, 'exit');
  }
}

/** The wait that `share` of all were not longer than; NaN without any. */
export function percentile(waits: readonly number[], share: number): number {
  const sorted = Float64Array.from(waits).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/**
 * The waits of a client that would have asked once each `intervalMs`, answered or not. A probe that asks again only when it is
 * answered meets a long wait once; clients that come meanwhile would all have met it.
 */
export function withThoseWhoCameMeanwhile(waits: readonly number[], intervalMs = PAUSE_MS): number[] {
  const all: number[] = [];
  for (const wait of waits) {
    all.push(wait);
    for (let rest = wait - intervalMs; rest > 0; rest -= intervalMs) all.push(rest);
  }
  return all;
}

async function ping(port: number, greeting: readonly string[]): Promise<void> {
  let waits: number[] = [];
  let isStopped = false;
  parentPort?.once('message', () => {
    isStopped = true;
  });
  const socket = await openSocket(port);
  if (greeting.length > 0) {
    socket.write(encodeRequest(greeting));
    const [reply] = (await once(socket, 'data')) as [Buffer];
    if (reply.toString() !== '+OK\r\n') parentPort?.postMessage(`${greeting[0]}: got ${reply}`);
  }
  const report = () => {
    parentPort?.postMessage(waits);
    waits = [];
  };
  const timer = setInterval(report, REPORT_MS);
  try {
    while (!isStopped) {
      const startMs = performance.now();
      socket.write('*1\r\n$4\r\nPING\r\n');
      const patience = new AbortController();
      const reply = await Promise.race([
        once(socket, 'data', { signal: patience.signal }).then(([chunk]) => String(chunk)),
        once(socket, 'close', { signal: patience.signal }).then(() => 'the end of the connection'),
        delay(PATIENCE_MS, `nothing within ${PATIENCE_MS} ms`, { signal: patience.signal }),
      ]);
      patience.abort();
      waits.push(performance.now() - startMs);
      if (reply !== '+PONG\r\n') {
        parentPort?.postMessage(`PING: got ${JSON.stringify(reply)}`);
        break;
      }
      await delay(PAUSE_MS);
    }
  } finally {
    clearInterval(timer);
    socket.destroy();
    report();
    parentPort?.unref();
  }
}

if (!isMainThread && workerData?.pingPort !== undefined) void ping(workerData.pingPort, workerData.greeting);
