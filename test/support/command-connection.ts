/**
 * The typed commands over a plain socket: no queue, no retries, nothing of the client but its codec. It remembers what it has
 * sent last, so that a reply can be held against the command's spec.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Argument, CommandInfo } from '../../src/client/command-runner.js';
import { ReplyError } from '../../src/client/errors.js';
import { Commands } from '../../src/client/generated/commands.js';
import type { Reply, Text } from '../../src/client/reply.js';
import { ReplyReader } from '../../src/client/reply-reader.js';
import { RequestWriter } from '../../src/client/request-writer.js';

interface Waiting {
  readonly command: CommandInfo;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const HELLO: CommandInfo = { words: ['HELLO'], isReadOnly: true };

export class CommandConnection<T extends Text> extends Commands<T, 'promise'> {
  /** The words of the last command, and its arguments. */
  lastWords: readonly string[] = [];
  lastArguments: readonly Argument[] = [];
  readonly wantsBuffers: boolean;
  private readonly socket: Socket;
  private readonly waiting: Waiting[] = [];
  private readonly writer = new RequestWriter();

  private constructor(socket: Socket, wantsBuffers: boolean) {
    super();
    this.socket = socket;
    this.wantsBuffers = wantsBuffers;
    const reader = new ReplyReader({
      wantsBuffers: () => this.wantsBuffers || (this.waiting[0]?.command.repliesBytes ?? false),
      reply: (reply) => this.deliver(reply),
      push: () => {},
    });
    socket.on('data', (bytes) => reader.feed(bytes, 0, bytes.length));
    socket.on('close', () => {
      for (const { reject } of this.waiting) reject(new Error('the server has closed the connection'));
    });
  }

  /** Texts are strings, or Buffers with `wantsBuffers`. */
  static async open<T extends Text>(
    port: number,
    protocol: 2 | 3,
    wantsBuffers: boolean,
  ): Promise<CommandConnection<T>> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    const connection = new CommandConnection<T>(socket, wantsBuffers);
    await connection.run(HELLO, [protocol]);
    return connection;
  }

  close(): void {
    this.socket.destroy();
  }

  protected override run(command: CommandInfo, args: readonly Argument[]): Promise<unknown> {
    this.lastWords = command.words;
    this.lastArguments = args;
    this.writer.add(command, args);
    this.socket.write(Buffer.from(this.writer.take()));
    this.writer.sent();
    return new Promise((resolve, reject) => {
      this.waiting.push({ command, resolve, reject });
    });
  }

  private deliver(reply: Reply): void {
    const { command, resolve, reject } = this.waiting.shift()!;
    if (reply instanceof ReplyError) reject(reply);
    else resolve(command.convert === undefined ? reply : command.convert(reply));
  }
}
