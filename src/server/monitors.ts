/**
 * MONITOR: clients that are shown every command that any thread runs.
 *
 * A thread gathers the lines of a turn's commands and hands them on at its end: to its own clients in MONITOR mode, and in one
 * message to the main thread, which passes them to the other threads. So lines of one client come in order; those of clients of
 * different threads as they arrive, each with the time at which its command ran.
 *
 *     executor -> show -> lines of the turn -> turnEnds -> own monitors
 *                                                      \-> main thread -> receive -> monitors of the other threads
 *
 * Nothing of this happens while nobody watches: the executor asks the word that all threads share (engine/attention.ts).
 *
 * A client that can't keep up is limited by client-output-buffer-limit, as any other. When threads can't keep up with each other,
 * which would fill the memory with messages, the lines are dropped, and the clients that would have seen them are disconnected.
 *
 * Source: `replicationFeedMonitors` in Redis's replication.c.
 */

import { type Attention, MONITORS } from '../engine/attention.js';
import type { Call } from '../engine/call.js';
import type { Client } from '../engine/client.js';
import { MonitorLines } from '../engine/monitor-lines.js';
import type { Monitors } from '../engine/services.js';

/** What one thread's messages may hold that the others have not taken yet. */
const UNDERWAY_BYTES_MAX = 64 * 2 ** 20;

/** Lines from one thread to all others. */
export interface MonitorNews {
  /** The thread that ran the commands. */
  readonly thread: number;
  readonly lines: Uint8Array;
  /** Lines before these were dropped. */
  readonly isIncomplete: boolean;
}

/** What has to do with connections: `Sessions`. */
export interface MonitorHost {
  /** Makes this moment part of a turn. */
  enterTurn(): void;
  /** Sends a client something that is no reply. */
  push(client: Client, lines: Uint8Array): void;
  /** Ends a client's connection; `reason` is for the console. */
  cut(client: Client, reason: string): void;
}

export class MonitorFeed implements Monitors {
  /** Set before the first client is accepted. */
  host: MonitorHost | undefined = undefined;
  private readonly attention: Attention;
  private readonly thread: number;
  private readonly send: (news: MonitorNews) => Promise<unknown>;
  private readonly clients = new Set<Client>();
  private readonly lines = new MonitorLines();
  private underwayBytes = 0;
  private hasDropped = false;

  /**
   * @param thread index of this thread
   * @param send hands news to all other threads; settles when they have them
   */
  constructor(attention: Attention, thread: number, send: (news: MonitorNews) => Promise<unknown>) {
    this.attention = attention;
    this.thread = thread;
    this.send = send;
  }

  add(client: Client): void {
    if (this.clients.has(client)) return;
    this.clients.add(client);
    client.attention |= MONITORS;
    this.attention.countMonitor(1);
  }

  remove(client: Client): void {
    if (!this.clients.delete(client)) return;
    client.attention &= ~MONITORS;
    this.attention.countMonitor(-1);
  }

  show(call: Call): void {
    this.lines.append(call, call.services.clock.nowUs());
  }

  get hasLines(): boolean {
    return !this.lines.isEmpty;
  }

  /** At the end of every turn: hands on the lines of its commands. */
  turnEnds(): void {
    if (this.lines.isEmpty) return;
    const lines = this.lines.take();
    if (this.attention.monitorCount() > this.clients.size) this.tellOthers(lines);
    this.push(lines);
  }

  /** Takes what another thread has to show. */
  receive(news: MonitorNews): void {
    if (news.thread === this.thread || this.clients.size === 0) return;
    this.host?.enterTurn();
    if (news.isIncomplete) {
      for (const client of [...this.clients]) this.host?.cut(client, 'not keeping up with MONITOR');
    }
    this.push(news.lines);
  }

  private push(lines: Uint8Array): void {
    for (const client of [...this.clients]) this.host?.push(client, lines);
  }

  private tellOthers(lines: Uint8Array): void {
    if (this.underwayBytes > UNDERWAY_BYTES_MAX) {
      this.hasDropped = true;
      return;
    }
    const news: MonitorNews = { thread: this.thread, lines, isIncomplete: this.hasDropped };
    this.hasDropped = false;
    this.underwayBytes += lines.length;
    const arrived = (): void => {
      this.underwayBytes -= lines.length;
    };
    this.send(news).then(arrived, arrived); // a server that ends shows nothing any more
  }
}
