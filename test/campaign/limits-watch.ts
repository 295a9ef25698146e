/** What the limits campaign sees of the attacked server: the kernel's books, INFO, and the highest that both have shown. */

import type { RespConnection } from '../support/connection.js';
import type { Limits } from './limits-verdict.js';
import { descriptors, parseInfo, residentBytes } from './soak-watch.js';

/** Memory that is taken and given back between two looks is not seen. */
const LOOK_MS = 20;
/** INFO is asked for less often: it costs the server something. */
const LOOKS_PER_INFO = 10;

/** The server at this moment. `connection` is one that the campaign keeps for this. */
export async function takeState(pid: number, connection: RespConnection): Promise<Limits> {
  const fields = parseInfo(String(await connection.call('INFO', 'everything')));
  const number = (name: string) => Number(fields.get(name));
  return {
    residentBytes: residentBytes(pid),
    usedBytes: number('used_memory'),
    bufferBytes: number('client_buffer_bytes'),
    heapBytes: number('js_heap_bytes'),
    clientCount: number('connected_clients'),
    descriptorCount: descriptors(pid).length,
  };
}

/** Looks again and again until it is stopped. A server that does not answer is looked at from outside. */
export class LimitsWatch {
  readonly #pid: number;
  readonly #connection: RespConnection;
  readonly #ended: Promise<void>;
  #isStopped = false;
  #peak: Limits = {
    residentBytes: 0,
    usedBytes: 0,
    bufferBytes: 0,
    heapBytes: 0,
    clientCount: 0,
    descriptorCount: 0,
  };

  constructor(pid: number, connection: RespConnection) {
    this.#pid = pid;
    this.#connection = connection;
    this.#ended = this.#watch();
  }

  /** The highest of each figure. */
  async stop(): Promise<Limits> {
    this.#isStopped = true;
    await this.#ended;
    return this.#peak;
  }

  async #watch(): Promise<void> {
    let asked: Promise<void> | undefined;
    for (let look = 0; !this.#isStopped; look++) {
      await new Promise((done) => setTimeout(done, LOOK_MS));
      try {
        this.#note({ ...this.#peak, residentBytes: residentBytes(this.#pid) });
      } catch {
        return; // the process is gone, which the campaign tells
      }
      if (asked !== undefined || look % LOOKS_PER_INFO !== 0) continue;
      asked = takeState(this.#pid, this.#connection)
        .then((state) => this.#note(state))
        .catch(() => {})
        .then(() => {
          asked = undefined;
        });
    }
    await asked;
  }

  #note(state: Limits): void {
    const peak = this.#peak;
    this.#peak = {
      residentBytes: Math.max(peak.residentBytes, state.residentBytes),
      usedBytes: Math.max(peak.usedBytes, state.usedBytes),
      bufferBytes: Math.max(peak.bufferBytes, state.bufferBytes),
      heapBytes: Math.max(peak.heapBytes, state.heapBytes),
      clientCount: Math.max(peak.clientCount, state.clientCount),
      descriptorCount: Math.max(peak.descriptorCount, state.descriptorCount),
    };
  }
}
