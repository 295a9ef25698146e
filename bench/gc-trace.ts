/** Reads what `node --trace-gc` prints. */

/** One collection. */
export interface Collection {
  /** Which thread's heap: an address. */
  readonly isolate: string;
  readonly isMajor: boolean;
  /** Asked for by a program: gc-mark.ts. */
  readonly isOnDemand: boolean;
}

/** Of the reactor threads. */
export interface CollectionCounts {
  readonly major: number;
  readonly minor: number;
}

/**
 * `[PID:0xISOLATE]   81 ms: Mark-Compact 4.8 (8.7) -> 3.4 (9.0) MB, ... testing; GC in old space requested`: the kinds
 * are Scavenge and Minor Mark-Sweep, and Mark-Compact, with `(reduce)` behind it when memory is to be given back.
 */
const LINE = /^\[\d+:(0x[0-9a-f]+)[^\]]*\]\s+\d+ ms: (Scavenge|Minor|Mark-Compact)\b(.*)$/gm;

export function parseTrace(text: string): Collection[] {
  return [...text.matchAll(LINE)].map(([, isolate = '', kind, rest = '']) => ({
    isolate,
    isMajor: kind === 'Mark-Compact',
    isOnDemand: /\) testing;/.test(rest),
  }));
}

/**
 * Collections in reactor threads in a part of a trace.
 *
 * @param before the trace from the start of the process on: it must tell which threads are reactors
 * @param during the part that counts
 */
export function countReactorCollections(before: string, during: string): CollectionCounts {
  const reactors = new Set(
    parseTrace(before)
      .filter(({ isOnDemand }) => isOnDemand)
      .map(({ isolate }) => isolate),
  );
  if (reactors.size === 0)
    throw new Error(`the trace of collections names no reactor:\n${before.slice(-2000)}`);
  const own = parseTrace(during).filter(({ isolate }) => reactors.has(isolate));
  const major = own.filter(({ isMajor }) => isMajor).length;
  return { major, minor: own.length - major };
}
