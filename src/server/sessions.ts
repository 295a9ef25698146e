/**
 * The sessions of one thread, and what they share: the reply writer, the limits, the clock of the turn, the list of those
 * that hold replies, and what runs now and then.
 *
 * At the end of every turn the log is woken once, for all the writes of the turn. Replies that wait for it leave as soon
 * as it is durable up to them: that is looked at in every turn, and when there is none, the log wakes this thread. So it does for
 * clients that wait for it by command (client-waits.ts).
 *
 *     turn: execute ... hold replies -> turnEnds: log.kick, release what the log has, anything left? arm the wake word
 *     log thread: write, sync, publish the acknowledged LSN, bump the wake words asked for -> woken: release
 *
 * No wake-up is lost: the wake word is read first, the log asked second, the acknowledged LSN read third.
 */

import { getHeapStatistics } from 'node:v8';
import type { Users } from '../engine/acl/users.js';
import { type Attention, setUser } from '../engine/attention.js';
import { Client } from '../engine/client.js';
import type { Config } from '../engine/config/config.js';
import * as errors from '../engine/errors.js';
import { PROTOCOL_RESP2, PROTOCOL_RESP3, type Protocol, type ReplyWriter } from '../engine/reply.js';
import type { ClientFilter, UnblockTarget } from '../engine/services.js';
import {
  STAT_BLOCKED_CLIENTS,
  STAT_BUFFER_BYTES,
  STAT_BYTES_IN,
  STAT_BYTES_OUT,
  STAT_CLIENTS_EVICTED,
  STAT_CONNECTED_CLIENTS,
  STAT_CONNECTIONS_RECEIVED,
  STAT_CONNECTIONS_REJECTED,
  STAT_HEAP_BYTES,
  STAT_HELD_REPLIES,
  STAT_INPUT_BYTES_MAX,
  STAT_MAINTENANCE_CUT,
  STAT_MAINTENANCE_US,
  STAT_OUTPUT_BYTES_MAX,
  STAT_READS,
  STAT_WRITES,
  type Statistics,
} from '../engine/statistics.js';
import type { UsersChange } from '../engine/users-changes.js';
import { TICK_MS } from '../structures/timing-wheel.js';
import { refusalOf } from './admission.js';
import { BlockedSessions, type SessionBlocking } from './blocked-sessions.js';
import { authenticateByCertificate } from './certificate-user.js';
import { ClientBudget } from './client-budget.js';
import type { ClientWaits } from './client-waits.js';
import { clientLine, matchesFilter } from './clients.js';
import type { Logger } from './console.js';
import type { ClientLine } from './messages.js';
import { PostponedSessions } from './postponed-sessions.js';
import type { ConnectionHandler, Reactor, ReactorHandler, Transport } from './reactor.js';
import { type RequestExecutor, Session, type SessionHost } from './session.js';
import { readLimits, type SessionLimits } from './session-limits.js';
import { changeUsers } from './session-users.js';

/** Idle connections and soft output limits are looked at this often. */
const LOOK_MS = 1000;
/**
 * Active expiry and freeing of memory start this often while clients are served, every LOOK_MS otherwise, and go on while
 * there is more to do.
 */
const MAINTENANCE_MS = 100;
/**
 * When there is much to do, slices of half a millisecond follow each other so many at a time, with the loop's events between
 * them, and then the thread rests: half of the processor is left to whom clients wait for.
 */
const SLICES_IN_A_ROW = 2;
const REST_MS = 1;
/** Shutting down, a peer that does not read its replies is waited for so long. */
const DRAIN_MS_MAX = 5000;
const DRAIN_LOOK_MS = 5;

/** What sessions need of the log. */
export interface SessionLog {
  /** What was appended since the last time is written, or handed to the log thread. */
  flush(): void;
  /** Asks for the wake word of this thread to be bumped when the acknowledged LSN has moved or the log has failed. */
  requestWake(): void;
  /** LSN up to which replies may leave. */
  acknowledged(): number;
  failed(): boolean;
}

/** Background work on the thread's share of the data, such as active expiry. */
export interface Maintenance {
  /** Works for at most about half a millisecond; true when there is more to do at once. */
  slice(nowMs: number): boolean;
}

/** What clients in MONITOR mode are shown: `MonitorFeed`. */
export interface SessionMonitors {
  /** There is something that has not been handed on. */
  readonly hasLines: boolean;
  turnEnds(): void;
  remove(client: Client): void;
}

/** Where it is noted what the thread does. */
export interface SessionInstruments {
  /** Called about every 100 ms while clients are served, with what came in and went out since the start. */
  noteRates(nowMs: number, bytesIn: number, bytesOut: number): void;
  /** A slice of maintenance took `ms`. */
  maintained(ms: number): void;
}

export interface SessionsOptions {
  readonly reactor: Reactor;
  readonly executor: RequestExecutor & { setNow(nowMs: number): void };
  /** The writer that `executor` writes to. */
  readonly reply: ReplyWriter;
  readonly log: SessionLog;
  readonly waits: ClientWaits;
  readonly blocking: SessionBlocking;
  readonly monitors: SessionMonitors;
  readonly maintenance: Maintenance;
  readonly statistics: Statistics;
  readonly attention: Attention;
  readonly instruments: SessionInstruments;
  readonly users: Users;
  readonly config: Config;
  readonly logger: Logger;
}

export class Sessions implements ReactorHandler, SessionHost {
  readonly reply: ReplyWriter;
  readonly executor: SessionsOptions['executor'];
  readonly limits: SessionLimits;
  nowMs: number;
  /** The server ends: no request that comes from now on is executed. */
  isDraining = false;
  /** What a command of no session has thrown, which none may: memory can't be trusted any more. Told at the turn's end. */
  failure: unknown = undefined;
  onFailure: (error: unknown) => void = () => {};
  private readonly reactor: Reactor;
  private readonly log: SessionLog;
  private readonly waits: ClientWaits;
  private readonly monitors: SessionMonitors;
  private readonly maintenance: Maintenance;
  private readonly statistics: Statistics;
  private readonly attention: Attention;
  private readonly instruments: SessionInstruments;
  private readonly users: Users;
  private readonly config: Config;
  private readonly logger: Logger;
  private readonly byId = new Map<number, Session>();
  /** Sessions with held replies, in no order. */
  private readonly holding: Session[] = [];
  private readonly postponed: PostponedSessions;
  private readonly blocked: BlockedSessions;
  private readonly budget: ClientBudget;
  /** It will be looked at once the events of this turn are over. */
  private isLookingAtBudget = false;
  private isMaintaining = false;
  /** Since maintenance was started last. */
  private hasServed = true;
  private maintainsOften = false;
  private slices = 0;
  private maintainedMs = 0;

  constructor(options: SessionsOptions) {
    this.reactor = options.reactor;
    this.executor = options.executor;
    this.reply = options.reply;
    this.log = options.log;
    this.waits = options.waits;
    this.monitors = options.monitors;
    this.maintenance = options.maintenance;
    this.statistics = options.statistics;
    this.attention = options.attention;
    this.instruments = options.instruments;
    this.users = options.users;
    this.config = options.config;
    this.logger = options.logger;
    this.nowMs = options.reactor.nowMs;
    this.limits = readLimits(options.config);
    this.postponed = new PostponedSessions(this.reactor, this.attention);
    this.blocked = new BlockedSessions(this.reactor, options.blocking, this.byId, this.postponed);
    this.budget = new ClientBudget(this.statistics);
    this.budget.readConfig(this.config);
    options.config.onChange(() => this.applyConfig());
  }

  /** Takes the reactor over and begins the periodic work. */
  start(): void {
    this.reactor.serve(this);
    this.reactor.every(LOOK_MS, () => this.look());
    this.maintainOften();
  }

  /**
   * For who runs commands for long without letting the loop have its turn: time goes on, what was appended to the log is on its
   * way, and a slice of maintenance is done when it is due. To be called in a turn.
   */
  turnGoesOn(nowMs: number): void {
    this.turnBegins(nowMs);
    this.log.flush();
    if (nowMs - this.maintainedMs < MAINTENANCE_MS) return;
    this.maintainedMs = nowMs;
    if (this.attention.pauseAt(nowMs) === 0) this.maintenance.slice(nowMs);
  }

  // --- The reactor's events ---

  turnBegins(nowMs: number): void {
    this.nowMs = nowMs;
    this.executor.setNow(nowMs);
  }

  accepted(transport: Transport): ConnectionHandler | undefined {
    if (this.isDraining) return undefined;
    const statistics = this.statistics;
    const clientCount = statistics.total(STAT_CONNECTED_CLIENTS);
    const refusal = refusalOf(transport.remoteAddress, clientCount, this.users, this.config);
    if (refusal !== undefined) {
      statistics.add(STAT_CONNECTIONS_REJECTED, 1);
      transport.write(refusal, 0, refusal.length);
      return undefined;
    }
    statistics.add(STAT_CONNECTIONS_RECEIVED, 1);
    statistics.add(STAT_CONNECTED_CLIENTS, 1);
    const keepAliveSeconds = this.config.integer('tcp-keepalive');
    if (keepAliveSeconds > 0) transport.setKeepAlive(keepAliveSeconds);
    const session = this.begin(transport, PROTOCOL_RESP2, !this.users.needPassword); // the first byte may say that it is text
    setUser(session.client, this.users.defaultUser);
    const doubt = authenticateByCertificate(session.client, transport, this.config, this.users);
    if (doubt !== undefined) this.logger.verbose(doubt);
    return session;
  }

  refused(peer: string, reason: string): void {
    this.logger.verbose(`Error accepting a client connection: ${reason} (${peer})`);
  }

  /**
   * A session of this process's own, which speaks RESP3 and needs no password: whoever can call this has everything anyway.
   * `maxclients` does not count for it, nor is it closed when clients' buffers are too large. Undefined when the server ends.
   */
  connect(transport: Transport): Session | undefined {
    if (this.isDraining) return undefined;
    this.statistics.add(STAT_CONNECTED_CLIENTS, 1);
    const session = this.begin(transport, PROTOCOL_RESP3, true);
    session.client.isSpared = true;
    return session;
  }

  turnEnds(): void {
    if (this.failure !== undefined) {
      this.onFailure(this.failure);
      this.onFailure = () => {}; // once
      return;
    }
    this.blocked.turnEnds();
    this.monitors.turnEnds();
    this.log.flush();
    // Requests that had to wait for their connection's output are executed when replies go, and may append.
    while (this.holding.length !== 0 && this.releaseHeld()) this.log.flush();
    this.waits.look();
    if (this.holding.length !== 0 || this.waits.areForLog) {
      this.awaitLog();
      this.log.flush();
    }
    this.blocked.watch();
    if (this.postponed.size !== 0) this.postponed.watch();
    // Of commands that were executed when replies went.
    if (this.monitors.hasLines) this.reactor.soon(() => {});
  }

  /** The end of the turn does what there is to do. */
  woken(): void {}

  // --- The sessions' host ---

  push(client: Client, lines: Uint8Array): void {
    this.byId.get(client.id)?.push(lines);
  }

  cut(client: Client, reason: string): void {
    this.byId.get(client.id)?.cutFor(reason);
  }

  acknowledgedLsn(): number {
    return this.log.acknowledged();
  }

  enterTurn(): void {
    this.reactor.enterTurn();
  }

  awaitsPromise(): void {
    this.reactor.yield();
  }

  hold(session: Session): void {
    if (session.heldIndex >= 0) return;
    session.heldIndex = this.holding.length;
    this.holding.push(session);
    this.statistics.add(STAT_HELD_REPLIES, 1);
  }

  postpone(session: Session): void {
    this.postponed.add(session);
  }

  forgetBlocked(session: Session): void {
    this.blocked.forget(session.client);
  }

  countBlocked(change: 1 | -1): void {
    this.statistics.add(STAT_BLOCKED_CLIENTS, change);
  }

  resized(session: Session, bytes: number): void {
    if (bytes > 0) this.budget.noteGrowth(session);
    this.statistics.add(STAT_BUFFER_BYTES, bytes);
    if (bytes > 0 && this.budget.isExceeded) this.lookAtBudgetSoon();
  }

  countInput(bytes: number): void {
    this.hasServed = true;
    if (!this.maintainsOften) this.maintainOften();
    this.statistics.add(STAT_READS, 1);
    this.statistics.add(STAT_BYTES_IN, bytes);
  }

  countOutput(bytes: number): void {
    this.statistics.add(STAT_WRITES, 1);
    this.statistics.add(STAT_BYTES_OUT, bytes);
  }

  report(session: Session, reason: string): void {
    this.logger.warning(
      `Client ${clientLine(session, this.nowMs)} scheduled to be closed ASAP for ${reason}.`,
    );
  }

  forget(session: Session): void {
    this.letGo(session);
    this.postponed.delete(session);
    this.waits.forget(session.client.id);
    this.monitors.remove(session.client);
    if (this.byId.delete(session.client.id)) this.statistics.add(STAT_CONNECTED_CLIENTS, -1);
  }

  // --- The control plane ---

  /** One line of CLIENT LIST, without line feed, for each client that matches. */
  list(filter: ClientFilter): ClientLine[] {
    this.enterTurn();
    const lines: ClientLine[] = [];
    for (const session of this.byId.values()) {
      if (!matchesFilter(session, filter, this.nowMs)) continue;
      lines.push({ id: session.client.id, text: clientLine(session, this.nowMs) });
    }
    return lines;
  }

  /** Makes a change of users, and sets the clients right. */
  changeUsers(change: UsersChange): void {
    this.enterTurn();
    changeUsers(this.users, change, this.byId.values());
  }

  /** A client as CLIENT INFO shows it. */
  describe(client: Client): string {
    const session = this.byId.get(client.id);
    return session === undefined ? '' : clientLine(session, this.nowMs);
  }

  /** Closes the clients that match; says how many. */
  kill(filter: ClientFilter): number {
    this.enterTurn();
    let count = 0;
    for (const session of this.byId.values()) {
      if (!matchesFilter(session, filter, this.nowMs)) continue;
      session.kill();
      count++;
    }
    return count;
  }

  /**
   * The clock was moved: does what is due now, as if the time had passed. Resolves when it is done: waits that are over have
   * ended, clients that were silent for too long are gone, and of this thread's shards every key whose time is over is deleted.
   */
  timeMoved(): Promise<void> {
    return new Promise((resolve) => {
      let dueMs = 0;
      const expire = (): void => {
        if (this.attention.pauseAt(this.nowMs) === 0) {
          if (this.maintenance.slice(this.nowMs)) {
            this.reactor.soon(expire);
            return;
          }
          if (this.nowMs < dueMs) {
            const cancel = this.reactor.every(dueMs - this.nowMs, () => {
              cancel();
              expire();
            });
            return;
          }
        }
        this.reactor.soon(resolve); // what this turn has ended is answered by then
        this.reactor.yield();
      };
      this.reactor.soon(() => {
        dueMs = Math.ceil(this.nowMs / TICK_MS) * TICK_MS; // then all is due whose deadline has passed by now
        this.waits.endOver();
        this.look();
        expire();
      });
    });
  }

  /** Ends a client's wait in a command that blocks; false when it does not wait, or not here. */
  unblock({ id, asError }: UnblockTarget): boolean {
    this.enterTurn();
    return this.waits.cancel(id, asError);
  }

  /**
   * Accepts and reads no more, answers what is under way. Resolves when all output has been sent or DRAIN_MS_MAX is over:
   * a command that waits for another thread is not waited for, it may be the one that ends the server.
   */
  async drain(): Promise<void> {
    this.isDraining = true;
    await this.reactor.stopListening();
    this.reactor.enterTurn();
    for (const session of this.byId.values()) session.drain();
    await new Promise<void>((resolve) => {
      const untilMs = performance.now() + DRAIN_MS_MAX;
      const cancel = this.reactor.every(DRAIN_LOOK_MS, () => {
        if (this.hasOutput() && performance.now() < untilMs) return;
        cancel();
        resolve();
        this.reactor.yield();
      });
    });
  }

  // --- Inside ---

  /** Lets replies go that the log has by now. Returns true when fewer sessions hold some than before. */
  private releaseHeld(): boolean {
    const before = this.holding.length;
    const acknowledged = this.acknowledgedLsn();
    // From the end: letting one go moves the last one into its place.
    for (let index = before - 1; index >= 0; index--) {
      const session = this.holding[index]!;
      if (!session.release(acknowledged)) this.letGo(session);
    }
    return this.holding.length < before;
  }

  private begin(transport: Transport, protocol: Protocol, isAuthenticated: boolean): Session {
    const client = new Client(
      this.statistics.nextClientId(),
      transport.remoteAddress,
      transport.localAddress,
      this.nowMs,
      protocol,
      isAuthenticated,
    );
    const session = new Session(this, client, transport);
    this.byId.set(client.id, session);
    return session;
  }

  /** Sees to it that this thread hears of the log's progress. When the log has failed there will be none. */
  private awaitLog(): void {
    const seen = this.reactor.wakeValue();
    this.log.requestWake();
    const hasFailed = this.log.failed();
    this.releaseHeld(); // what was acknowledged since the last look
    this.waits.look();
    if (hasFailed) {
      for (let index = this.holding.length - 1; index >= 0; index--) {
        const session = this.holding[index]!;
        session.refuseHeld(errors.LOG_FAILED);
        this.letGo(session);
      }
    }
    if (this.holding.length !== 0 || this.waits.areForLog) this.reactor.armWake(seen);
  }

  private letGo(session: Session): void {
    const index = session.heldIndex;
    if (index < 0) return;
    const last = this.holding.pop()!;
    if (last !== session) {
      this.holding[index] = last;
      last.heldIndex = index;
    }
    session.heldIndex = -1;
    this.statistics.add(STAT_HELD_REPLIES, -1);
  }

  private hasOutput(): boolean {
    for (const session of this.byId.values()) if (session.outputBytes !== 0) return true;
    return false;
  }

  /** Closes connections that have been idle for too long or have had too much output for too long. */
  private look(): void {
    const timeoutMs = this.config.integer('timeout') * 1000;
    let bufferBytes = 0;
    let inputBytesMax = 0;
    let outputBytesMax = 0;
    for (const session of this.byId.values()) {
      bufferBytes += session.measure();
      inputBytesMax = Math.max(inputBytesMax, session.inputBufferBytes);
      outputBytesMax = Math.max(outputBytesMax, session.outputBytes);
      session.checkOutputLimits();
      if (timeoutMs === 0 || session.isWaiting) continue;
      if (this.nowMs - session.client.lastInteractionMs > timeoutMs) session.kill();
    }
    this.statistics.set(STAT_BUFFER_BYTES, bufferBytes);
    this.enforceBudget();
    this.statistics.set(STAT_INPUT_BYTES_MAX, inputBytesMax);
    this.statistics.set(STAT_OUTPUT_BYTES_MAX, outputBytesMax);
    if (this.maintainsOften) this.statistics.set(STAT_HEAP_BYTES, getHeapStatistics().used_heap_size);
    else this.maintain();
  }

  /** Until nobody is served any more. */
  private maintainOften(): void {
    this.noteRates();
    const cancel = this.reactor.every(MAINTENANCE_MS, () => {
      this.noteRates();
      if (this.hasServed) {
        this.hasServed = false;
        this.maintain();
        return;
      }
      cancel();
      this.maintainsOften = false;
    });
    this.maintainsOften = true;
  }

  private lookAtBudgetSoon(): void {
    if (this.isLookingAtBudget) return;
    this.isLookingAtBudget = true;
    this.reactor.soon(() => {
      this.isLookingAtBudget = false;
      let bufferBytes = 0;
      for (const session of this.byId.values()) bufferBytes += session.measure();
      this.statistics.set(STAT_BUFFER_BYTES, bufferBytes);
      this.enforceBudget();
    });
  }

  /** Disconnects the largest clients while all of them together have too much in their buffers. */
  private enforceBudget(): void {
    this.budget.enforce(this.byId.values(), (session) => {
      this.statistics.add(STAT_CLIENTS_EVICTED, 1);
      this.logger.notice(`Evicting client: ${clientLine(session, this.nowMs)}`);
      session.cut();
    });
  }

  /** A slice of maintenance; more of them, with rests between, while there is more to do. Data stays as it is during a pause. */
  private maintain(): void {
    if (this.isMaintaining || this.attention.pauseAt(this.nowMs) !== 0) return;
    const startMs = performance.now();
    this.isMaintaining = this.maintenance.slice(this.nowMs);
    const ms = performance.now() - startMs;
    this.statistics.add(STAT_MAINTENANCE_US, ms * 1000);
    if (this.isMaintaining) this.statistics.add(STAT_MAINTENANCE_CUT, 1);
    this.instruments.maintained(ms);
    if (!this.isMaintaining) return;
    this.slices += 1;
    if (this.slices % SLICES_IN_A_ROW !== 0) {
      this.reactor.soon(() => this.maintainMore());
      return;
    }
    const cancel = this.reactor.every(REST_MS, () => {
      cancel();
      this.maintainMore();
    });
  }

  private noteRates(): void {
    const { statistics } = this;
    this.instruments.noteRates(this.nowMs, statistics.own(STAT_BYTES_IN), statistics.own(STAT_BYTES_OUT));
  }

  private maintainMore(): void {
    this.isMaintaining = false;
    this.maintain();
  }

  private applyConfig(): void {
    Object.assign(this.limits, readLimits(this.config));
    for (const session of this.byId.values()) session.readLimits();
    this.budget.readConfig(this.config);
    if (this.budget.isExceeded) this.lookAtBudgetSoon();
  }
}
