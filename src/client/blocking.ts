/**
 * Connections for commands that wait: BLPOP and its like would hold up everything behind them.
 *
 * ```
 *   kv.blpop(...) ──► an idle lane, or a new one ──► its link, with nothing else on it ──► idle again ──(30 s)──► closed
 * ```
 *
 * Giving one up is more than not waiting for its reply: an element that it pops at that moment would be lost with the reply.
 * So the server is asked to let go of it (CLIENT UNBLOCK, over the common connection), and what it then replies decides: a
 * null, and the command fails as it was to; an element, and the command succeeds after all. Only if the server neither lets
 * go nor replies for CANCEL_MS_MAX is the connection closed: an element popped in that very moment is gone then, as the
 * error's `wasSent` warns.
 */

import { writing } from './command.js';
import type { Argument, CommandInfo } from './command-runner.js';
import { type ClientError, ConnectionError, QueueFullError } from './errors.js';
import type { Link, LinkHooks } from './link.js';
import type { Settings } from './options.js';
import { type Call, type Request, SETTLED } from './request.js';

/** How long a connection is kept that nobody needs. */
const IDLE_MS = 30_000;
/** How long the server may take to let go of a command. */
const CANCEL_MS_MAX = 1000;
/** It may not have begun to wait when it is told to stop: so it is told again. */
const CANCEL_AGAIN_MS = 20;

const CLIENT_UNBLOCK = writing('CLIENT UNBLOCK');
const CANCEL_CALL: Call = { timeoutMs: CANCEL_MS_MAX, signal: undefined, retry: 'never', asBuffers: false };

/** What the pool needs of its client. */
export interface BlockingHost {
  readonly settings: Settings;
  makeLink(role: 'blocking', hooks: LinkHooks): Link;
  /** Runs a command on the common connection. */
  runInternal(command: CommandInfo, args: readonly Argument[], call: Call): Promise<unknown>;
}

/** A connection, and the command that waits on it. */
interface Lane {
  readonly link: Link;
  request: Request | undefined;
  /** The server has been asked to let go of what waits, and has not answered: it could let go of the next one instead. */
  isCancelling: boolean;
  idleTimer: NodeJS.Timeout | undefined;
}

export class BlockingPool {
  readonly lanes = new Set<Lane>();
  private readonly idle: Lane[] = [];
  private readonly host: BlockingHost;

  constructor(host: BlockingHost) {
    this.host = host;
  }

  /**
   * The link for a command that may wait, which gets its own time added to its deadline. Undefined, and it fails: too many
   * wait.
   */
  linkFor(request: Request): Link | undefined {
    const { blockingConnectionsMax } = this.host.settings;
    const lane = this.idle.pop() ?? (this.lanes.size < blockingConnectionsMax ? this.open() : undefined);
    if (lane === undefined) {
      const what = `${request.name} would be one more than ${blockingConnectionsMax} commands that wait (blockingConnectionsMax)`;
      request.fail(new QueueFullError('QUEUE_FULL', what));
      return undefined;
    }
    clearTimeout(lane.idleTimer);
    lane.request = request;
    request.timeoutMs = timeoutOf(request);
    this.watch(lane, request);
    return lane.link;
  }

  /** Everything that waits is let go of; resolves when all connections are closed. */
  async close(): Promise<void> {
    const error = new ConnectionError('CLIENT_CLOSED', 'the client was closed while the command waited');
    await Promise.all(
      [...this.lanes].map((lane) => {
        lane.link.abandon(error);
        return this.dismiss(lane);
      }),
    );
  }

  async destroy(): Promise<void> {
    await Promise.all([...this.lanes].map((lane) => lane.link.destroy()));
  }

  private open(): Lane {
    const link = this.host.makeLink('blocking', {
      onGiveUp: (request, error) => {
        void this.cancel(lane, request, error);
        return true;
      },
    });
    const lane: Lane = { link, request: undefined, isCancelling: false, idleTimer: undefined };
    this.lanes.add(lane);
    return lane;
  }

  /** Frees the lane when the request is settled. */
  private watch(lane: Lane, request: Request): void {
    const { resolve, reject } = request;
    request.resolve = (value) => {
      this.release(lane);
      resolve(value);
    };
    request.reject = (error) => {
      this.release(lane);
      reject(error);
    };
  }

  private release(lane: Lane): void {
    lane.request = undefined;
    this.makeIdle(lane);
  }

  private makeIdle(lane: Lane): void {
    if (lane.isCancelling || lane.request !== undefined || !this.lanes.has(lane)) return;
    this.idle.push(lane);
    lane.idleTimer = setTimeout(() => void this.dismiss(lane), IDLE_MS).unref();
  }

  private dismiss(lane: Lane): Promise<void> {
    clearTimeout(lane.idleTimer);
    const index = this.idle.indexOf(lane);
    if (index !== -1) this.idle.splice(index, 1);
    this.lanes.delete(lane);
    return lane.link.close();
  }

  /** Asks the server to let go of a request, until it has been answered. */
  private async cancel(lane: Lane, request: Request, error: ClientError): Promise<void> {
    lane.isCancelling = true;
    const isSure = await this.unblock(lane, request);
    // A connection that may yet be told to let go, of whatever it has then, is not used again.
    if (!isSure) lane.link.drop(error);
    lane.isCancelling = false;
    this.makeIdle(lane);
  }

  /** True when the request is settled, and nothing is on its way to the server that could let go of another one. */
  private async unblock(lane: Lane, request: Request): Promise<boolean> {
    const id = lane.link.greeting?.id;
    const endMs = performance.now() + CANCEL_MS_MAX;
    while (id !== undefined && performance.now() < endMs) {
      const count = await this.host.runInternal(CLIENT_UNBLOCK, [id], CANCEL_CALL).catch(() => undefined);
      if (count === undefined) return false;
      if (request.state === SETTLED) return true;
      await new Promise((done) => setTimeout(done, CANCEL_AGAIN_MS));
      if (request.state === SETTLED) return true;
    }
    return false;
  }
}

/** The command's own time and that of the call. 0, for ever, if either is. */
function timeoutOf(request: Request): number {
  const { timeoutMs } = request.call;
  const { timeoutAt, timeoutUnitMs } = request.command.blocking!;
  const argument = request.args.at(timeoutAt);
  const text = argument instanceof Uint8Array ? Buffer.from(argument).toString() : String(argument);
  const own = Number(text) * timeoutUnitMs;
  if (!Number.isFinite(own) || own < 0) return timeoutMs; // the server will say what is wrong with it
  return own === 0 || timeoutMs === 0 ? 0 : own + timeoutMs;
}
