/**
 * Loaded before a server: now and then a command takes some time after it has looked up a key, so that others would come between
 * what it reads and what it writes if they could. A server that keeps commands apart is only slower.
 */

import { Keyspace } from '../../../src/engine/keyspace.js';

/** One look-up in so many is followed by a pause, in which the thread leaves its core to others. */
const ONE_IN = 3;
const PAUSE_MS = 1;

const clock = new Int32Array(new SharedArrayBuffer(4));
const { ifLive } = Keyspace.prototype;

Keyspace.prototype.ifLive = function (this: Keyspace, shard, database, entry) {
  const found = ifLive.call(this, shard, database, entry);
  if (Math.random() * ONE_IN < 1) Atomics.wait(clock, 0, 0, PAUSE_MS);
  return found;
};
