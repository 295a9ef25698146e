/**
 * Optimistic locking: WATCH, read, decide, MULTI ... EXEC, on a connection that nobody else uses meanwhile.
 *
 * What is watched belongs to the connection. When that is lost, so is the watch: everything of this session fails then,
 * and nothing is sent again on another connection.
 */

import { writing } from './command.js';
import type { Argument, CommandInfo } from './command-runner.js';
import { ConnectionError } from './errors.js';
import { Commands } from './generated/commands.js';
import type { Link } from './link.js';
import type { Text } from './reply.js';
import { type Call, Request } from './request.js';
import { beginTransaction, type Transaction } from './transaction.js';

const WATCH = writing('WATCH');

/** What a watch needs of its client. */
export interface WatchHost {
  makeLink(role: 'transaction', hooks: object): Link;
  runRequest(request: Request, link: Link): Promise<unknown>;
}

/** The commands, on the connection that watches: what `kv.watch` gives to its function. */
export class WatchedView<T extends Text = string> extends Commands<T, 'promise'> {
  private readonly host: WatchHost;
  private readonly link: Link;
  private readonly call: Call;
  private readonly isOver: () => boolean;

  /** @internal */
  constructor(host: WatchHost, link: Link, call: Call, isOver: () => boolean) {
    super();
    this.host = host;
    this.link = link;
    this.call = call;
    this.isOver = isOver;
  }

  /**
   * Begins a transaction that is only run if no watched key has been changed by others since: else its `exec` resolves with
   * `undefined`. It ends the watch either way.
   */
  multi(): Transaction<T, [], undefined> {
    return beginTransaction(this.call, (request) => this.submit(request));
  }

  protected override run(command: CommandInfo, args: readonly Argument[]): Promise<unknown> {
    return this.submit(new Request(command, args, this.call));
  }

  private submit(request: Request): Promise<unknown> {
    if (!this.isOver()) return this.host.runRequest(request, this.link);
    const what = `${request.name} has not been run: the connection that watched its keys has ended`;
    return Promise.reject(new ConnectionError('CONNECTION_LOST', what));
  }
}

/** Watches `keys` on a connection of its own while `work` runs; resolves with what that gives. */
export async function watch<T extends Text, R>(
  host: WatchHost,
  keys: readonly Argument[],
  call: Call,
  work: (view: WatchedView<T>) => Promise<R>,
): Promise<R> {
  const link = host.makeLink('transaction', {});
  const pinnedCall: Call = { ...call, retry: 'never' };
  try {
    await link.open();
    await link.prepareTransactions();
    const { greeting } = link;
    const view = new WatchedView<T>(host, link, pinnedCall, () => link.greeting !== greeting);
    await host.runRequest(new Request(WATCH, keys, pinnedCall), link);
    return await work(view);
  } finally {
    void link.close();
  }
}
