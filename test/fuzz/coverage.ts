/**
 * What of some modules has been run, by V8's own block coverage: the eyes of the fuzzer.
 *
 * Node's inspector counts how often each block of each function ran since it was asked last. `look` asks, and says whether a
 * block ran that never had before, and how often the busiest one ran: what an input has cost, in steps that no load of the
 * machine changes. Asking costs a millisecond or two, so the fuzzer does it once for many inputs, and for each of them only
 * where they have brought something new.
 *
 * A script is an array of marks, a byte for each of its characters, because V8 reports ranges that begin and end where a count
 * changes: which of them there are differs from one report to the next, the characters don't.
 *
 * Only what is compiled after `new Coverage` has block counters: the modules are to be imported later than that.
 */

import { Session } from 'node:inspector';

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface FunctionCoverage {
  readonly functionName: string;
  readonly ranges: readonly Range[];
}

interface ScriptCoverage {
  readonly url: string;
  readonly functions: readonly FunctionCoverage[];
}

/** What ran since coverage was asked last. */
export interface Reached {
  /** A block among it has never run before. */
  readonly isNew: boolean;
  /** How often the busiest block of the modules ran, and where it is. */
  readonly steps: number;
  readonly busiest: string;
  /** What V8 said: for `settle`. */
  readonly report: readonly ScriptCoverage[];
}

/** Of characters: in a function, and in a block of one that has run. */
const KNOWN = 1;
const REACHED = 2;

export class Coverage {
  readonly #session = new Session();
  readonly #scripts = new Map<string, Uint8Array>();
  #modules: readonly string[] = [];
  #scratch = new Uint8Array(2 ** 16);

  /** Begins to count. */
  constructor() {
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Looks at these modules from now on, which have just been imported. @param modules as `Target.modules` */
  watch(modules: readonly string[]): void {
    this.#modules = modules;
    // The report that has the imports in it is the only one with all functions, also those that nobody ever calls.
    for (const script of this.#report()) {
      const marks = this.#marksOf(script);
      for (const { ranges } of bodies(script))
        marks.fill(KNOWN, ranges[0]!.startOffset, ranges[0]!.endOffset);
    }
  }

  /** What ran since the last call. What is new stays new until it is settled. */
  look(): Reached {
    let isNew = false;
    let steps = 0;
    let busiest = '';
    const report = this.#report();
    for (const script of report) {
      const marks = this.#marksOf(script);
      for (const { functionName, ranges } of bodies(script)) {
        isNew ||= this.#mark(marks, ranges, false);
        for (const { count } of ranges) {
          if (count <= steps) continue;
          steps = count;
          busiest = `${functionName || 'a function'} in ${script.url}`;
        }
      }
    }
    return { isNew, steps, busiest, report };
  }

  /** From now on what ran then is known. */
  settle({ report }: Reached): void {
    for (const script of report) {
      const marks = this.#marksOf(script);
      for (const { ranges } of bodies(script)) this.#mark(marks, ranges, true);
    }
  }

  /** How much of the code of all functions of the modules has run, from 0 to 1. */
  reached(): number {
    let known = 0;
    let reached = 0;
    for (const marks of this.#scripts.values()) {
      for (const mark of marks) {
        if (mark !== 0) known += 1;
        if ((mark & REACHED) !== 0) reached += 1;
      }
    }
    return known === 0 ? 0 : reached / known;
  }

  /** True when some of what has run in a function is not marked yet. Ranges are given from the outermost inwards. */
  #mark(marks: Uint8Array, ranges: readonly Range[], isKept: boolean): boolean {
    const { startOffset: start, endOffset: end } = ranges[0]!;
    if (end - start > this.#scratch.length) this.#scratch = new Uint8Array(2 * (end - start));
    const ran = this.#scratch;
    for (const { startOffset, endOffset, count } of ranges)
      ran.fill(count > 0 ? 1 : 0, startOffset - start, endOffset - start);
    let isNew = false;
    for (let at = start; at < end; at++) {
      if (ran[at - start] === 0 || (marks[at]! & REACHED) !== 0) continue;
      isNew = true;
      if (!isKept) break;
      marks[at] = KNOWN | REACHED;
    }
    return isNew;
  }

  #marksOf(script: ScriptCoverage): Uint8Array {
    const end = Math.max(...script.functions.map(({ ranges }) => ranges[0]!.endOffset));
    let marks = this.#scripts.get(script.url);
    if (marks === undefined || marks.length < end) {
      const longer = new Uint8Array(end);
      longer.set(marks ?? []);
      marks = longer;
      this.#scripts.set(script.url, marks);
    }
    return marks;
  }

  #report(): ScriptCoverage[] {
    let scripts: readonly ScriptCoverage[] = [];
    // Within one thread the answer comes before `post` returns.
    this.#session.post('Profiler.takePreciseCoverage', (error, { result }) => {
      if (error !== null) throw error;
      scripts = result;
    });
    return scripts.filter(({ url }) => this.#modules.some((module) => url.includes(`/${module}`)));
  }
}

/** The functions of a script without the script itself, which V8 reports as one, too. */
function bodies(script: ScriptCoverage): readonly FunctionCoverage[] {
  return script.functions.filter(
    ({ functionName, ranges }) => functionName !== '' || ranges[0]!.startOffset > 0,
  );
}
