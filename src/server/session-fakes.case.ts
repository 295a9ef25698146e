/**
 * Stand-ins for the tests of sessions: a reactor that does nothing until told, connections without sockets, a log that becomes
 * durable when the test says so, and an executor with a few commands that need no data.
 */

import { Users } from '../engine/acl/users.js';
import {
  Attention,
  createAttentionShared,
  REPLY_OFF,
  REPLY_SKIP_NEXT,
  settleReply,
  skipsNext,
} from '../engine/attention.js';
import type { Client, LateReply } from '../engine/client.js';
import { CommandTable } from '../engine/command.js';
import { Config } from '../engine/config/config.js';
import { CLOSE, DONE, POSTPONED, SUSPENDED } from '../engine/executor.js';
import type { Parser } from '../engine/parser.js';
import { ReplyWriter } from '../engine/reply.js';
import { createStatisticsShared, Statistics } from '../engine/statistics.js';
import { followConfig } from '../engine/users-changes.js';
import { ClientWaits } from './client-waits.js';
import type { Logger } from './console.js';
import {
  type ConnectionHandler,
  OUTPUT_LOW_WATER_BYTES,
  type Reactor,
  type ReactorHandler,
  type Transport,
} from './reactor.js';
import { type RequestExecutor, Session } from './session.js';
import { type Maintenance, type SessionLog, Sessions } from './sessions.js';

/** Turns, wake-ups and timers happen when the test calls for them. */
export class FakeReactor implements Reactor {
  nowMs = 1_700_000_000_000;
  word = 0;
  /** What `armWake` was last told; undefined when nothing is outstanding. */
  armed: number | undefined = undefined;
  isListening = true;
  handler: ReactorHandler | undefined = undefined;
  readonly timers: { intervalMs: number; work: () => void }[] = [];
  readonly later: (() => void)[] = [];
  private inTurn = false;

  serve(handler: ReactorHandler): void {
    this.handler = handler;
  }

  async listen(): Promise<number> {
    return 1;
  }

  async stopListening(): Promise<void> {
    this.isListening = false;
  }

  enterTurn(): void {
    if (this.inTurn) return;
    this.inTurn = true;
    this.handler?.turnBegins(this.nowMs);
  }

  wakeValue(): number {
    return this.word;
  }

  armWake(seen: number): void {
    this.armed ??= seen;
  }

  yield(): void {}

  soon(work: () => void): void {
    this.later.push(work);
  }

  every(intervalMs: number, work: () => void): () => void {
    const timer = { intervalMs, work };
    this.timers.push(timer);
    return () => {
      this.timers.splice(this.timers.indexOf(timer), 1);
    };
  }

  async stop(): Promise<void> {}

  /** Runs `events` as one turn. */
  turn(events: () => void): void {
    this.enterTurn();
    events();
    this.endTurn();
  }

  /** Ends the turn, and has those that follow from wake-ups at once. */
  endTurn(): void {
    if (this.inTurn) {
      this.inTurn = false;
      this.handler?.turnEnds();
    }
    if (this.armed === undefined || this.armed === this.word) return;
    this.armed = undefined;
    this.turn(() => this.handler?.woken());
  }

  /** Does what was to be done soon, in a turn of its own. */
  doLater(): void {
    this.turn(() => {
      for (const work of this.later.splice(0)) work();
    });
  }

  /** The log thread bumps the wake word. */
  bump(): void {
    this.word++;
    this.endTurn();
  }

  /** Runs every timer of that interval, time having passed. */
  tick(intervalMs: number, passedMs: number): void {
    this.nowMs += passedMs;
    this.turn(() => {
      for (const timer of [...this.timers]) if (timer.intervalMs === intervalMs) timer.work();
    });
  }
}

/** A connection whose peer reads when the test says so. */
export class FakeTransport implements Transport {
  readonly remoteAddress: string;
  readonly localAddress = '127.0.0.1:3000';
  /** What the kernel takes without the peer reading. */
  kernelBytes = Number.POSITIVE_INFINITY;
  pendingBytes = 0;
  isReading = true;
  isEnded = false;
  isClosed = false;
  keepAliveSeconds = -1;
  writes = 0;
  handler: ConnectionHandler | undefined = undefined;
  private readonly chunks: Buffer[] = [];

  constructor(remoteAddress = '127.0.0.1:50000') {
    this.remoteAddress = remoteAddress;
  }

  write(bytes: Uint8Array, from: number, to: number): boolean {
    if (this.isEnded || this.isClosed) return false;
    this.writes++;
    this.chunks.push(Buffer.from(bytes.slice(from, to)));
    const taken = Math.min(to - from, this.kernelBytes);
    this.kernelBytes -= taken;
    this.pendingBytes += to - from - taken;
    return false;
  }

  pauseReading(): void {
    this.isReading = false;
  }

  resumeReading(): void {
    this.isReading = true;
  }

  setKeepAlive(seconds: number): void {
    this.keepAliveSeconds = seconds;
  }

  end(): void {
    this.isEnded = true;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Everything written so far. */
  get sent(): string {
    return Buffer.concat(this.chunks).toString('latin1');
  }

  /** The peer reads `bytes` more of what is pending. */
  read(bytes: number): void {
    const before = this.pendingBytes;
    this.pendingBytes = Math.max(0, before - bytes);
    if (before > OUTPUT_LOW_WATER_BYTES && this.pendingBytes <= OUTPUT_LOW_WATER_BYTES)
      this.handler?.writable();
  }
}

/** LSNs are handed out by the executor; the test decides how far they are acknowledged. */
export class FakeLog implements SessionLog {
  lastLsn = 0;
  acknowledgedLsn = 0;
  isEnabled = true;
  hasFailed = false;
  flushes = 0;
  wakeRequests = 0;

  flush(): void {
    this.flushes++;
  }

  requestWake(): void {
    this.wakeRequests++;
  }

  acknowledged(): number {
    return this.isEnabled ? this.acknowledgedLsn : Number.POSITIVE_INFINITY;
  }

  failed(): boolean {
    return this.hasFailed;
  }
}

/**
 * PING; ECHO text; BIG bytes (a bulk of x); SET (takes the next LSN, waits for it); GET (waits for the last LSN); WAIT (suspends
 * until the test settles it); PUT (OK, but not during a pause); MUTE (no replies from now on); SKIP (none to the next request);
 * HELLO (RESP3); QUIT.
 */
export class FakeExecutor implements RequestExecutor {
  readonly executed: string[] = [];
  readonly suspended: ((late: LateReply) => void)[] = [];
  nowMs = 0;
  private readonly reply: ReplyWriter;
  private readonly log: FakeLog;
  private readonly attention: Attention;

  constructor(reply: ReplyWriter, log: FakeLog, attention: Attention) {
    this.reply = reply;
    this.log = log;
    this.attention = attention;
  }

  setNow(nowMs: number): void {
    this.nowMs = nowMs;
  }

  execute(client: Client, parser: Parser, bytes: Uint8Array): number {
    const words: string[] = [];
    for (let index = 0; index < parser.argumentCount; index++) {
      const offset = parser.argumentOffset[index]!;
      words.push(Buffer.from(bytes.slice(offset, offset + parser.argumentSize[index]!)).toString('latin1'));
    }
    this.reply.protocol = client.protocol;
    client.lastInteractionMs = this.nowMs;
    const name = words[0]!.toUpperCase();
    client.lastCommand = name.toLowerCase();
    if (name === 'PUT' && this.attention.pauseAt(this.nowMs) !== 0) return POSTPONED;
    this.executed.push(name);
    const mark = this.reply.mark();
    skipsNext(client);
    const outcome = this.run(client, name, words);
    if (outcome !== SUSPENDED) settleReply(client, this.reply, mark);
    return outcome;
  }

  private run(client: Client, name: string, words: readonly string[]): number {
    switch (name) {
      case 'PING':
        this.reply.status('PONG');
        return DONE;
      case 'ECHO':
        this.reply.bulk(Buffer.from(words[1]!, 'latin1'), 0, words[1]!.length);
        return DONE;
      case 'BIG': {
        const value = Buffer.alloc(Number(words[1]), 'x');
        this.reply.bulk(value, 0, value.length);
        return DONE;
      }
      case 'SET':
        this.log.lastLsn += 8;
        client.waitLsn = this.log.lastLsn;
        this.reply.ok();
        return DONE;
      case 'GET':
        client.waitLsn = this.log.lastLsn;
        this.reply.integer(this.log.lastLsn);
        return DONE;
      case 'WAIT':
        client.pending = new Promise((resolve) => {
          this.suspended.push(resolve);
        });
        return SUSPENDED;
      case 'KILL':
        client.lastCommand = 'client|kill';
        client.pending = new Promise((resolve) => {
          this.suspended.push(resolve);
        });
        return SUSPENDED;
      case 'PUT':
        this.reply.ok();
        return DONE;
      case 'MUTE':
        client.attention |= REPLY_OFF;
        return DONE;
      case 'SKIP':
        client.attention |= REPLY_SKIP_NEXT;
        return DONE;
      case 'HELLO':
        client.protocol = 3;
        this.reply.protocol = 3;
        this.reply.nil();
        return DONE;
      case 'QUIT':
        this.reply.ok();
        return CLOSE;
      default:
        this.reply.error(`ERR unknown command '${words[0]}'`);
        return DONE;
    }
  }
}

/** All of a thread that has no data, over `reactor`. */
export class DatalessThread<R extends Reactor> {
  readonly reactor: R;
  readonly log = new FakeLog();
  readonly reply = new ReplyWriter();
  readonly attention = new Attention(createAttentionShared());
  readonly executor = new FakeExecutor(this.reply, this.log, this.attention);
  readonly statistics: Statistics;
  readonly config = new Config();
  readonly users = new Users(new CommandTable([]));
  readonly notices: string[] = [];
  readonly warnings: string[] = [];
  /** What `slice` answers, in order; then false. */
  readonly slices: boolean[] = [];
  sliceCount = 0;
  readonly waits: ClientWaits;
  readonly sessions: Sessions;

  constructor(
    reactor: R,
    settings: readonly (readonly [string, string])[] = [],
    statistics: Statistics = new Statistics(createStatisticsShared(), 0),
  ) {
    this.reactor = reactor;
    this.statistics = statistics;
    followConfig(this.users, this.config);
    this.config.apply(settings);
    const logger: Logger = {
      debug: () => {},
      verbose: () => {},
      notice: (text) => this.notices.push(text),
      warning: (text) => this.warnings.push(text),
    };
    const maintenance: Maintenance = {
      slice: () => {
        this.sliceCount++;
        return this.slices.shift() ?? false;
      },
    };
    this.waits = new ClientWaits(this.reactor);
    this.sessions = new Sessions({
      waits: this.waits,
      blocking: { size: 0, isHeldUp: false, finished: [], serve: () => {}, forget: () => {} },
      monitors: { hasLines: false, turnEnds: () => {}, remove: () => {} },
      reactor: this.reactor,
      executor: this.executor,
      reply: this.reply,
      log: this.log,
      maintenance,
      statistics: this.statistics,
      attention: this.attention,
      instruments: { noteRates: () => {}, maintained: () => {} },
      users: this.users,
      config: this.config,
      logger,
    });
    this.sessions.start();
  }
}

/** A thread that has no sockets either: time passes and bytes arrive when the test says so. */
export class FakeThread extends DatalessThread<FakeReactor> {
  /** @param statistics those of one thread of several, where there are more */
  constructor(settings: readonly (readonly [string, string])[] = [], statistics?: Statistics) {
    super(new FakeReactor(), settings, statistics);
  }

  /** A new connection; `session` is undefined when it was refused. */
  connect(remoteAddress?: string): { transport: FakeTransport; session: Session | undefined } {
    const transport = new FakeTransport(remoteAddress);
    this.reactor.turn(() => {
      transport.handler = this.sessions.accepted(transport);
    });
    return { transport, session: transport.handler instanceof Session ? transport.handler : undefined };
  }

  /** One turn in which `text` arrives, in receives of at most `chunkBytes`. */
  receive(transport: FakeTransport, text: string, chunkBytes = 65536): void {
    this.reactor.turn(() => this.deliver(transport, text, chunkBytes));
  }

  /** As `receive`, within a turn of the test's. The receive buffer is overwritten after each call, as a reactor's is. */
  deliver(transport: FakeTransport, text: string, chunkBytes = 65536): void {
    const bytes = Buffer.from(text, 'latin1');
    for (let from = 0; from < bytes.length; from += chunkBytes) {
      const chunk = bytes.subarray(from, from + chunkBytes);
      const buffer = Buffer.alloc(chunk.length + 7, '?');
      chunk.copy(buffer, 7);
      transport.handler?.receive(buffer, 7, buffer.length);
      buffer.fill('!');
    }
  }

  /** The log thread syncs up to `lsn` and bumps the wake word. */
  becomeDurable(lsn: number): void {
    this.log.acknowledgedLsn = lsn;
    this.reactor.bump();
  }

  /** Lets promises settle, then ends the turn that they began. */
  async settle(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.reactor.endTurn();
  }
}

/** A request as an array of bulk strings. */
export function request(...words: string[]): string {
  return `*${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
}
