/**
 * The reactor threads as the main thread sees them: a worker and a line of calls for each.
 *
 * A reactor that ends by itself is a broken invariant (operating errors are answered, not thrown), and it may
 * have ended in the middle of a change: nobody may go on with that memory, so `onCrash` stops the process.
 */

import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import { CrabError } from '../base/errors.js';
import { LogControl } from '../engine/wal/log-control.js';
import { Channel } from './control.js';
import type { MainCalls, ReactorCalls } from './messages.js';
import type { SharedState } from './shared-state.js';

type Call = keyof ReactorCalls & string;
type Argument<Name extends Call> = ReactorCalls[Name] extends (argument: infer A) => unknown ? A : undefined;
type Answer<Name extends Call> = Awaited<ReturnType<ReactorCalls[Name]>>;

/** Everything of a `SharedState` that does not differ from thread to thread. */
export type CommonState = Omit<SharedState, 'threadIndex' | 'port'>;

interface ReactorThread {
  readonly worker: Worker;
  readonly channel: Channel<ReactorCalls, MainCalls>;
  readonly exited: Promise<void>;
}

export class Reactors {
  readonly #threads: ReactorThread[] = [];
  #isStopping = false;

  /** Starts `common.threadCount` threads and resolves when all of them serve calls. */
  static async start(
    common: CommonState,
    calls: Omit<MainCalls, 'ready'>,
    onCrash: (error: Error) => void,
  ): Promise<Reactors> {
    const reactors = new Reactors();
    const ready: Promise<void>[] = [];
    for (let index = 0; index < common.threadCount; index++) {
      ready.push(
        new Promise((resolve, reject) =>
          reactors.#startThread(common, index, calls, onCrash, resolve, reject),
        ),
      );
    }
    try {
      await Promise.all(ready);
    } catch (error) {
      await reactors.stop();
      throw error;
    }
    return reactors;
  }

  get count(): number {
    return this.#threads.length;
  }

  /** Calls one reactor. */
  call<Name extends Call>(index: number, name: Name, argument: Argument<Name>): Promise<Answer<Name>> {
    const thread = this.#threads[index];
    if (thread === undefined) return Promise.reject(new RangeError(`there is no reactor ${index}`));
    return thread.channel.call(name, argument as never) as Promise<Answer<Name>>;
  }

  /** Calls all reactors with the same argument; the answers come in thread order. */
  all<Name extends Call>(name: Name, argument: Argument<Name>): Promise<Answer<Name>[]> {
    return Promise.all(this.#threads.map((_, index) => this.call(index, name, argument)));
  }

  /** Ends all threads: those that don't end by themselves within `patienceMs` are terminated. */
  async stop(patienceMs = 1_000): Promise<void> {
    this.#isStopping = true;
    const stopped = this.#threads.map(async ({ channel, worker, exited }) => {
      channel.call('stop', undefined).catch(() => {}); // it may have ended already
      const timer = setTimeout(() => void worker.terminate(), patienceMs);
      await exited;
      clearTimeout(timer);
      channel.close();
    });
    await Promise.all(stopped);
  }

  #startThread(
    common: CommonState,
    index: number,
    calls: Omit<MainCalls, 'ready'>,
    onCrash: (error: Error) => void,
    resolve: () => void,
    reject: (error: Error) => void,
  ): void {
    const { port1, port2 } = new MessageChannel();
    const control = new LogControl(common.log);
    const channel = new Channel<ReactorCalls, MainCalls>(port1, () => control.announceMessage(index));
    channel.serve({ ...calls, ready: resolve });
    const worker = startWorker(
      './reactor-thread.js',
      `crabkv reactor ${index}`,
      { ...common, threadIndex: index },
      port2,
    );
    const crashed = (error: Error): void => {
      reject(error);
      if (!this.#isStopping) onCrash(error);
    };
    const exited = new Promise<void>((done) => {
      worker.once('error', crashed);
      worker.once('exit', (code) => {
        done();
        crashed(
          new CrabError('THREAD_ENDED', `reactor thread ${index} ended unexpectedly (exit code ${code})`),
        );
      });
    });
    this.#threads.push({ worker, channel, exited });
  }
}

/** Starts a thread of the server; its `workerData` is `data` and the port. */
export function startWorker(module: string, name: string, data: object, port: MessagePort): Worker {
  return new Worker(new URL(module, import.meta.url), {
    name,
    workerData: { ...data, port },
    transferList: [port],
  });
}
