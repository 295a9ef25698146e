/**
 * A queue: first in, first out, each at the same small cost however many there are.
 */

/** Places of taken items are closed up when there are so many, and more than half of all. */
const TAKEN_MAX = 1024;

export class Fifo<T> {
  private items: (T | undefined)[] = [];
  /** Index of the first item that has not been taken. */
  private head = 0;

  get size(): number {
    return this.items.length - this.head;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The first item, which stays; undefined when there is none. */
  first(): T | undefined {
    return this.items[this.head];
  }

  /** Takes the first item; undefined when there is none. */
  take(): T | undefined {
    const item = this.items[this.head];
    if (this.head === this.items.length) return undefined;
    this.items[this.head] = undefined;
    this.head += 1;
    if (this.head === this.items.length) {
      this.items.length = 0;
      this.head = 0;
    } else if (this.head > TAKEN_MAX && this.head > this.items.length / 2) {
      this.items = this.items.slice(this.head);
      this.head = 0;
    }
    return item;
  }
}
