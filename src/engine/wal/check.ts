/**
 * `crabkv check`, as far as the log goes: walks through every segment without changing anything, and says what is there
 * and whether a start would accept it. It looks by the very functions that recovery uses.
 */

import { CrabError } from '../../base/errors.js';
import { type Disk, realDisk } from './disk.js';
import { ACTIVE_NAME } from './log-file.js';
import { listLogFiles, type SegmentFile } from './log-segment.js';
import type { TextOutput } from './print-text.js';
import { checkJoint, damaged, type SegmentScan, scanSegment } from './recovery.js';

/**
 * Checks the log in `directory` and reports to `out`, one line a segment and one on the whole.
 *
 * @param fromLsn the snapshot's LSN; what is before it need not be there. 0 when there is no snapshot
 * @returns the exit code: 0 when a start would accept the log, 1 when not
 */
export function checkLog(directory: string, out: TextOutput, fromLsn = 0, disk: Disk = realDisk): number {
  try {
    return check(disk, directory, out, fromLsn);
  } catch (error) {
    if (!(error instanceof CrabError)) throw error;
    out.write(`error: ${error.message}\n`);
    return 1;
  }
}

function check(disk: Disk, directory: string, out: TextOutput, fromLsn: number): number {
  const { archives, active, next, spares } = listLogFiles(disk, directory);
  const chain = active === undefined ? archives : [...archives, active];
  if (chain.length === 0) {
    out.write(`no log in ${directory}\n`);
    return 0;
  }
  const scans: SegmentScan[] = [];
  for (let index = 0; index < chain.length; index++) {
    const segment = chain[index]!;
    const following = chain[index + 1];
    if (following !== undefined && following.header.firstLsn <= fromLsn) {
      out.write(`${segment.name}: from LSN ${segment.header.firstLsn}, all in the snapshot\n`);
      continue;
    }
    const scan = scanSegment(disk, segment);
    describe(out, scan);
    scans.push(scan);
    if (following !== undefined) checkJoint(scan, following, chain.slice(index + 1));
    else if (scan.proves) throw damaged(scan, []);
    if (following === undefined && scan.leftoverOffset >= 0) {
      out.write(
        `${scan.name}: torn tail at offset ${scan.endOffset} (${scan.reason}); the next start cuts it\n`,
      );
    } else if (following === undefined && !scan.isSealed) {
      out.write(`${scan.name}: ends without the mark of a stop in good order, as after a crash\n`);
    }
  }
  for (const spare of spares) out.write(`${spare}: spare\n`);
  return conclude(out, scans, chain, fromLsn, active !== undefined || next !== undefined);
}

function describe(out: TextOutput, scan: SegmentScan): void {
  out.write(
    `${scan.name}: LSN ${scan.header.firstLsn} to ${scan.endLsn}, ${scan.blocks} blocks, ${scan.records} records, ` +
      `${scan.endOffset} bytes used of ${scan.size}\n`,
  );
}

function conclude(
  out: TextOutput,
  scans: readonly SegmentScan[],
  chain: readonly SegmentFile[],
  fromLsn: number,
  hasActive: boolean,
): number {
  const first = scans[0]?.header.firstLsn ?? fromLsn;
  const end = scans.at(-1)?.endLsn ?? fromLsn;
  const blocks = scans.reduce((sum, scan) => sum + scan.blocks, 0);
  const records = scans.reduce((sum, scan) => sum + scan.records, 0);
  if (first > fromLsn) {
    const before =
      fromLsn === 0 ? 'no snapshot holds what came before' : `the snapshot ends at LSN ${fromLsn}`;
    out.write(`error: the log begins at LSN ${first}, but ${before}\n`);
    return 1;
  }
  if (!hasActive) {
    out.write(`error: ${ACTIVE_NAME} is missing beside ${chain.at(-1)!.name}\n`);
    return 1;
  }
  out.write(`log ok: LSN ${first} to ${end}, ${blocks} blocks, ${records} records\n`);
  return 0;
}
