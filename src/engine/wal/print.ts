/**
 * `crabkv wal`: the log as commands, one a line, with LSN, time and database:
 *
 *     1048 2026-01-01T12:00:00.000Z 0 SET "user:1" "rustacean" PXAT 1767268800000
 *
 * Strings are quoted as redis-cli quotes them. Records that happened at once are between MULTI and EXEC; a deletion
 * because of expiry says so behind a `#`, and so does what makes a collection. Reads only; works on a stopped store, and on a
 * running one up to where it was.
 */

import { CrabError } from '../../base/errors.js';
import { realDisk } from './disk.js';
import { ACTIVE_NAME } from './log-file.js';
import { SegmentReader } from './log-reader.js';
import { listLogFiles, type SegmentFile } from './log-segment.js';
import { ItemPrinter } from './print-items.js';
import { type TextOutput, writeQuoted } from './print-text.js';
import {
  FLAG_EXPIRED,
  FLAG_NEW,
  isCollectionOp,
  OP_APPEND,
  OP_DELETE,
  OP_EXPIREAT,
  OP_FLUSHALL,
  OP_FLUSHDB,
  OP_PERSIST,
  OP_SET,
  OP_SETRANGE,
  OP_SWAPDB,
  type RecordFields,
  type RecordVisitor,
  RecordWalker,
} from './record.js';
import { checkJoint, damaged, scanSegment } from './recovery.js';

/**
 * Prints the log in `directory`, oldest first.
 *
 * @returns the exit code: 0, or 1 when there is no log or a part of it is damaged (what is before it has been printed)
 */
export function printLog(directory: string, out: TextOutput): number {
  try {
    const { archives, active } = listLogFiles(realDisk, directory);
    const chain = active === undefined ? archives : [...archives, active];
    if (chain.length === 0) {
      out.write(`error: there is no ${ACTIVE_NAME} in ${directory}\n`);
      return 1;
    }
    const printer = new RecordPrinter(out);
    for (let index = 0; index < chain.length; index++) {
      const segment = chain[index]!;
      printSegment(segment, printer);
      const following = chain[index + 1];
      const scan = scanSegment(realDisk, segment);
      if (following !== undefined) checkJoint(scan, following, chain.slice(index + 1));
      else if (scan.proves) throw damaged(scan, []);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof CrabError)) throw error;
    out.write(`error: ${error.message}\n`);
    return 1;
  }
}

function printSegment(segment: SegmentFile, printer: RecordPrinter): void {
  const walker = new RecordWalker(0);
  const reader = new SegmentReader(realDisk, segment.path, segment.header, true);
  try {
    while (reader.next()) {
      printer.time = new Date(reader.header.timeMs).toISOString();
      reader.visit(walker, printer);
    }
  } finally {
    reader.close();
  }
}

/** Prints one record a line. */
class RecordPrinter implements RecordVisitor {
  time = '';
  private readonly out: TextOutput;
  private readonly items: ItemPrinter;
  private groupLsn = 0;

  constructor(out: TextOutput) {
    this.out = out;
    this.items = new ItemPrinter(out);
  }

  groupBegins(lsn: number): void {
    this.out.write(`${lsn} ${this.time} - MULTI\n`);
    this.groupLsn = lsn;
  }

  groupEnds(): void {
    this.out.write(`${this.groupLsn} ${this.time} - EXEC\n`);
  }

  record(fields: RecordFields, bytes: Uint8Array, lsn: number): void {
    const out = this.out;
    const { database, deadline, keyOffset, keyBytes, valueOffset, valueBytes } = fields;
    const name = isCollectionOp(fields.op) ? this.items.commandName(fields.op) : commandName(fields.op);
    out.write(`${lsn} ${this.time} ${database} ${name}`);
    if (hasKey(fields.op)) writeQuoted(out, bytes, keyOffset, keyBytes);
    if (fields.op === OP_SWAPDB) out.write(` ${database} ${fields.otherDatabase}`);
    if (fields.op === OP_SETRANGE) out.write(` ${fields.rangeOffset}`);
    if (hasValue(fields.op)) writeQuoted(out, bytes, valueOffset, valueBytes);
    if (isCollectionOp(fields.op)) this.items.write(fields, bytes);
    if (fields.op === OP_SET && deadline !== 0) out.write(` PXAT ${deadline}`);
    if (fields.op === OP_EXPIREAT) out.write(` ${deadline}`);
    if ((fields.flags & FLAG_EXPIRED) !== 0) out.write(' # expired');
    if (isCollectionOp(fields.op) && (fields.flags & FLAG_NEW) !== 0) out.write(' # new');
    out.write('\n');
  }
}

function hasKey(op: number): boolean {
  return op !== OP_FLUSHDB && op !== OP_FLUSHALL && op !== OP_SWAPDB;
}

function hasValue(op: number): boolean {
  return op === OP_SET || op === OP_APPEND || op === OP_SETRANGE;
}

function commandName(op: number): string {
  switch (op) {
    case OP_SET:
      return 'SET';
    case OP_DELETE:
      return 'DEL';
    case OP_EXPIREAT:
      return 'PEXPIREAT';
    case OP_PERSIST:
      return 'PERSIST';
    case OP_APPEND:
      return 'APPEND';
    case OP_SETRANGE:
      return 'SETRANGE';
    case OP_SWAPDB:
      return 'SWAPDB';
    case OP_FLUSHDB:
      return 'FLUSHDB';
    case OP_FLUSHALL:
      return 'FLUSHALL';
    default:
      return `OP${op}`;
  }
}
