/**
 * A disk in memory that misbehaves on purpose: for tests.
 *
 * It fails the operation it is told to fail, writes less than it was asked to, and after a power cut holds what a real
 * disk might: everything that was synced, and of the rest any sectors; the first few of the renames that were not
 * synced. Sectors are whole or old, as disks promise.
 */

import type { Disk, OpenMode } from './disk.js';

const SECTOR_BYTES = 512;

/** A source of numbers from 0 up to 1, such as Math.random. */
export type Random = () => number;

/** A repeatable source of numbers (mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32;
  };
}

class SimulatedFile {
  data: Buffer;
  size = 0;
  durable: Buffer;
  durableSize = 0;
  readonly dirtySectors = new Set<number>();

  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.data = Buffer.from(bytes);
    this.size = bytes.length;
    this.durable = Buffer.from(bytes);
    this.durableSize = bytes.length;
  }

  write(source: Uint8Array, position: number): void {
    const end = position + source.length;
    if (end > this.data.length) this.data = grown(this.data, end);
    this.data.set(source, position);
    if (end > this.size) this.size = end;
    const last = Math.ceil(end / SECTOR_BYTES);
    for (let sector = Math.floor(position / SECTOR_BYTES); sector < last; sector++)
      this.dirtySectors.add(sector);
  }

  sync(): void {
    if (this.durable.length < this.data.length) this.durable = grown(this.durable, this.data.length);
    for (const sector of this.dirtySectors) this.copySector(this.durable, sector);
    this.dirtySectors.clear();
    this.durableSize = this.size;
  }

  /** What a power cut leaves of it. */
  crashed(random: Random): SimulatedFile {
    const bytes = grown(this.durable, this.data.length);
    const keeps = random();
    for (const sector of this.dirtySectors) if (random() < keeps) this.copySector(bytes, sector);
    const size = random() < 0.5 ? this.size : this.durableSize;
    return new SimulatedFile(bytes.subarray(0, size));
  }

  private copySector(target: Buffer, sector: number): void {
    const start = sector * SECTOR_BYTES;
    this.data.copy(target, start, start, Math.min(start + SECTOR_BYTES, this.size));
  }
}

function grown(source: Buffer, size: number): Buffer {
  const larger = Buffer.alloc(Math.max(size, source.length));
  source.copy(larger);
  return larger;
}

/** A change of names that a power cut may undo. */
type NameChange = (names: Map<string, SimulatedFile>) => void;

export class SimulatedDisk implements Disk {
  /** Operations that change something or sync it, so far. */
  operations = 0;
  /** The operation that fails, counted from 1; all after it fail, too, when `staysBroken`. */
  failAt = Number.POSITIVE_INFINITY;
  staysBroken = false;
  failure: 'EIO' | 'ENOSPC' = 'EIO';
  /** When set, writes are cut short now and then. */
  shortWrites: Random | undefined;
  /** Seen by every sync, before it happens; and after, before it returns: what is written then was too late for it. */
  onSync: () => void = () => {};
  onSynced: () => void = () => {};
  /** Seen by every write, before it happens. */
  onWrite: () => void = () => {};
  private readonly names: Map<string, SimulatedFile>;
  private readonly durableNames: Map<string, SimulatedFile>;
  private pending: NameChange[] = [];
  private readonly opened: (SimulatedFile | undefined)[] = [];

  constructor(files: ReadonlyMap<string, SimulatedFile> = new Map()) {
    this.names = new Map(files);
    this.durableNames = new Map(files);
  }

  list(directory: string): string[] {
    const prefix = `${directory}/`;
    return [...this.names.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  open(path: string, mode: OpenMode): number {
    if (mode === 'w+') {
      this.count('open');
      const file = new SimulatedFile();
      this.changeNames((names) => names.set(path, file));
    }
    const file = this.names.get(path);
    if (file === undefined) throw systemError('ENOENT', 'open');
    this.opened.push(file);
    return this.opened.length - 1;
  }

  close(file: number): void {
    this.opened[file] = undefined;
  }

  size(file: number): number {
    return this.file(file).size;
  }

  read(file: number, target: Uint8Array, offset: number, length: number, position: number): number {
    const { data, size } = this.file(file);
    const bytes = Math.max(0, Math.min(length, size - position));
    target.set(data.subarray(position, position + bytes), offset);
    return bytes;
  }

  write(file: number, buffers: Uint8Array[], position: number): number {
    this.onWrite();
    this.count('writev');
    const target = this.file(file);
    const all = Buffer.concat(buffers);
    const isShort = this.shortWrites !== undefined && all.length > 1 && this.shortWrites() < 0.3;
    const bytes = isShort ? 1 + Math.floor(this.shortWrites!() * (all.length - 1)) : all.length;
    target.write(all.subarray(0, bytes), position);
    return bytes;
  }

  sync(file: number): void {
    this.onSync();
    this.count('fdatasync');
    this.file(file).sync();
    this.onSynced();
  }

  rename(from: string, to: string): void {
    if (!this.names.has(from)) throw systemError('ENOENT', 'rename');
    this.count('rename');
    this.changeNames((names) => {
      names.set(to, names.get(from)!);
      names.delete(from);
    });
  }

  remove(path: string): void {
    if (!this.names.has(path)) throw systemError('ENOENT', 'unlink');
    this.count('unlink');
    this.changeNames((names) => names.delete(path));
  }

  syncDirectory(): void {
    this.count('fsync');
    for (const change of this.pending) change(this.durableNames);
    this.pending = [];
  }

  /** The disk as a power cut now would leave it. This one stays as it is. */
  crashed(random: Random): SimulatedDisk {
    const names = new Map(this.durableNames);
    const survivors = Math.floor(random() * (this.pending.length + 1));
    for (const change of this.pending.slice(0, survivors)) change(names);
    const files = new Map<string, SimulatedFile>();
    for (const [path, file] of names) files.set(path, file.crashed(random));
    return new SimulatedDisk(files);
  }

  /** The disk as the operating system shows it, as after the end of the process alone. */
  copy(): SimulatedDisk {
    const files = new Map<string, SimulatedFile>();
    for (const path of this.names.keys()) files.set(path, new SimulatedFile(this.contents(path)));
    return new SimulatedDisk(files);
  }

  /** A file's bytes. */
  contents(path: string): Buffer {
    const file = this.names.get(path);
    if (file === undefined) throw systemError('ENOENT', 'open');
    return Buffer.from(file.data.subarray(0, file.size));
  }

  /** Puts a file there, synced. */
  put(path: string, bytes: Uint8Array): void {
    const file = new SimulatedFile(bytes);
    this.names.set(path, file);
    this.durableNames.set(path, file);
  }

  private file(file: number): SimulatedFile {
    const found = this.opened[file];
    if (found === undefined) throw systemError('EBADF', 'read');
    return found;
  }

  private changeNames(change: NameChange): void {
    change(this.names);
    this.pending.push(change);
  }

  private count(systemCall: string): void {
    this.operations++;
    const fails = this.staysBroken ? this.operations >= this.failAt : this.operations === this.failAt;
    if (fails) throw systemError(this.failure, systemCall);
  }
}

const ERRNO: Readonly<Record<string, number>> = { ENOENT: -2, EIO: -5, EBADF: -9, ENOSPC: -28 };

function systemError(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: simulated, ${syscall}`), {
    code,
    errno: ERRNO[code] ?? -5,
    syscall,
  });
}
