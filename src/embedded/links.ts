/**
 * The links of a store: one for what is answered soon, and one each for commands that block, which would hold up what is behind
 * them.
 *
 * As long as something is awaited the process is kept alive; nothing else of a store does that.
 */

import type { Argument, CommandInfo } from '../client/command-runner.js';
import { AbortedError, type ClientError, QueueFullError, TimeoutError } from '../client/errors.js';
import type { ServerThread } from '../server/thread.js';
import { Link, type LinkHost, type Waiting } from './link.js';
import { storeClosed } from './store-errors.js';

/** What can be asked for and not answered, as of the client over TCP: more is a program that does not wait for anything. */
const COMMANDS_MAX = 1_000_000;
const UNSENT_BYTES_MAX = 1024 * 1024 * 1024;
/** Commands that block at the same time. */
const BLOCKING_LINKS_MAX = 10_000;
/** Links that are kept for the next command that blocks. */
const IDLE_LINKS_MAX = 16;
/** `close` waits so long for answers that only somebody else can bring about, such as the end of a pause. */
const CLOSE_MS_MAX = 5_000;
/** The longest interval there is. */
const LONG_MS = 2 ** 31 - 1;

/** What holds for all calls of a view. */
export interface CallSettings {
  readonly asBuffers: boolean;
  /** 0: no limit. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}

export class Links implements LinkHost {
  private readonly thread: ServerThread;
  private readonly database: number;
  private readonly main: Link;
  /** For commands that block: those that wait for the next one, and all. */
  private readonly idleLinks: Link[] = [];
  private readonly blockingLinks = new Set<Link>();
  /** Those that wait for an answer. */
  private readonly waiting = new Set<Link>();
  private readonly keepAlive: NodeJS.Timeout;
  private isClosed = false;
  private onIdle: () => void = () => {};

  constructor(thread: ServerThread, database: number) {
    this.thread = thread;
    this.database = database;
    this.main = new Link(thread, database, this);
    this.keepAlive = setInterval(() => {}, LONG_MS).unref();
  }

  /** Commands that are not answered, and how many of them block. */
  get pendingCount(): number {
    return this.main.size + this.blockedCount;
  }

  get blockedCount(): number {
    return this.blockingLinks.size - this.idleLinks.length;
  }

  /** Runs a command. Rejects with a `ClientError`. */
  run(command: CommandInfo, args: readonly Argument[], settings: CallSettings): Promise<unknown> {
    if (this.isClosed || this.thread.sessions.isDraining) return Promise.reject(storeClosed());
    if (settings.signal?.aborted === true) return Promise.reject(aborted(command, false, settings.signal));
    const link = waitsForData(command) ? this.blockingLink() : this.main;
    if (link === undefined || link.size >= COMMANDS_MAX || link.unsentBytes >= UNSENT_BYTES_MAX) {
      return Promise.reject(queueFull(command, link));
    }
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { command, asBuffers: settings.asBuffers, resolve, reject };
      const isLimited = settings.signal !== undefined || settings.timeoutMs !== 0;
      link.run(isLimited ? this.limited(link, waiting, settings) : waiting, args);
    });
  }

  /** Executes what was asked for and was not executed yet. */
  catchUp(): void {
    this.main.flush();
  }

  /** Takes no more commands; resolves when all but those that block are answered. Those fail. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const link of this.blockingLinks) link.hangUp(storeClosed());
    this.main.flush();
    if (this.main.size !== 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, CLOSE_MS_MAX);
        this.onIdle = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.hangUp();
  }

  /** Ends all sessions at once. */
  hangUp(): void {
    this.isClosed = true;
    for (const link of this.blockingLinks) link.hangUp(storeClosed());
    this.main.hangUp(storeClosed());
    clearInterval(this.keepAlive);
  }

  // --- what links tell

  waits(link: Link): void {
    if (this.waiting.size === 0) this.keepAlive.ref();
    this.waiting.add(link);
  }

  idle(link: Link): void {
    if (this.waiting.delete(link) && this.waiting.size === 0) this.keepAlive.unref();
    if (link === this.main) {
      this.onIdle();
    } else if (this.idleLinks.length < IDLE_LINKS_MAX && !this.isClosed) {
      if (!this.idleLinks.includes(link)) this.idleLinks.push(link);
    } else if (this.blockingLinks.delete(link)) {
      setImmediate(() => link.hangUp(storeClosed()));
    }
  }

  // --- inside

  /** A link whose session waits for nothing; undefined when there are too many. */
  private blockingLink(): Link | undefined {
    const idle = this.idleLinks.pop();
    if (idle !== undefined) return idle;
    if (this.blockingLinks.size >= BLOCKING_LINKS_MAX) return undefined;
    const link = new Link(this.thread, this.database, this);
    this.blockingLinks.add(link);
    return link;
  }

  /** Gives `waiting` up when its time is over or its signal is raised. A command that blocks takes nothing any more then. */
  private limited(link: Link, waiting: Waiting, { timeoutMs, signal }: CallSettings): Waiting {
    const { command } = waiting;
    const giveUp = (error: ClientError): void => {
      settled();
      waiting.reject(error);
      if (link !== this.main) link.hangUp(error);
    };
    const onAbort = (): void => giveUp(aborted(command, true, signal as AbortSignal));
    const onTimeout = (): void => giveUp(timedOut(command, timeoutMs));
    const timer = timeoutMs === 0 ? undefined : setTimeout(onTimeout, timeoutMs);
    signal?.addEventListener('abort', onAbort, { once: true });
    const settled = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    return {
      ...waiting,
      resolve: (value) => {
        settled();
        waiting.resolve(value);
      },
      reject: (error) => {
        settled();
        waiting.reject(error);
      },
    };
  }
}

/** WAIT and WAITAOF wait for what their own session has written: they stay with it. */
function waitsForData(command: CommandInfo): boolean {
  return command.blocking !== undefined && !(command.words[0] as string).startsWith('WAIT');
}

function aborted(command: CommandInfo, wasSent: boolean, signal: AbortSignal): AbortedError {
  return new AbortedError(
    `${command.words.join(' ')} was given up: its signal was raised`,
    wasSent,
    signal.reason,
  );
}

function timedOut(command: CommandInfo, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    'COMMAND_TIMEOUT',
    `${command.words.join(' ')} has had no answer for ${timeoutMs} ms: give it more time, or none (timeoutMs: 0)`,
    true,
  );
}

function queueFull(command: CommandInfo, link: Link | undefined): QueueFullError {
  const what =
    link === undefined
      ? `${BLOCKING_LINKS_MAX} commands block`
      : `${link.size} commands (${link.unsentBytes} bytes of them not executed) are unanswered`;
  return new QueueFullError(
    'QUEUE_FULL',
    `${command.words.join(' ')} is refused, as ${what}: wait for some of them`,
  );
}
