/**
 * Messages that wait for their reader: what `for await` goes through.
 *
 * It holds a limited number of them. A reader that is too slow for that is told so, after what it still has: messages are never
 * dropped in silence.
 */

import { QueueFullError } from './errors.js';

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

const DONE = { done: true, value: undefined } as const;

export class Inbox<T> implements AsyncIterableIterator<T, undefined> {
  private items: T[] = [];
  private first = 0;
  private readonly itemsMax: number;
  private readonly waiters: Waiter<T>[] = [];
  private error: unknown = undefined;
  private hasEnded = false;
  private readonly onReturn: () => void;

  /** `onReturn` is called once, when nothing is to be put in any more: the reader has left, failed, or been too slow. */
  constructor(itemsMax: number, onReturn: () => void) {
    this.itemsMax = itemsMax;
    this.onReturn = onReturn;
  }

  /** Puts a message in. */
  push(value: T): void {
    if (this.hasEnded) return;
    const waiter = this.waiters.shift();
    if (waiter !== undefined) waiter.resolve({ done: false, value });
    else if (this.items.length - this.first < this.itemsMax) this.items.push(value);
    else
      this.fail(
        new QueueFullError(
          'QUEUE_FULL',
          `more than ${this.itemsMax} messages wait for their reader (pushesMax)`,
        ),
      );
  }

  /** There will be no more: the reader gets what is there, and then the end. */
  end(): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    for (const waiter of this.waiters.splice(0)) waiter.resolve(DONE);
    this.onReturn();
  }

  /** Something has gone wrong: the reader gets what is there, and then the error. */
  fail(error: unknown): void {
    if (this.hasEnded) return;
    this.hasEnded = true;
    const waiters = this.waiters.splice(0);
    const [waiter] = waiters;
    if (waiter === undefined) this.error = error;
    else waiter.reject(error);
    for (const other of waiters.slice(1)) other.resolve(DONE);
    this.onReturn();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.first < this.items.length) return Promise.resolve({ done: false, value: this.take() });
    if (this.error !== undefined) {
      const { error } = this;
      this.error = undefined;
      return Promise.reject(error);
    }
    if (this.hasEnded) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.waiters.push({ resolve, reject }));
  }

  /** The reader leaves: what is there is dropped. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.items = [];
    this.first = 0;
    this.end();
    return Promise.resolve(DONE);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private take(): T {
    const value = this.items[this.first]!;
    this.first += 1;
    // What has been read is let go of in halves, which costs a copy of each message at most.
    if (this.first * 2 > this.items.length) {
      this.items.splice(0, this.first);
      this.first = 0;
    }
    return value;
  }
}
