/** Writes down what concurrent clients asked and were answered, as histories of operations: one history a group of keys. */

import type { Operation } from './checker.js';
import type { ReplyText } from './model.js';

/** An operation under way. */
export interface OpenOperation {
  readonly history: number;
  readonly client: number;
  readonly args: readonly string[];
  readonly called: number;
}

export class Recorder {
  readonly histories: readonly Operation[][];
  readonly #open = new Set<OpenOperation>();
  #answered = 0;
  #alarm: { readonly at: number; readonly ring: () => void } | undefined;
  /** All clients are of one thread: counting the events is clock enough. */
  #now = 0;

  constructor(historyCount: number) {
    this.histories = Array.from({ length: historyCount }, () => []);
  }

  /** Before the request is sent. */
  called(history: number, client: number, args: readonly string[]): OpenOperation {
    const operation = { history, client, args, called: this.#now++ };
    this.#open.add(operation);
    return operation;
  }

  /** Once the reply has come. */
  returned(operation: OpenOperation, reply: ReplyText): void {
    this.#close(operation, reply);
    if (++this.#answered === this.#alarm?.at) this.#alarm.ring();
  }

  /** Resolves when `count` more operations have been answered. */
  answers(count: number): Promise<void> {
    return new Promise((ring) => {
      this.#alarm = { at: this.#answered + Math.max(1, Math.floor(count)), ring };
    });
  }

  /** The server is no more: what has no answer can't take effect from here on, unless it already has. */
  crashed(): void {
    for (const operation of [...this.#open]) this.#close(operation, undefined);
  }

  #close(operation: OpenOperation, reply: ReplyText | undefined): void {
    const { history, client, args, called } = operation;
    this.#open.delete(operation);
    this.histories[history]!.push({ client, args, called, returned: this.#now++, reply });
  }
}
