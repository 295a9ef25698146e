/**
 * Records histories: concurrent clients on a few keys of a server of several threads that is killed again and again, with
 * `appendfsync always` unless something else is asked for. Every group of keys has a history of its own, since no command touches
 * two groups: a history of several objects is linearizable if that of each object is (Herlihy and Wing, "Linearizability", 1990).
 * All groups are in use at the same time.
 *
 *     life of the server:   look at all keys > clients at random > kill -9        ... the last one: > look at all keys
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { RespConnection } from '../support/connection.js';
import { SeededRandom } from '../support/random.js';
import { decode, ErrorReply } from '../support/resp.js';
import { type Server, startCrabkv } from '../support/server.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from '../support/temporary.js';
import type { Operation } from './checker.js';
import { type ReplyText, randomCommand } from './model.js';
import { Recorder } from './recorder.js';

const KEY_NAMES = ['a', 'b', 'c'] as const;
/** How many operations a server answers before it is killed, half of it more or less, and how many ms after that at most. */
const LIFE_OPERATIONS = 400;
const LAST_MS_MAX = 10;
/** One that is broken may not get so far. */
const PATIENCE_MS = 20_000;
/** A machine may be busy with other things. */
const READY_MS_MAX = 60_000;

export interface RecordOptions {
  readonly seed: number;
  readonly groups: number;
  readonly clients: number;
  /** How often the server is started; it is killed between. */
  readonly lives: number;
  /** How many operations it answers in between, about. */
  readonly operations?: number;
  readonly reactor?: string | undefined;
  readonly threads?: number;
  readonly appendfsync?: string;
  /** Modules of `sabotage` that the server is started with. */
  readonly preloads?: readonly string[];
  /** A broken server may end by itself; one that is not must not. */
  readonly mayDie?: boolean;
}

/** One history for each group of keys. */
export async function recordHistories(options: RecordOptions): Promise<readonly Operation[][]> {
  const directory = makeTemporaryDirectory();
  const random = new SeededRandom(options.seed);
  const recorder = new Recorder(options.groups);
  let server: Server | undefined;
  try {
    for (let life = 1; life <= options.lives; life++) {
      server = await startCrabkv({
        directory,
        readyMs: READY_MS_MAX,
        directives: directivesOf(options),
        environment: environmentOf(options.preloads ?? []),
      });
      await live(server, recorder, random, options, life === options.lives);
    }
    return recorder.histories;
  } catch (error) {
    throw new Error(`the server's last words:\n${server?.output ?? ''}`, { cause: error });
  } finally {
    await server?.kill();
    removeTemporaryDirectory(directory);
  }
}

function directivesOf({
  reactor,
  threads = 2,
  appendfsync = 'always',
}: RecordOptions): Record<string, string> {
  return {
    threads: String(threads),
    appendfsync,
    'wal-segment-size': '1mb',
    ...(reactor === undefined ? {} : { reactor }),
  };
}

function environmentOf(preloads: readonly string[]): Record<string, string> {
  const imports = preloads.map(
    (name) => `--import ${new URL(`./sabotage/${name}.js`, import.meta.url).href}`,
  );
  return { NODE_OPTIONS: [process.env['NODE_OPTIONS'] ?? '', ...imports].join(' ').trim() };
}

/** One life of the server. It has been killed when this resolves. */
async function live(
  server: Server,
  recorder: Recorder,
  random: SeededRandom,
  options: RecordOptions,
  isLast: boolean,
): Promise<void> {
  const connections = await Promise.all(Array.from({ length: options.clients }, () => server.connect()));
  const clients = connections.map((connection, number) => new Client(connection, number, recorder));
  await lookAtAll(clients, options.groups);
  let isOver = false;
  const working = clients.map(async (client) => {
    const own = new SeededRandom(random.next());
    while (!isOver && (await client.doSomething(own, options))) {
      // one after the other
    }
  });
  const { operations = LIFE_OPERATIONS } = options;
  const giveUp = new AbortController();
  await Promise.race([
    recorder.answers(operations / 2 + random.below(operations)),
    Promise.all(working),
    delay(PATIENCE_MS, undefined, { signal: giveUp.signal }).catch(() => {}),
  ]);
  giveUp.abort();
  await delay(random.below(LAST_MS_MAX));
  if (!server.isRunning && options.mayDie !== true) throw new Error('the server has ended by itself');
  if (isLast) {
    isOver = true;
    await Promise.all(working);
    await lookAtAll(clients, options.groups);
  }
  await server.kill();
  await Promise.all(working);
  for (const { closed } of connections) await closed;
  recorder.crashed();
}

/** Every key is looked at as a string and as a list. */
async function lookAtAll(clients: readonly Client[], groups: number): Promise<void> {
  await Promise.all(
    Array.from({ length: groups }, async (_, group) => {
      const client = clients[group % clients.length]!;
      const keys = keysOf(group);
      await client.run(group, ['MGET', ...keys]);
      for (const key of keys) await client.run(group, ['LRANGE', key, '0', '-1']);
    }),
  );
}

function keysOf(group: number): string[] {
  return KEY_NAMES.map((name) => `${name}${group}`);
}

class Client {
  readonly #connection: RespConnection;
  readonly #number: number;
  readonly #recorder: Recorder;

  constructor(connection: RespConnection, number: number, recorder: Recorder) {
    this.#connection = connection;
    this.#number = number;
    this.#recorder = recorder;
  }

  /** A random command. False when the server is no more. */
  doSomething(random: SeededRandom, { groups }: RecordOptions): Promise<boolean> {
    const group = random.below(groups);
    // No two are the same, nor does any begin as a number does.
    const unique = `v${random.next().toString(36)}`;
    return this.run(group, randomCommand(random, keysOf(group), unique));
  }

  /** Does one command and writes it down. False when the server is no more. */
  async run(group: number, args: readonly string[]): Promise<boolean> {
    const operation = this.#recorder.called(group, this.#number, args);
    let frame: Buffer;
    try {
      frame = await this.#connection.request(...args);
    } catch {
      return false;
    }
    this.#recorder.returned(operation, replyText(frame));
    return true;
  }
}

/** As the model writes replies. */
function replyText(frame: Buffer): ReplyText {
  const reply = decode(frame);
  return reply instanceof ErrorReply ? `!${reply.text.split(' ', 1)[0]}` : JSON.stringify(reply);
}
