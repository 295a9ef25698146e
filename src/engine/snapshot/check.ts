/**
 * `crabkv check`, as far as the snapshot goes: reads and verifies all of it, changes nothing, says what is there.
 */

import { CrabError } from '../../base/errors.js';
import type { TextOutput } from '../wal/print.js';
import { SNAPSHOT_FILE } from './format.js';
import { type EntryVisitor, readSnapshotIndex, SectionLoader, type SnapshotIndex } from './loader.js';

export interface SnapshotCheck {
  /** True when a start would accept the snapshot, also when there is none. */
  readonly ok: boolean;
  /** Where the log has to go on; 0 without a snapshot. */
  readonly lsn: number;
}

/** What the entries come to. */
interface Totals {
  entries: number;
  expiring: number;
  keyBytes: number;
  valueBytes: number;
  readonly byDatabase: number[];
}

/** Checks the snapshot in `directory` and reports to `out`, one line on the whole and one for each damaged section. */
export function checkSnapshot(directory: string, out: TextOutput): SnapshotCheck {
  const index: { found?: SnapshotIndex } = {};
  const isSound = attempt(out, () => {
    const found = readSnapshotIndex(directory);
    if (found !== undefined) index.found = found;
  });
  if (index.found === undefined) {
    if (isSound) out.write(`no snapshot in ${directory}\n`);
    return { ok: isSound, lsn: 0 };
  }
  const ok = checkSections(index.found, out);
  return { ok, lsn: index.found.lsn };
}

function checkSections(index: SnapshotIndex, out: TextOutput): boolean {
  const totals: Totals = { entries: 0, expiring: 0, keyBytes: 0, valueBytes: 0, byDatabase: [] };
  const visit: EntryVisitor = (database, _keys, _keyAt, keySize, _values, _valueAt, valueSize, deadline) => {
    totals.entries += 1;
    if (deadline !== 0) totals.expiring += 1;
    totals.keyBytes += keySize;
    totals.valueBytes += valueSize;
    totals.byDatabase[database] = (totals.byDatabase[database] ?? 0) + 1;
  };
  let damagedCount = 0;
  const loader = new SectionLoader(index);
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
    `${SNAPSHOT_FILE}: taken ${index.created} at LSN ${index.lsn}, ${index.bytes} bytes, ${totals.entries} keys ` +
      `(${totals.expiring} expiring), ${totals.keyBytes} bytes of keys, ${totals.valueBytes} bytes of values\n`,
  );
  totals.byDatabase.forEach((count, database) => {
    out.write(`${SNAPSHOT_FILE}: database ${database}: ${count} keys\n`);
  });
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
