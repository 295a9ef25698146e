/**
 * The ways in to one store, each as a list of calls can be sent through it: by promises, at once, from an attached worker, over
 * TCP. What comes back is the same (doors.test.ts).
 */

import { once } from 'node:events';
import { connect as connectSocket, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Argument, CommandInfo } from '../client/command-runner.js';
import { Commands } from '../client/generated/commands.js';
import type { Reply } from '../client/reply.js';
import { ReplyReader, type ReplySink } from '../client/reply-reader.js';
import { RequestWriter } from '../client/request-writer.js';
import { type Outcome, outcomeOf, type Step } from './door-steps.case.js';
import type { OpenedStore } from './store.js';

/** One way in. */
export interface Door {
  readonly name: string;
  /** Runs the steps, one after the other. */
  run(steps: readonly Step[]): Promise<Outcome[]>;
  close(): Promise<void>;
}

/** By promises; steps are asked for without waiting for those before, but where one may block, which has a session of its own. */
export function promiseDoor(kv: OpenedStore): Door {
  const run = async (steps: readonly Step[]): Promise<Outcome[]> => {
    const outcomes: Promise<Outcome>[] = [];
    for (const step of steps) {
      if (step.method === 'blpop') await Promise.all(outcomes);
      outcomes.push(outcomeOf(kv, step));
      if (step.method === 'blpop') await Promise.all(outcomes);
    }
    return Promise.all(outcomes);
  };
  return { name: 'promises', run, close: async () => {} };
}

/** At once. */
export function directDoor(kv: OpenedStore): Door {
  const run = async (steps: readonly Step[]): Promise<Outcome[]> => {
    const outcomes: Outcome[] = [];
    for (const step of steps) outcomes.push(await outcomeOf(kv.sync, step));
    return outcomes;
  };
  return { name: 'at once', run, close: async () => {} };
}

/** From a worker that has attached to the store. */
export async function workerDoor(kv: OpenedStore, way: 'promises' | 'at once'): Promise<Door> {
  const worker = new Worker(new URL('./door-worker.case.js', import.meta.url), kv.share({ way }));
  await once(worker, 'message');
  return {
    name: `attached, ${way}`,
    run: async (steps) => {
      worker.postMessage(steps);
      const [outcomes] = (await once(worker, 'message')) as [Outcome[]];
      return outcomes;
    },
    close: async () => {
      const exited = once(worker, 'exit');
      worker.postMessage(undefined);
      await exited;
    },
  };
}

/** Over TCP. */
export async function socketDoor(port: number): Promise<Door> {
  const socket = connectSocket(port, '127.0.0.1');
  await once(socket, 'connect');
  const commands = new SocketCommands(socket);
  await commands.hello();
  return {
    name: 'TCP',
    run: (steps) => Promise.all(steps.map((step) => outcomeOf(commands, step))),
    close: async () => {
      const closed = once(socket, 'close');
      socket.end();
      await closed;
    },
  };
}

interface Waiting {
  readonly command: CommandInfo;
  readonly asBuffers: boolean;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** The plainest client there can be. */
class SocketCommands extends Commands<string, 'promise'> implements ReplySink {
  readonly #socket: Socket;
  readonly #writer = new RequestWriter();
  readonly #reader = new ReplyReader(this);
  readonly #waiting: Waiting[] = [];
  #asBuffers = false;

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#reader.feed(bytes, 0, bytes.length));
  }

  get buffers(): SocketCommands {
    this.#asBuffers = true; // for the call that follows
    return this;
  }

  hello(): Promise<unknown> {
    return this.run({ words: ['HELLO', '3'], isReadOnly: true }, []);
  }

  wantsBuffers(): boolean {
    const first = this.#waiting[0];
    return first !== undefined && (first.asBuffers || first.command.repliesBytes === true);
  }

  reply(value: Reply): void {
    const { command, resolve, reject } = this.#waiting.shift() as Waiting;
    if (value instanceof Error) reject(value);
    else resolve(command.convert === undefined ? value : command.convert(value));
  }

  push(): void {}

  protected override run(command: CommandInfo, args: readonly Argument[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asBuffers = this.#asBuffers;
      this.#asBuffers = false;
      this.#writer.add(command, args);
      this.#waiting.push({ command, asBuffers, resolve, reject });
      this.#socket.write(Buffer.from(this.#writer.take()));
      this.#writer.sent();
    });
  }
}
