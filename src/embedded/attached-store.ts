/**
 * A store that another thread of the process has opened, in a worker: the same memory, the same methods. No message is sent for
 * a command.
 *
 * Detaching leaves nothing behind: what is asked for is answered, queues are left, what was appended is in the log's file. A
 * worker that ends without it does the same, as far as it can be done at once, when it exits.
 */

import { workerData } from 'node:worker_threads';
import { ConnectionError, UsageError } from '../client/errors.js';
import { limitPatience } from '../memory/baton.js';
import { LOCK_MS_MAX } from '../server/embedded-server.js';
import { atExit } from '../server/exit-work.js';
import { NodeReactor } from '../server/node/node-reactor.js';
import { assembleThread, type ServerThread } from '../server/thread.js';
import { Store, type StoreHandle } from './store.js';

/** A store in a thread that has attached to it. Made by `attach`. */
export class AttachedStore extends Store {
  readonly #thread: ServerThread;
  readonly #forgetExit: () => void;
  #closing: Promise<void> | undefined;

  constructor(thread: ServerThread, database: number) {
    super(thread, database, (error) => thread.control.crashed(error));
    this.#thread = thread;
    this.#forgetExit = atExit(() => this.#leave());
  }

  /** Gives this thread's part in the store up; the store itself stays open. What is under way is answered first. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    await this.finishCommands();
    await this.#thread.calls.drain();
    this.#forgetExit();
    this.#leave();
    await this.#thread.calls.stop();
  }

  /** What can be done at once. */
  #leave(): void {
    this.dropCommands();
    this.#thread.log.flush();
  }
}

/**
 * Attaches the calling worker to the store that `handle` comes from: see `OpenedStore.share`. It may be used as soon as this
 * resolves, and stays attached until `close`, or until the worker ends. It does not keep the worker alive.
 *
 * Rejects with `UsageError` when there is no handle, or it has been used; with `ConnectionError` CLIENT_CLOSED when the store has
 * been closed.
 */
export async function attach(handle: StoreHandle = handleOfWorker()): Promise<AttachedStore> {
  if (used.has(handle))
    throw new UsageError('this handle has been attached; share() makes one for each worker');
  used.add(handle);
  limitPatience(LOCK_MS_MAX);
  const thread = assembleThread(handle.state, ({ wakeWords, wakeIndex, now }) => {
    return new NodeReactor(wakeWords, wakeIndex, { now, isBackground: true });
  });
  if (thread.log.hasEnded()) throw tooLate(); // its line is dead, and would never tell
  try {
    await thread.control.serve(thread.calls);
  } catch (cause) {
    throw tooLate(cause);
  }
  thread.calls.begin();
  return new AttachedStore(thread, handle.database);
}

function tooLate(cause?: unknown): ConnectionError {
  return new ConnectionError(
    'CLIENT_CLOSED',
    'the store was closed before this thread attached to it',
    cause,
  );
}

const used = new WeakSet<StoreHandle>();

function handleOfWorker(): StoreHandle {
  const { kv } = (workerData ?? {}) as { kv?: StoreHandle };
  if (kv?.state === undefined) {
    throw new UsageError(
      'workerData.kv is no handle of a store: start the worker with new Worker(file, kv.share())',
    );
  }
  return kv;
}
