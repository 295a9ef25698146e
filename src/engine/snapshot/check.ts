/**
 * `crabkv check`, as far as the snapshot goes: reads and verifies all of it, changes nothing, says what is there.
 */

import { CrabError } from '../../base/errors.js';
import { TYPE_STRING } from '../../structures/entry.js';
import { type Disk, realDisk } from '../wal/disk.js';
import type { TextOutput } from '../wal/print-text.js';
import { SNAPSHOT_FILE } from './format.js';
import { type LineVisitor, readSnapshotIndex, SectionLoader, type SnapshotIndex } from './loader.js';

export interface SnapshotCheck {
  /** True when a start would accept the snapshot, also when there is none. */
  readonly ok: boolean;
  /** Where the log has to go on; 0 without a snapshot. */
  readonly lsn: number;
}

/** What the lines come to. */
interface Totals {
  keys: number;
  expiring: number;
  keyBytes: number;
  valueBytes: number;
  readonly byDatabase: number[];
  /** Keys, and their elements, by type. */
  readonly byType: number[];
  readonly elements: number[];
}

/** By type; strings are not counted by name. */
const TYPE_NAMES: readonly string[] = ['strings', 'lists', 'sets', 'sorted sets', 'hashes'];

/** Checks the snapshot in `directory` and reports to `out`, one line on the whole and one for each damaged section. */
export function checkSnapshot(directory: string, out: TextOutput, disk: Disk = realDisk): SnapshotCheck {
  const index: { found?: SnapshotIndex } = {};
  const isSound = attempt(out, () => {
    const found = readSnapshotIndex(directory, disk);
    if (found !== undefined) index.found = found;
  });
  if (index.found === undefined) {
    if (isSound) out.write(`no snapshot in ${directory}\n`);
    return { ok: isSound, lsn: 0 };
  }
  const ok = checkSections(index.found, out, disk);
  return { ok, lsn: index.found.lsn };
}

function checkSections(index: SnapshotIndex, out: TextOutput, disk: Disk): boolean {
  const totals: Totals = {
    keys: 0,
    expiring: 0,
    keyBytes: 0,
    valueBytes: 0,
    byDatabase: [],
    byType: [],
    elements: [],
  };
  const visit: LineVisitor = ({ database, keySize, type, valueSize, elementCount, deadline, isMore }) => {
    if (type === TYPE_STRING) totals.valueBytes += valueSize;
    count(totals.elements, type, elementCount);
    if (isMore) return; // the rest of a large collection
    totals.keys += 1;
    if (deadline !== 0) totals.expiring += 1;
    totals.keyBytes += keySize;
    count(totals.byDatabase, database, 1);
    count(totals.byType, type, 1);
  };
  let damagedCount = 0;
  const loader = new SectionLoader(index, disk);
  try {
    for (let number = 0; number < index.sections.length; number++) {
      if (!attempt(out, () => loader.load(number, visit))) damagedCount += 1;
    }
  } finally {
    loader.close();
  }
  describe(index, totals, out);
  if (damagedCount > 0)
    out.write(`${SNAPSHOT_FILE}: ${damagedCount} of ${index.sections.length} sections damaged\n`);
  return damagedCount === 0;
}

function describe(index: SnapshotIndex, totals: Totals, out: TextOutput): void {
  out.write(
    `${SNAPSHOT_FILE}: taken ${index.created} at LSN ${index.lsn}, ${index.bytes} bytes, ${totals.keys} keys ` +
      `(${totals.expiring} expiring), ${totals.keyBytes} bytes of keys, ${totals.valueBytes} bytes of strings\n`,
  );
  totals.byDatabase.forEach((count, database) => {
    out.write(`${SNAPSHOT_FILE}: database ${database}: ${count} keys\n`);
  });
  totals.byType.forEach((keys, type) => {
    if (type === TYPE_STRING) return;
    out.write(`${SNAPSHOT_FILE}: ${keys} ${TYPE_NAMES[type]} of ${totals.elements[type]} elements\n`);
  });
}

function count(counts: number[], index: number, more: number): void {
  counts[index] = (counts[index] ?? 0) + more;
}

/** Runs `action`; false, with the reason written, when that ended in an error made for people. */
function attempt(out: TextOutput, action: () => void): boolean {
  try {
    action();
    return true;
  } catch (error) {
    if (!(error instanceof CrabError)) throw error;
    out.write(`error: ${error.message}\n`);
    return false;
  }
}
