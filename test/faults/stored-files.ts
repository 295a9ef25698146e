/**
 * A small store as files in memory, of which every byte can be damaged: how it is made, what a start finds in it, and what
 * `crabkv check` says. All by the functions of the server itself; only the disk is another one.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CrabError } from '../../src/base/errors.js';
import { checkSnapshot } from '../../src/engine/snapshot/check.js';
import { readSnapshotIndex, SectionLoader } from '../../src/engine/snapshot/loader.js';
import { checkLog } from '../../src/engine/wal/check.js';
import type { Disk } from '../../src/engine/wal/disk.js';
import { replayLog } from '../../src/engine/wal/log-reader.js';
import { recoverLog } from '../../src/engine/wal/recovery.js';

const DIRECTORY = '/store';
/** What is kept of the zeros at the end of a file. */
const TAIL_BYTES = 512;

/** Names and contents. Contents are never changed in place. */
export type Files = ReadonlyMap<string, Buffer>;

/** What a start comes to. */
export interface Outcome {
  /** Why it was refused, or undefined. */
  readonly refusal: string | undefined;
  /** What was loaded: a text for each line of the snapshot and each record of the log, in their order. */
  readonly loaded: readonly string[];
  /** The console says that the log did not end in good order. */
  readonly isSaid: boolean;
}

/** The files of a store in `directory`, those alone that say what is in it; long runs of zeros at their ends are cut short. */
export function readStore(directory: string): Files {
  const files = new Map<string, Buffer>();
  for (const name of readdirSync(directory)) {
    if (name !== 'snapshot.json' && !/^wal(-\d+)?\.log$/.test(name)) continue;
    const bytes = readFileSync(join(directory, name));
    let end = bytes.length;
    while (end > 0 && bytes[end - 1] === 0) end--;
    files.set(name, bytes.subarray(0, Math.min(bytes.length, end + TAIL_BYTES)));
  }
  return files;
}

/** Loads the files as a start does. */
export function load(files: Files): Outcome {
  const disk = new FilesDisk(files);
  const loaded: string[] = [];
  try {
    const index = readSnapshotIndex(DIRECTORY, disk);
    if (index !== undefined) {
      const loader = new SectionLoader(index, disk);
      for (let section = 0; section < index.sections.length; section++) {
        loader.load(section, (line) => {
          const { database, type, deadline, isMore, areDated, label } = line;
          const key = hex(line.keySource, line.keyOffset, line.keySize);
          const value = hex(line.valueSource, line.valueOffset, line.valueSize);
          loaded.push(['line', database, type, deadline, isMore, areDated, label, key, value].join(' '));
        });
      }
    }
    const recovery = recoverLog(disk, DIRECTORY, index?.lsn ?? 0);
    replayLog(disk, DIRECTORY, recovery.segments, recovery.fromLsn, {
      record(fields, bytes, lsn) {
        const { op, flags, database, deadline, rangeOffset, otherDatabase } = fields;
        const key = hex(bytes, fields.keyOffset, fields.keyBytes);
        const value = hex(bytes, fields.valueOffset, fields.valueBytes);
        loaded.push([lsn, op, flags, database, deadline, rangeOffset, otherDatabase, key, value].join(' '));
      },
    });
    return { refusal: undefined, loaded, isSaid: recovery.cutBytes > 0 || !recovery.isSealed };
  } catch (error) {
    if (!(error instanceof CrabError)) throw error;
    return { refusal: error.message, loaded: [], isSaid: true };
  }
}

/** True when `crabkv check` says that a start would accept the files. */
export function isCheckedAsGood(files: Files): boolean {
  const disk = new FilesDisk(files);
  const silent = { write: () => {} };
  const { ok, lsn } = checkSnapshot(DIRECTORY, silent, disk);
  return checkLog(DIRECTORY, silent, lsn, disk) === 0 && ok;
}

/** A disk that only knows these files; what is written replaces them for this disk alone. */
class FilesDisk implements Disk {
  readonly #files: Map<string, Buffer>;
  readonly #opened: string[] = [];

  constructor(files: Files) {
    this.#files = new Map(files);
  }

  list(): string[] {
    return [...this.#files.keys()];
  }

  open(path: string): number {
    const name = path.slice(DIRECTORY.length + 1);
    if (!this.#files.has(name)) throw Object.assign(new Error(`ENOENT, open '${path}'`), { code: 'ENOENT' });
    return this.#opened.push(name) - 1;
  }

  close(): void {}

  size(file: number): number {
    return this.#bytes(file).length;
  }

  read(file: number, target: Uint8Array, offset: number, length: number, position: number): number {
    const part = this.#bytes(file).subarray(position, position + length);
    target.set(part, offset);
    return part.length;
  }

  write(file: number, buffers: Uint8Array[], position: number): number {
    const before = this.#bytes(file);
    const added = Buffer.concat(buffers);
    const after = Buffer.alloc(Math.max(before.length, position + added.length));
    before.copy(after);
    added.copy(after, position);
    this.#files.set(this.#opened[file]!, after);
    return added.length;
  }

  sync(): void {}

  rename(): void {
    throw new Error('no damage makes a start rename anything');
  }

  remove(): void {
    throw new Error('no damage makes a start remove anything');
  }

  syncDirectory(): void {}

  #bytes(file: number): Buffer {
    return this.#files.get(this.#opened[file]!)!;
  }
}

function hex(bytes: Uint8Array, offset: number, size: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + offset, size).toString('hex');
}
