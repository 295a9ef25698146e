/**
 * All targets by name. Each is imported only when it is wanted: what was compiled before its coverage began is not seen.
 */

import type { TargetMaker } from './target.js';

export const TARGETS: Readonly<Record<string, () => Promise<TargetMaker>>> = {
  requests: async () => (await import('./targets/requests.js')).makeRequestsTarget,
  replies: async () => (await import('./targets/replies.js')).makeRepliesTarget,
  restore: async () => (await import('./targets/restore.js')).makeRestoreTarget,
  snapshot: async () => (await import('./targets/snapshot.js')).makeSnapshotTarget,
  'snapshot-lines': async () => (await import('./targets/snapshot-lines.js')).makeSnapshotLinesTarget,
  log: async () => (await import('./targets/log.js')).makeLogTarget,
  'log-records': async () => (await import('./targets/log-records.js')).makeLogRecordsTarget,
  commands: async () => (await import('./targets/commands.js')).makeCommandsTarget,
  config: async () => (await import('./targets/config.js')).makeConfigTarget,
  acl: async () => (await import('./targets/acl.js')).makeAclTarget,
  glob: async () => (await import('./targets/glob.js')).makeGlobTarget,
  numbers: async () => (await import('./targets/numbers.js')).makeNumbersTarget,
  cursors: async () => (await import('./targets/cursors.js')).makeCursorsTarget,
  hyperloglog: async () => (await import('./targets/hyperloglog.js')).makeHyperloglogTarget,
};
