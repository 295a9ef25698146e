/**
 * Transactions: commands that are collected, and leave as MULTI, all of them, EXEC in one piece.
 *
 * ```
 *   kv.multi().set('a', 1).get('a').exec()     ──►  MULTI  SET a 1  GET a  EXEC        ['OK', '1']
 * ```
 *
 * The common connection serves, because the whole piece is one request: nothing gets in between, it is never cut in two by a lost
 * connection, and it is sent again only as any command that writes is. A server without transactions would take MULTI for an
 * error and run the rest one by one: so the first transaction on a connection waits for the reply to an empty one (`Link`).
 */

import { writing } from './command.js';
import type { Argument, CommandInfo } from './command-runner.js';
import { ReplyError, UsageError } from './errors.js';
import { Commands } from './generated/commands.js';
import { rawCommand } from './raw-command.js';
import type { Reply, Text } from './reply.js';
import { type Call, type GroupMember, Request } from './request.js';

const TRANSACTION = writing('MULTI EXEC');

/** Runs a request that has been made ready. */
export type RunRequest = (request: Request) => Promise<unknown>;

/** The names of the methods that stand for commands. */
type CommandName = keyof Commands<string, 'value'>;

/** The typed commands, each of which gives the transaction again, with its reply at the end of the list. */
type Chain<T extends Text, R extends readonly unknown[], A> = {
  [K in CommandName]: Commands<T, 'value'>[K] extends (...args: infer P) => infer V
    ? (...args: P) => Transaction<T, [...R, V], A>
    : never;
};

/**
 * A transaction with replies `R` so far.
 *
 * Where a method's reply depends on its options, the list has all that it can be. `A` is what `exec` gives when a watched key has
 * changed: `never` where none is watched.
 *
 * The type parameters say `in out` for the compiler's sake: it must not find out by comparing all methods of two
 * transactions, and of those that these return, and so on.
 */
export interface Transaction<
  in out T extends Text = string,
  in out R extends readonly unknown[] = [],
  in out A = never,
> extends Chain<T, R, A> {
  /** Adds any command, by its name. */
  send(command: string, ...args: Argument[]): Transaction<T, [...R, Reply<T>], A>;
  /**
   * Runs all of it, with nothing of others in between. Resolves with the replies, in order.
   *
   * @throws ReplyError when the server refuses the transaction: nothing has been run then; or when one of the commands has
   *     failed: the others have been run all the same, as Redis does not roll back
   */
  exec(): Promise<R | A>;
  /** As `exec`, but the errors of single commands are among the replies. */
  execSettled(): Promise<{ [I in keyof R]: R[I] | ReplyError } | A>;
}

/** A transaction that has nothing in it yet. */
export function beginTransaction<T extends Text, A>(
  call: Call,
  runRequest: RunRequest,
): Transaction<T, [], A> {
  // Its methods return it itself, which only `Transaction` can say.
  return new Collector<T>(call, runRequest) as unknown as Transaction<T, [], A>;
}

class Collector<T extends Text> extends Commands<T, 'value'> {
  private readonly call: Call;
  private readonly runRequest: RunRequest;
  private readonly members: GroupMember[] = [];
  private hasBegun = false;

  constructor(call: Call, runRequest: RunRequest) {
    super();
    this.call = call;
    this.runRequest = runRequest;
  }

  send(name: string, ...args: Argument[]): unknown {
    return this.run(rawCommand(name, args), args);
  }

  async exec(): Promise<unknown[] | undefined> {
    const replies = await this.execSettled();
    const error = replies?.find((reply) => reply instanceof ReplyError);
    if (error !== undefined) throw error;
    return replies;
  }

  async execSettled(): Promise<unknown[] | undefined> {
    if (this.hasBegun) throw new UsageError('a transaction can be executed once: begin another with multi()');
    this.hasBegun = true;
    const request = new Request(TRANSACTION, [], this.call);
    request.group = this.members;
    return readReplies((await this.runRequest(request)) as Reply[], this.members);
  }

  protected override run(command: CommandInfo, args: readonly Argument[]): unknown {
    if (this.hasBegun)
      throw new UsageError(`${command.words.join(' ')} comes after exec(): it can't be added any more`);
    if (command.repliesBytes === true && !this.call.asBuffers)
      throw new UsageError(`${command.words.join(' ')} replies with bytes: use kv.buffers.multi()`);
    this.members.push({ command, args });
    return this;
  }
}

/** What the commands have replied, out of the replies to MULTI, to each of them ("QUEUED"), and to EXEC. */
function readReplies(replies: Reply[], members: readonly GroupMember[]): unknown[] | undefined {
  const [begun] = replies;
  if (begun instanceof ReplyError) throw named(begun, 'MULTI');
  const executed = replies[replies.length - 1];
  if (executed instanceof ReplyError) throw named(executed, 'EXEC', refusedMember(replies, members));
  if (executed === undefined) return undefined;
  return (executed as Reply[]).map((reply, index) => convertMember(reply, members[index]!.command));
}

/** The error of the command that the server has not let into the transaction: the reason why it refuses all of it. */
function refusedMember(replies: Reply[], members: readonly GroupMember[]): ReplyError | undefined {
  for (const [index, { command }] of members.entries()) {
    const reply = replies[index + 1];
    if (reply instanceof ReplyError) return named(reply, command.words.join(' '));
  }
  return undefined;
}

function convertMember(reply: Reply, command: CommandInfo): unknown {
  if (reply instanceof ReplyError) return named(reply, command.words.join(' '));
  return command.convert === undefined ? reply : command.convert(reply);
}

function named(error: ReplyError, command: string, cause?: ReplyError): ReplyError {
  error.command = command;
  if (cause !== undefined) error.cause = cause;
  return error;
}
