/**
 * A file of the simulated disk: its sectors as the operating system shows them, and as the platter has them.
 *
 * A sector is shared by both, and by the copies that a crash leaves, until it is written to; one that is not there is zeros, so
 * that a megabyte of them, as a new log segment begins with, costs nothing.
 */

import type { Random } from './simulated-disk.case.js';

const SECTOR_BYTES = 512;
/** As many zeros as anybody writes at once. */
const ZEROS = new Uint8Array(1024 * 1024);

type Sectors = (Uint8Array | undefined)[];

export class SimulatedFile {
  size: number;
  private sectors: Sectors = [];
  private durable: Sectors = [];
  private durableSize: number;
  /** Sectors in which the platter may be behind. */
  private readonly dirty = new Set<number>();

  /** @param bytes what it holds from the first on, synced */
  constructor(bytes: Uint8Array = new Uint8Array(0)) {
    this.size = 0;
    this.durableSize = 0;
    if (bytes.length === 0) return;
    this.writeAt(bytes, 0);
    this.sync();
  }

  /** Makes it empty, as O_TRUNC does: not for good before it is synced. */
  truncate(): void {
    this.sectors.forEach((_, sector) => {
      this.dirty.add(sector);
    });
    this.sectors = [];
    this.size = 0;
  }

  /** Writes the first `bytes` bytes of the buffers, one after the other. */
  write(buffers: readonly Uint8Array[], position: number, bytes: number): void {
    let at = position;
    let left = bytes;
    for (const buffer of buffers) {
      const length = Math.min(buffer.length, left);
      if (length > 0) this.writeAt(buffer.subarray(0, length), at);
      at += length;
      left -= length;
    }
  }

  read(target: Uint8Array, offset: number, length: number, position: number): number {
    const bytes = Math.max(0, Math.min(length, this.size - position));
    target.fill(0, offset, offset + bytes);
    const end = position + bytes;
    for (let sector = Math.floor(position / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++) {
      const source = this.sectors[sector];
      if (source === undefined) continue;
      const start = sector * SECTOR_BYTES;
      const from = Math.max(start, position);
      const to = Math.min(start + SECTOR_BYTES, end);
      target.set(source.subarray(from - start, to - start), offset + from - position);
    }
    return bytes;
  }

  contents(): Buffer {
    const bytes = Buffer.alloc(this.size);
    this.read(bytes, 0, this.size, 0);
    return bytes;
  }

  sync(): void {
    for (const sector of this.dirty) this.durable[sector] = this.sectors[sector];
    this.dirty.clear();
    this.durableSize = this.size;
  }

  /** A sync fails: some of it has reached the disk, and what has not is never tried again. */
  failSync(random: Random): void {
    const keeps = random();
    for (const sector of this.dirty) if (random() < keeps) this.durable[sector] = this.sectors[sector];
    this.dirty.clear();
    // What the system shows is ahead of the disk from now on, and nothing knows.
    if (random() < 0.5) this.durableSize = this.size;
  }

  /** Some sectors reach the disk without having been asked to. */
  writeBack(random: Random): void {
    const keeps = random();
    for (const sector of [...this.dirty]) {
      if (random() >= keeps) continue;
      this.durable[sector] = this.sectors[sector];
      this.dirty.delete(sector);
    }
  }

  /** What a power cut leaves of it. */
  crashed(random: Random): SimulatedFile {
    const left = new SimulatedFile();
    left.sectors = this.durable.slice();
    const keeps = random();
    for (const sector of this.dirty) if (random() < keeps) left.sectors[sector] = this.sectors[sector];
    left.size = this.crashedSize(random);
    left.cutAtSize();
    left.durable = left.sectors.slice();
    left.durableSize = left.size;
    return left;
  }

  private crashedSize(random: Random): number {
    const choice = random();
    if (choice < 0.4) return this.size;
    if (choice < 0.8) return this.durableSize;
    return Math.round(this.durableSize + random() * (this.size - this.durableSize));
  }

  /** Nothing is left beyond the end. */
  private cutAtSize(): void {
    const last = Math.ceil(this.size / SECTOR_BYTES);
    if (this.sectors.length > last) this.sectors.length = last;
    const kept = this.size % SECTOR_BYTES;
    const sector = this.sectors[last - 1];
    if (kept === 0 || sector === undefined) return;
    const cut = new Uint8Array(SECTOR_BYTES);
    cut.set(sector.subarray(0, kept));
    this.sectors[last - 1] = cut;
  }

  private writeAt(source: Uint8Array, position: number): void {
    const end = position + source.length;
    const isZeros = isAllZeros(source);
    for (let sector = Math.floor(position / SECTOR_BYTES); sector * SECTOR_BYTES < end; sector++) {
      const before = this.sectors[sector];
      if (isZeros && before === undefined && !this.dirty.has(sector) && this.durable[sector] === undefined)
        continue;
      const start = sector * SECTOR_BYTES;
      const from = Math.max(start, position);
      const after = new Uint8Array(SECTOR_BYTES);
      if (before !== undefined) after.set(before);
      after.set(
        source.subarray(from - position, Math.min(start + SECTOR_BYTES, end) - position),
        from - start,
      );
      this.sectors[sector] = after;
      this.dirty.add(sector);
    }
    if (end > this.size) this.size = end;
  }
}

function isAllZeros(bytes: Uint8Array): boolean {
  return bytes.length <= ZEROS.length && Buffer.compare(bytes, ZEROS.subarray(0, bytes.length)) === 0;
}
