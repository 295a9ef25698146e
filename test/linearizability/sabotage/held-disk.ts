/**
 * Loaded before a server, into each of its threads (`node --import`): a disk that keeps what is written to itself until it is
 * asked to sync, and takes its time for that. So the end of the process does to what was not synced what otherwise only a power
 * cut does. A server that acknowledges nothing too early loses nothing by it.
 */

import { type Disk, realDisk } from '../../../src/engine/wal/disk.js';

/** How long a sync takes at least: long enough for a kill to fall into it more often than not. */
const SYNC_MS = 30;

interface HeldWrite {
  readonly bytes: Buffer;
  readonly position: number;
}

const { write, sync, close }: Disk = realDisk;
const held = new Map<number, HeldWrite[]>();
const clock = new Int32Array(new SharedArrayBuffer(4));

realDisk.write = (file, buffers, position) => {
  const bytes = Buffer.concat(buffers);
  held.set(file, [...(held.get(file) ?? []), { bytes, position }]);
  return bytes.length;
};

realDisk.sync = (file) => {
  Atomics.wait(clock, 0, 0, SYNC_MS);
  letGo(file);
  sync(file);
};

realDisk.close = (file) => {
  letGo(file);
  close(file);
};

function letGo(file: number): void {
  for (const { bytes, position } of held.get(file) ?? []) {
    for (let done = 0; done < bytes.length; ) done += write(file, [bytes.subarray(done)], position + done);
  }
  held.delete(file);
}
