/**
 * A reactor's share of loading: sections of the snapshot as they are free, then the log's records of its own
 * shards.
 *
 * It blocks the thread, which has nothing else to do yet. What is damaged or does not fit is thrown and ends
 * the start.
 */

import type { Applier } from '../engine/apply.js';
import { SectionLoader } from '../engine/snapshot/loader.js';
import { realDisk } from '../engine/wal/disk.js';
import { replayLog } from '../engine/wal/log-reader.js';
import type { RecordVisitor } from '../engine/wal/record.js';
import type { LoadOrder } from './messages.js';
import type { ProgressCounter } from './progress.js';

type SnapshotOrder = Extract<LoadOrder, { stage: 'snapshot' }>;
type LogOrder = Extract<LoadOrder, { stage: 'log' }>;

/** Does what `order` says, counting in `progress`. */
export function loadShare(order: LoadOrder, applier: Applier, progress: ProgressCounter): void {
  if (order.stage === 'snapshot') loadSections(order, applier, progress);
  else replayRecords(order, applier, progress);
}

function loadSections(order: SnapshotOrder, applier: Applier, progress: ProgressCounter): void {
  const { index } = order;
  const ticket = new Int32Array(order.ticket);
  const loader = new SectionLoader(index);
  const load = applier.load.bind(applier);
  try {
    for (;;) {
      const number = Atomics.add(ticket, 0, 1);
      const section = index.sections[number];
      if (section === undefined) return;
      progress.add(loader.load(number, load), section.bytes);
    }
  } finally {
    loader.close();
  }
}

function replayRecords(order: LogOrder, applier: Applier, progress: ProgressCounter): void {
  let toldBytes = 0;
  let records = 0;
  const visitor: RecordVisitor = {
    record(fields, bytes) {
      applier.applyRecord(bytes, fields);
      records++;
    },
  };
  replayLog(realDisk, order.directory, order.segments, order.fromLsn, visitor, (bytes) => {
    progress.add(progress.threadIndex === order.countedBy ? records : 0, bytes - toldBytes);
    toldBytes = bytes;
    records = 0;
  });
}
