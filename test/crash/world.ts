/**
 * A writer that has two databases to itself, and what they may hold after a crash.
 *
 * Its requests are done one after another, whatever they are, so after a crash its databases are as some first part of them has
 * left them: at least all that was acknowledged, at most all that was sent. What that is, is asked of a twin, a server that keeps
 * nothing on disk and never crashes: it is given the same requests until it has what was found.
 */

import type { RespConnection } from '../support/connection.js';
import type { SeededRandom } from '../support/random.js';
import { type Argument, encodeRequest, parseFrame } from '../support/resp.js';
import type { Server } from '../support/server.js';
import { describeKeys } from './collection-requests.js';
import { BRIEF_KEYS, BRIEF_MS_MAX, SAMPLES, type WorldPlan, worldRequests } from './world-requests.js';

/** What of a difference is shown. */
const SHOWN_KEYS = 6;
const SHOWN_BYTES = 200;

type Contents = Map<string, string>;

export class World {
  /** What lives briefly is over after so long. */
  static readonly briefMs: number = BRIEF_MS_MAX;
  readonly #random: SeededRandom;
  readonly #plan: WorldPlan;
  /** Two connections to the twin: one that writes, one that looks. */
  readonly #twin: RespConnection;
  readonly #twinView: RespConnection;
  /** What was sent since the twin has had it, and how much of that was acknowledged. */
  #sent: (readonly Argument[])[] = [];
  #acknowledged = 0;

  private constructor(random: SeededRandom, plan: WorldPlan, twin: RespConnection, twinView: RespConnection) {
    this.#random = random;
    this.#plan = plan;
    this.#twin = twin;
    this.#twinView = twinView;
  }

  /** @param databases empty, in the server under test and in its twin; they may be renamed to one another */
  static async open(
    random: SeededRandom,
    databases: readonly [number, number],
    twin: Server,
  ): Promise<World> {
    const connection = await twin.connect();
    await connection.call('SELECT', databases[0]);
    await connection.pipeline(SAMPLES);
    const dumps = await connection.pipeline(SAMPLES.map(([, key]) => ['DUMP', key!]));
    const payloads = dumps.map((frame) => Buffer.from(parseFrame(frame).text, 'latin1'));
    await connection.call('FLUSHDB');
    return new World(random, { databases, payloads }, connection, await twin.connect());
  }

  /** Writes until the server is gone. Resolves to how many requests were acknowledged; calls `begun` at the first one. */
  async write(server: Server, pipeline: number, begun: () => void): Promise<number> {
    const connection = await server.connect();
    const [database] = this.#plan.databases;
    let next: (readonly Argument[])[] = [['SELECT', database]];
    for (;;) {
      while (next.length < pipeline) next.push(...worldRequests(this.#random, this.#plan));
      connection.send(Buffer.concat(next.map(encodeRequest)));
      this.#sent.push(...next);
      for (const _ of next) {
        try {
          await connection.frame();
        } catch {
          return this.#acknowledged;
        }
        if (this.#acknowledged++ === 0) begun();
      }
      next = [];
    }
  }

  /**
   * Looks at keys that live briefly until the server is gone: throws when one is there after its time. Resolves to how often it
   * has looked.
   */
  async watch(server: Server): Promise<number> {
    const connection = await server.connect();
    await connection.call('SELECT', this.#plan.databases[0]).catch(() => {});
    for (let count = 0; ; count++) {
      const atMs = Date.now();
      let values: Buffer[];
      try {
        await connection.request('PING'); // when its reply is here, the server has seen a clock that is past `atMs`
        values = await connection.pipeline(
          Array.from({ length: BRIEF_KEYS }, (_, i) => ['GET', `brief:${i}`]),
        );
      } catch {
        return count;
      }
      for (const frame of values) {
        const untilMs = Number(/^until (\d+)$/.exec(parseFrame(frame).text)?.[1] ?? Number.POSITIVE_INFINITY);
        if (untilMs < atMs) throw new Error(`a key whose time was over at ${untilMs} was there at ${atMs}`);
      }
    }
  }

  /**
   * Compares, `briefMs` or more after the server was killed. Throws what differs; resolves to how many keys there are. From then
   * on, that is what there is.
   */
  async verify(server: Server): Promise<number> {
    const connection = await server.connect();
    const found = await this.#contents(connection);
    connection.close();
    await this.#repeat(this.#acknowledged);
    const atLeast = await this.#contents(this.#twinView);
    for (let current = atLeast; !isSame(found, current); current = await this.#contents(this.#twinView)) {
      if (this.#sent.length === 0) throw new Error(this.#describeLoss(found, atLeast));
      await this.#repeat(1);
    }
    this.#sent = [];
    this.#acknowledged = 0;
    return found.size;
  }

  /** Has the twin do the first `count` requests. */
  async #repeat(count: number): Promise<void> {
    await this.#twin.pipeline(this.#sent.splice(0, count));
  }

  /** All that is in both databases. */
  async #contents(connection: RespConnection): Promise<Contents> {
    const contents: Contents = new Map();
    for (const database of this.#plan.databases) {
      await connection.call('SELECT', database);
      const keys = (await connection.call('KEYS', '*')) as string[];
      const described = await describeKeys(connection, keys.toSorted());
      for (const [key, text] of described) contents.set(`${database} ${key}`, text);
    }
    return contents;
  }

  #describeLoss(found: Contents, expected: Contents): string {
    const names = [...new Set([...found.keys(), ...expected.keys()])];
    const different = names.filter((name) => found.get(name) !== expected.get(name));
    const show = (text: string | undefined): string => text?.slice(0, SHOWN_BYTES) ?? '(none)';
    const lines = different
      .slice(0, SHOWN_KEYS)
      .map((name) => `${name}: found ${show(found.get(name))}, acknowledged was ${show(expected.get(name))}`);
    return `databases ${this.#plan.databases}: ${different.length} keys differ:\n${lines.join('\n')}`;
  }
}

function isSame(left: Contents, right: Contents): boolean {
  return left.size === right.size && [...left].every(([key, text]) => right.get(key) === text);
}
