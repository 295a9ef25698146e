/**
 * A disk in memory that misbehaves on purpose: for tests.
 *
 * It fails the operation it is told to fail, writes less than it was asked to, and comes to a halt in the middle of any
 * operation. After a power cut it holds what a real disk might: everything that was synced; of the rest any sectors, whole or
 * old, as disks promise, and any part of what a file had grown; and of the changes of names that were not synced some, in
 * one of two ways:
 *
 *  - the first few of them. This is what a file system with a journal does (ext4, xfs), which writes changes of metadata in
 *    order, though neither POSIX nor their manuals promise it.
 *  - with `losesAnyNames` any of them, as long as each name's own changes stay in order. A journal that is written by file and
 *    not by time (btrfs after an fsync) comes near to this, and whoever is right here is so in the other way, too. A rename is
 *    one change of both of its names: that much everybody promises.
 *
 * The end of the process alone takes nothing away (`restarted`): what was written and not synced is in the operating system's
 * keeping, and can still be lost to a later power cut. A sync that failed says of pages that they are clean which never reached
 * the disk, so that a sync after it has nothing to do and succeeds (Rebello et al., USENIX ATC 2020).
 */

import type { Disk, OpenMode } from './disk.js';
import { SimulatedFile } from './simulated-file.case.js';

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

/** A change of names that a power cut may undo. */
interface NameChange {
  readonly names: readonly string[];
  apply(names: Map<string, SimulatedFile>): void;
}

/** What the error of an operation that comes after the end of everything says; nobody is there to read it. */
const HALTED = 'EIO';

export class SimulatedDisk implements Disk {
  /** Operations that change something or sync it, so far. */
  operations = 0;
  /** The operation that fails, counted from 1; all after it fail, too, when `staysBroken`. */
  failAt = Number.POSITIVE_INFINITY;
  staysBroken = false;
  failure: 'EIO' | 'ENOSPC' = 'EIO';
  /** The reading operation that fails, counted from 1. */
  failReadAt = Number.POSITIVE_INFINITY;
  reads = 0;
  /** The operation in the middle of which everything ends: it is done in part, and nothing is done after it. */
  haltAt = Number.POSITIVE_INFINITY;
  /** A power cut may keep any changes of names, not only the first few. */
  losesAnyNames = false;
  /** When set, writes are cut short now and then. */
  shortWrites: Random | undefined;
  /** When set, an operation that fails has done a part of its work, and a failed sync loses what it should have synced. */
  damage: Random | undefined;
  /** Seen by every sync, before it happens; and after, before it returns: what is written then was too late for it. */
  onSync: (path: string) => void = () => {};
  onSynced: (path: string) => void = () => {};
  /** Seen by every write, before it happens. */
  onWrite: (path: string) => void = () => {};
  private halted = false;
  private readonly names: Map<string, SimulatedFile>;
  private readonly durableNames: Map<string, SimulatedFile>;
  private pending: NameChange[] = [];
  private opened: ({ readonly path: string; readonly file: SimulatedFile } | undefined)[] = [];

  constructor(files: ReadonlyMap<string, SimulatedFile> = new Map()) {
    this.names = new Map(files);
    this.durableNames = new Map(files);
  }

  /** True once everything has ended. */
  get isHalted(): boolean {
    return this.halted;
  }

  /** Everything ends now. */
  halt(): void {
    this.halted = true;
  }

  list(directory: string): string[] {
    this.countRead('scandir');
    const prefix = `${directory}/`;
    return [...this.names.keys()]
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length));
  }

  open(path: string, mode: OpenMode): number {
    if (mode === 'w+') {
      this.count('open');
      const existing = this.names.get(path);
      if (existing !== undefined) existing.truncate();
      else {
        const created = new SimulatedFile();
        this.changeNames({ names: [path], apply: (names) => names.set(path, created) });
      }
    } else {
      this.countRead('open');
    }
    const file = this.names.get(path);
    if (file === undefined) throw systemError('ENOENT', 'open');
    this.opened.push({ path, file });
    return this.opened.length - 1;
  }

  close(file: number): void {
    this.opened[file] = undefined;
  }

  size(file: number): number {
    return this.file(file).size;
  }

  read(file: number, target: Uint8Array, offset: number, length: number, position: number): number {
    this.countRead('read');
    return this.file(file).read(target, offset, length, position);
  }

  write(file: number, buffers: Uint8Array[], position: number): number {
    this.onWrite(this.pathOf(file));
    const target = this.file(file);
    const size = buffers.reduce((sum, { length }) => sum + length, 0);
    this.count('writev', (share) => target.write(buffers, position, Math.floor(share * size)));
    const isShort = this.shortWrites !== undefined && size > 1 && this.shortWrites() < 0.3;
    const bytes = isShort ? 1 + Math.floor(this.shortWrites!() * (size - 1)) : size;
    target.write(buffers, position, bytes);
    return bytes;
  }

  sync(file: number): void {
    const path = this.pathOf(file);
    const target = this.file(file);
    // What others write while a sync is under way may or may not be in it.
    const isEarly = this.damage !== undefined && this.damage() < 0.5;
    const count = (): void =>
      this.count('fdatasync', () => {
        if (!this.halted) target.failSync(this.damage!);
      });
    if (isEarly) {
      count();
      target.sync();
      this.onSync(path);
      if (this.halted) throw systemError(HALTED, 'fdatasync');
    } else {
      this.onSync(path);
      count();
      target.sync();
    }
    this.onSynced(path);
  }

  rename(from: string, to: string): void {
    if (!this.names.has(from)) throw systemError('ENOENT', 'rename');
    const change = {
      names: [from, to],
      apply: (names: Map<string, SimulatedFile>) => {
        const file = names.get(from);
        if (file !== undefined) names.set(to, file);
        names.delete(from);
      },
    };
    this.count('rename', (share) => share < 0.5 && this.changeNames(change));
    this.changeNames(change);
  }

  remove(path: string): void {
    if (!this.names.has(path)) throw systemError('ENOENT', 'unlink');
    const change = { names: [path], apply: (names: Map<string, SimulatedFile>) => names.delete(path) };
    this.count('unlink', (share) => share < 0.5 && this.changeNames(change));
    this.changeNames(change);
  }

  syncDirectory(_directory?: string): void {
    this.count('fsync');
    for (const change of this.pending) change.apply(this.durableNames);
    this.pending = [];
  }

  /** The operating system writes back, of its own accord, some of what was not synced. */
  writeBack(random: Random): void {
    for (const file of this.names.values()) file.writeBack(random);
    const survivors = Math.floor(random() * (this.pending.length + 1));
    for (const change of this.pending.splice(0, survivors)) change.apply(this.durableNames);
  }

  /** The disk as a power cut now would leave it. This one stays as it is. */
  crashed(random: Random): SimulatedDisk {
    const names = new Map(this.durableNames);
    const losesAny = this.losesAnyNames && random() < 0.5;
    const kept = losesAny ? this.anyChanges(random) : this.firstChanges(random);
    for (const change of kept) change.apply(names);
    const copies = new Map<SimulatedFile, SimulatedFile>();
    const files = new Map<string, SimulatedFile>();
    for (const [path, file] of names) {
      if (!copies.has(file)) copies.set(file, file.crashed(random));
      files.set(path, copies.get(file)!);
    }
    return new SimulatedDisk(files);
  }

  /** The disk as the next process finds it after the end of the last one alone: the same one, with nothing open. */
  restarted(): SimulatedDisk {
    this.halted = false;
    this.haltAt = Number.POSITIVE_INFINITY;
    this.failAt = Number.POSITIVE_INFINITY;
    this.failReadAt = Number.POSITIVE_INFINITY;
    this.opened = [];
    return this;
  }

  /** A disk of its own with everything that the operating system shows of this one, all of it synced. */
  copy(): SimulatedDisk {
    const files = new Map<string, SimulatedFile>();
    for (const path of this.names.keys()) files.set(path, new SimulatedFile(this.contents(path)));
    return new SimulatedDisk(files);
  }

  /** A file's bytes. */
  contents(path: string): Buffer {
    const file = this.names.get(path);
    if (file === undefined) throw systemError('ENOENT', 'open');
    return file.contents();
  }

  /** Puts a file there, synced. */
  put(path: string, bytes: Uint8Array): void {
    const file = new SimulatedFile(bytes);
    this.names.set(path, file);
    this.durableNames.set(path, file);
  }

  private firstChanges(random: Random): NameChange[] {
    return this.pending.slice(0, Math.floor(random() * (this.pending.length + 1)));
  }

  private anyChanges(random: Random): NameChange[] {
    const lost = new Set<string>();
    const keeps = random();
    return this.pending.filter(({ names }) => {
      const survives = random() < keeps && !names.some((name) => lost.has(name));
      if (!survives) for (const name of names) lost.add(name);
      return survives;
    });
  }

  private file(file: number): SimulatedFile {
    const found = this.opened[file];
    if (found === undefined) throw systemError('EBADF', 'read');
    return found.file;
  }

  private pathOf(file: number): string {
    return this.opened[file]?.path ?? '';
  }

  private changeNames(change: NameChange): void {
    change.apply(this.names);
    this.pending.push(change);
  }

  /** Fails, or ends everything, if the time has come; `inPart` does a share of the work then. */
  private count(systemCall: string, inPart: (share: number) => void = () => {}): void {
    if (this.halted) throw systemError(HALTED, systemCall);
    this.operations++;
    if (this.operations >= this.haltAt) {
      this.halted = true;
      if (this.damage !== undefined) inPart(this.damage());
      throw systemError(HALTED, systemCall);
    }
    const fails = this.staysBroken ? this.operations >= this.failAt : this.operations === this.failAt;
    if (!fails) return;
    if (this.damage !== undefined) inPart(this.damage());
    throw systemError(this.failure, systemCall);
  }

  private countRead(systemCall: string): void {
    if (this.halted) throw systemError(HALTED, systemCall);
    this.reads++;
    if (this.reads === this.failReadAt) throw systemError('EIO', systemCall);
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
