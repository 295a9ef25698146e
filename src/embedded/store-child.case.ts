/**
 * A process that uses a store, and does not always live long: what the parent wants it to do is its first argument, then come the
 * directory and `appendfsync`. What it says goes to its standard output at once, so that all of it is there after a `kill -9`.
 */

import { writeSync } from 'node:fs';
import { CrabError } from '../base/errors.js';
import { type OpenOptions, open } from './open.js';

const WRITERS = 20;
const BATCH = 50;
/** Each is synced by itself with `always`. */
const MANY = 200;

const [task = '', dir = '', appendfsync = 'always'] = process.argv.slice(2);
const options = { dir, appendfsync: appendfsync as NonNullable<OpenOptions['appendfsync']>, save: '' };

/** The parent may be slow to read: then it is waited for. */
function say(line: string | number): void {
  for (;;) {
    try {
      writeSync(1, `${line}\n`);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Says each number whose key is acknowledged. */
  async promises() {
    const kv = await open(options);
    let next = 0;
    const write = async (): Promise<void> => {
      for (;;) {
        const number = next++;
        await kv.set(`key:${number}`, number);
        say(number);
      }
    };
    await Promise.all(Array.from({ length: WRITERS }, write));
  },

  /** The same at once: with `always` the call is the acknowledgement, otherwise an answer that shows the last write. */
  async sync() {
    const kv = await open(options);
    for (let next = 0; ; next += BATCH) {
      for (let number = next; number < next + BATCH; number++) {
        kv.sync.set(`key:${number}`, number);
        if (appendfsync === 'always') say(number);
      }
      if (appendfsync === 'always') continue;
      const keys = Array.from({ length: BATCH }, (_, index) => `key:${next + index}`);
      await kv.mget(keys);
      for (let number = next; number < next + BATCH; number++) say(number);
    }
  },

  /** Ends by itself, though nothing is closed. */
  async end() {
    const kv = await open(options);
    kv.sync.set('sync', 'kept');
    await kv.set('promise', 'kept');
    kv.sync.set('last', 'kept');
    say('done');
  },

  /** Exits in the middle of everything. */
  async exit() {
    const kv = await open(options);
    kv.sync.set('sync', 'kept');
    await kv.set('promise', 'kept');
    kv.blpop(['nothing'], 0).catch(() => {});
    for (let number = 0; number < MANY; number++) kv.sync.set(`many:${number}`, number);
    kv.sync.set('last', 'kept');
    say('done');
    process.exit(3);
  },

  /** Has nothing to do but to wait for an answer. */
  async wait() {
    const kv = await open();
    say(String(await kv.blpop(['nothing'], 0.2)));
  },

  /** Says why the directory can't be opened. */
  async refused() {
    try {
      await open(options);
      say('opened');
    } catch (error) {
      say(error instanceof CrabError ? `${error.code} ${error.message}` : String(error));
    }
  },
};

await tasks[task]?.();
