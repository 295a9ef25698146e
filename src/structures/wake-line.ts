/**
 * How one thread wakes another: a few words of shared memory a thread.
 *
 *     0  wake        changes whenever somebody wants the thread to look around
 *     1  messages    changes when a message was posted to it that its JavaScript event loop has to deliver
 *     2  asleep      1 while it sleeps (or is about to) where only its descriptor reaches it
 *     3  descriptor  an eventfd(2) of that thread, plus 1; 0 for a thread that sleeps on the wake word itself
 *
 * A thread that sleeps on the word is notified. One that sleeps in the kernel for events of all kinds has an eventfd among
 * them, and is written to only while it sleeps: a busy thread looks at the word once a turn anyway.
 *
 * Nothing is lost: the sleeper announces its sleep, then looks at the words once more; the waker changes the word, then
 * looks whether the sleep is announced. (Atomics are sequentially consistent: one of them sees the other.) Of several
 * wakers one writes, the one that takes `asleep` back.
 */

import { writeSync } from 'node:fs';

export const WAKE_LINE_WORDS = 4;
const WAKE = 0;
const MESSAGES = 1;
const ASLEEP = 2;
const DESCRIPTOR = 3;

/** What is written to an eventfd: a 64-bit 1, in the byte order of all machines that have one here. */
const ONE = new Uint8Array(new Uint32Array([1, 0]).buffer);

/** Wakes the thread whose line begins at word `at`. */
export function wakeLine(words: Int32Array, at: number): void {
  Atomics.add(words, at + WAKE, 1);
  const descriptor = Atomics.load(words, at + DESCRIPTOR);
  if (descriptor === 0) Atomics.notify(words, at + WAKE);
  else if (Atomics.compareExchange(words, at + ASLEEP, 1, 0) === 1) writeSync(descriptor - 1, ONE);
}

/** Wakes it because a message was posted to it. */
export function announceMessage(words: Int32Array, at: number): void {
  Atomics.add(words, at + MESSAGES, 1);
  wakeLine(words, at);
}

/** The sleeper's side of a line. */
export class WakeLine {
  private readonly words: Int32Array;
  private readonly at: number;

  constructor(words: Int32Array, at: number) {
    this.words = words;
    this.at = at;
  }

  /** The wake word. */
  value(): number {
    return Atomics.load(this.words, this.at + WAKE);
  }

  messages(): number {
    return Atomics.load(this.words, this.at + MESSAGES);
  }

  /** From now on wakers write to eventfd `descriptor`; -1: not any more. */
  setDescriptor(descriptor: number): void {
    Atomics.store(this.words, this.at + DESCRIPTOR, descriptor + 1);
  }

  /** Announces sleep; look at `value` and `messages` after it, before sleeping. */
  fallAsleep(): void {
    Atomics.store(this.words, this.at + ASLEEP, 1);
  }

  wakeUp(): void {
    Atomics.store(this.words, this.at + ASLEEP, 0);
  }
}
