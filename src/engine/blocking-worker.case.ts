/**
 * A thread of the stress test of blocking commands: its clients wait, push, give up and go at random, then all threads
 * serve each other until nobody has anything to do. See blocking-threads.case.ts.
 */

import assert from 'node:assert/strict';
import { parentPort, workerData } from 'node:worker_threads';
import { SeededRandom } from '../../test/support/random.js';
import { BlockingEngine, ITEM_BYTES } from './blocking.case.js';
import type { BlockingOutcome, BlockingTask } from './blocking-threads.case.js';
import type { Client } from './client.js';

const KEYS = ['a', 'b', 'c', 'd', 'e', 'f'];
const CLIENTS_MAX = 20;
const SLEEP_MS_MAX = 5;
/** All threads must have been idle for so many sleeps in a row. */
const IDLE_SLEEPS = 5;

class BlockingThread {
  private readonly task: BlockingTask;
  private readonly engine: BlockingEngine;
  private readonly random: SeededRandom;
  private readonly waiting = new Map<number, Client>();
  private readonly pushed: string[] = [];
  private readonly received: string[] = [];

  constructor(task: BlockingTask) {
    const { shared, waitersShared, logShared, thread, seed } = task;
    this.task = task;
    this.engine = new BlockingEngine({ shared, waitersShared, logShared, thread });
    this.random = new SeededRandom(seed);
  }

  run(): BlockingOutcome {
    for (let round = 0; round < this.task.rounds; round++) this.step();
    const control = new Int32Array(this.task.control);
    Atomics.add(control, 0, 1);
    for (let idle = 0; idle < IDLE_SLEEPS; ) {
      const served = this.received.length;
      this.sleepAndServe();
      const isOver = Atomics.load(control, 0) === this.task.threadCount;
      idle = isOver && served === this.received.length ? idle + 1 : 0;
    }
    for (const client of this.waiting.values()) this.engine.kill(client);
    return { pushed: this.pushed, received: this.received };
  }

  private step(): void {
    const { random } = this;
    const what = random.below(100);
    if (what < 40 && this.waiting.size < CLIENTS_MAX) this.take();
    else if (what < 80) this.push();
    else if (what < 90) this.endOne();
    else if (what < 99) this.engine.serve();
    else this.sleepAndServe();
    this.gather();
  }

  private take(): void {
    const keys = Array.from({ length: 1 + this.random.below(3) }, () => KEYS[this.random.below(KEYS.length)]);
    const client = this.engine.connect();
    const reply = this.engine.sayAs(client, `TAKE ${keys.join(' ')} 0`);
    if (reply === 'blocked') this.waiting.set(client.id, client);
    else this.note(reply);
  }

  private push(): void {
    const number = String(this.pushed.length).padStart(ITEM_BYTES - 1, '0');
    const item = `${this.task.thread}${number}`;
    this.pushed.push(item);
    this.engine.sayAs(this.engine.client, `APPEND ${KEYS[this.random.below(KEYS.length)]} ${item}`);
  }

  private endOne(): void {
    const clients = [...this.waiting.values()];
    const client = clients[this.random.below(clients.length)];
    if (client === undefined) return;
    this.waiting.delete(client.id);
    if (this.random.below(2) === 0) this.engine.kill(client);
    else this.engine.end(client, 'timeout');
    assert.notEqual(this.engine.waits.blocked.has(client.id), true);
    if (this.engine.late.get(client.id) === '*-1') this.engine.late.delete(client.id);
  }

  /** As a reactor does: reads the wake word, looks, and sleeps if the word is still the same. */
  private sleepAndServe(): void {
    const { wakeArray, wakeIndex } = this.engine.log;
    const seen = Atomics.load(wakeArray, wakeIndex);
    const before = this.received.length;
    this.engine.serve();
    this.gather();
    if (this.received.length === before) Atomics.wait(wakeArray, wakeIndex, seen, SLEEP_MS_MAX);
    this.engine.serve();
    this.gather();
  }

  private gather(): void {
    for (const [id, reply] of this.engine.late) {
      assert.ok(this.waiting.delete(id), 'only who waits is served, and once');
      this.note(reply);
    }
    this.engine.late.clear();
  }

  private note(reply: string): void {
    this.received.push(reply.slice(-ITEM_BYTES));
  }
}

if (parentPort !== null && workerData !== null) {
  parentPort.postMessage(new BlockingThread(workerData as BlockingTask).run());
}
