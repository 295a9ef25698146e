/**
 * Stores that are broken on purpose, each in one way: what the simulation is worth is how soon it notices.
 */

import type { TestEngine } from '../../src/engine/engine.case.js';
import type { Disk, OpenMode } from '../../src/engine/wal/disk.js';
import type { RecordVisitor } from '../../src/engine/wal/record.js';
import { ACTIVE_PATH, SNAPSHOT_TEMPORARY_PATH } from './store.js';

export const SABOTAGES = [
  /** Replies leave before what they promise is written, let alone synced. */
  'acknowledges early',
  /** Replies leave when what they promise is written, with `always`, too. */
  'acknowledges what is only written',
  /** Reads do not wait for what they show. */
  'shows too early',
  /** fdatasync of the log does nothing. */
  'forgets to sync the log',
  /** Changes of names are not synced. */
  'forgets to sync the directory',
  /** A snapshot gets its name before its data is on disk. */
  'forgets to sync the snapshot',
  /** A sync that failed counts as one that was done. */
  'ignores a failed sync',
  /** What one command does to several keys is several records. */
  'splits groups',
  /** The last record is not repeated at a start. */
  'drops the last record',
  /** What the end of the log was torn to, a start leaves as it is. */
  'repairs nothing',
  /** Nobody is told that a key's time was over. */
  'expires in silence',
  /** The log is given up before the snapshot that makes it superfluous is there. */
  'recycles early',
] as const;

export type Sabotage = (typeof SABOTAGES)[number];

/** A disk between the store and the simulated one: does what it is asked to, but for the sabotage. */
export class SabotagedDisk implements Disk {
  /** A start is under way. */
  isStarting = false;
  private readonly disk: Disk;
  private readonly sabotage: Sabotage | undefined;
  private readonly paths: string[] = [];

  constructor(disk: Disk, sabotage: Sabotage | undefined) {
    this.disk = disk;
    this.sabotage = sabotage;
  }

  list(directory: string): string[] {
    return this.disk.list(directory);
  }

  open(path: string, mode: OpenMode): number {
    const file = this.disk.open(path, mode);
    this.paths[file] = path;
    return file;
  }

  close(file: number): void {
    this.disk.close(file);
  }

  size(file: number): number {
    return this.disk.size(file);
  }

  read(file: number, target: Uint8Array, offset: number, length: number, position: number): number {
    return this.disk.read(file, target, offset, length, position);
  }

  write(file: number, buffers: Uint8Array[], position: number): number {
    const isRepair = this.isStarting && this.paths[file] === ACTIVE_PATH;
    if (this.sabotage !== 'repairs nothing' || !isRepair) return this.disk.write(file, buffers, position);
    return buffers.reduce((sum, { length }) => sum + length, 0);
  }

  sync(file: number): void {
    const isSnapshot = this.paths[file] === SNAPSHOT_TEMPORARY_PATH;
    if (this.sabotage === 'forgets to sync the snapshot' && isSnapshot) return;
    if (this.sabotage === 'forgets to sync the log' && !isSnapshot) return;
    try {
      this.disk.sync(file);
    } catch (error) {
      if (this.sabotage !== 'ignores a failed sync') throw error;
    }
  }

  rename(from: string, to: string): void {
    this.disk.rename(from, to);
  }

  remove(path: string): void {
    this.disk.remove(path);
  }

  syncDirectory(directory: string): void {
    if (this.sabotage !== 'forgets to sync the directory') this.disk.syncDirectory(directory);
  }
}

/** Does what is to be done to a store that has just started. */
export function sabotageThreads(threads: readonly TestEngine[], sabotage: Sabotage | undefined): void {
  for (const { log } of threads) {
    if (sabotage === 'splits groups') {
      log.beginGroup = () => {};
      log.endGroup = () => 0;
    }
    if (sabotage === 'expires in silence') {
      const appendDelete = log.appendDelete.bind(log);
      log.appendDelete = (database, source, keyOffset, keyBytes, byExpiry) =>
        byExpiry ? log.tail() : appendDelete(database, source, keyOffset, keyBytes, byExpiry);
    }
  }
}

/** What a start repeats, but for the last record. */
export function withoutLast(visitor: RecordVisitor): RecordVisitor {
  let last: (() => void) | undefined;
  return {
    record(fields, bytes, lsn) {
      last?.();
      const held = Object.assign(
        Object.create(Object.getPrototypeOf(fields) as object) as typeof fields,
        fields,
      );
      const copy = bytes.slice();
      last = () => visitor.record(held, copy, lsn);
    },
  };
}
