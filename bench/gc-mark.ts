/**
 * Loaded into every thread of a server whose collections are counted (garbage.ts): makes reactors known in V8's trace.
 *
 * `--trace-gc` tells collections of different threads apart by an address only. A reactor collects once on demand before it
 * starts, and V8 gives such a collection the reason "testing": the address on that line is a reactor's.
 */

import { isMainThread } from 'node:worker_threads';

const { gc } = globalThis;
if (!isMainThread && process.argv[1]?.endsWith('reactor-thread.js')) {
  if (gc === undefined) throw new Error('gc-mark wants node --expose-gc');
  gc();
}
