/**
 * Is a history of concurrent operations linearizable: can each operation be given one moment between its call and its return so
 * that, in the order of these moments, a single client could have seen all the replies?
 *
 * The search is that of Wing and Gong, "Testing and Verifying Concurrent Objects" (1993), with the memory of Lowe, "Testing for
 * Linearizability" (2017): events are a list in the order of time; an operation whose call comes before the first return in the
 * list may be the next one. It is taken out, with its return, if the model gives its reply; when the first event left is a
 * return, the operation taken last was wrong and is put back. Which operations have been taken, and what state they led to, is
 * remembered: nothing good can come of being there twice.
 *
 * An operation without a reply (its server was killed) may have taken effect, at any moment until the kill, or not at all. So
 * it may be taken with whatever reply; and where its return stops the search, it is taken out without effect instead.
 */

import { apply, describeState, EMPTY, type ReplyText, type State } from './model.js';

export interface Operation {
  readonly client: number;
  readonly args: readonly string[];
  /** Moments of one clock that orders all events. */
  readonly called: number;
  /** For one without a reply: when it can't take effect any more. */
  readonly returned: number;
  /** `undefined`: nobody knows. */
  readonly reply: ReplyText | undefined;
}

export interface Verdict {
  readonly outcome: 'linearizable' | 'violation' | 'undecided';
  /** How many operations were tried. */
  readonly steps: number;
  /** A violation: the longest order that could be found, and the operations of which none could come next. */
  readonly longest: readonly Operation[];
  readonly stuck: readonly Operation[];
}

/** A search that takes more than this many trials is given up. */
const STEPS_MAX = 20_000_000;

/** A call or a return, in a list of events; the head of the list is neither. */
interface Event {
  /** Index among the operations, in the order of their calls. */
  readonly index: number;
  readonly isCall: boolean;
  before: Event | undefined;
  after: Event | undefined;
  /** The other event of the operation. */
  partner: Event | undefined;
}

/** An operation that has been taken, and what was before. */
interface Taken {
  readonly call: Event;
  readonly state: State;
  readonly hadEffect: boolean;
}

/** Checks a history that begins with no keys. */
export function check(history: readonly Operation[], stepsMax: number = STEPS_MAX): Verdict {
  return new Search(history).run(stepsMax);
}

class Search {
  private readonly operations: readonly Operation[];
  private readonly head: Event;
  private readonly taken: Taken[] = [];
  /** By index: 1 when it has been taken. */
  private readonly isTaken: Uint8Array;
  /** Every operation before it has been taken. */
  private low = 0;
  private readonly known = new Set<string>();
  private state: State = EMPTY;
  private longestCount = -1;
  private longest: readonly Operation[] = [];
  private stuck: readonly Operation[] = [];

  constructor(history: readonly Operation[]) {
    this.operations = history.toSorted((left, right) => left.called - right.called);
    this.isTaken = new Uint8Array(history.length);
    this.head = eventList(this.operations);
  }

  run(stepsMax: number): Verdict {
    let steps = 0;
    let event = this.head.after;
    while (event !== undefined) {
      if (++steps > stepsMax) return this.verdict('undecided', steps);
      if (event.isCall) {
        event = this.tryEffect(event) ? this.head.after : event.after;
      } else if (this.tryWithoutEffect(event)) {
        event = this.head.after;
      } else {
        this.remember();
        event = this.goBack();
        if (event === undefined) return this.verdict('violation', steps);
      }
    }
    return this.verdict('linearizable', steps);
  }

  /** Takes the operation that `call` begins, if it can be next. */
  private tryEffect(call: Event): boolean {
    const { args, reply } = this.operations[call.index]!;
    const outcome = apply(this.state, args);
    if (reply !== undefined && reply !== outcome.reply) return false;
    return this.take(call, outcome.state, true);
  }

  /** Where the return of an operation without a reply is reached, the rest of the history may do without it. */
  private tryWithoutEffect(end: Event): boolean {
    return this.operations[end.index]!.reply === undefined && this.take(end.partner!, this.state, false);
  }

  private take(call: Event, state: State, hadEffect: boolean): boolean {
    this.isTaken[call.index] = 1;
    const here = `${this.describeTaken()} ${describeState(state)}`;
    if (this.known.has(here)) {
      this.isTaken[call.index] = 0;
      return false;
    }
    this.known.add(here);
    this.taken.push({ call, state: this.state, hadEffect });
    this.state = state;
    while (this.isTaken[this.low] === 1) this.low++;
    unlink(call);
    unlink(call.partner!);
    return true;
  }

  /** Puts back what was taken last. Returns where to go on from there; undefined when there is nothing left to try. */
  private goBack(): Event | undefined {
    for (;;) {
      const last = this.taken.pop();
      if (last === undefined) return undefined;
      const { call } = last;
      link(call.partner!);
      link(call);
      this.isTaken[call.index] = 0;
      this.low = Math.min(this.low, call.index);
      this.state = last.state;
      // Without effect it was the last resort.
      if (last.hadEffect) return call.after;
    }
  }

  /** The set of what has been taken, as a text: a short one, since of what is long past everything has been. */
  private describeTaken(): string {
    let index = this.low;
    while (this.isTaken[index] === 1) index++;
    let text = `${index}:`;
    for (let ahead = this.taken.length + 1 - index; ahead > 0; index++) {
      const bit = this.isTaken[index]!;
      text += bit;
      ahead -= bit;
    }
    return text;
  }

  private remember(): void {
    if (this.taken.length <= this.longestCount) return;
    this.longestCount = this.taken.length;
    this.longest = this.taken
      .filter(({ hadEffect }) => hadEffect)
      .map(({ call }) => this.operations[call.index]!);
    const stuck: Operation[] = [];
    for (let event = this.head.after; event?.isCall === true; event = event.after) {
      stuck.push(this.operations[event.index]!);
    }
    this.stuck = stuck;
  }

  private verdict(outcome: Verdict['outcome'], steps: number): Verdict {
    const isBad = outcome === 'violation';
    return { outcome, steps, longest: isBad ? this.longest : [], stuck: isBad ? this.stuck : [] };
  }
}

/** All calls and returns in the order of time, behind a head. */
function eventList(operations: readonly Operation[]): Event {
  const moments: { event: Event; at: number }[] = [];
  for (const [index, { called, returned }] of operations.entries()) {
    const call: Event = { index, isCall: true, before: undefined, after: undefined, partner: undefined };
    const end: Event = { index, isCall: false, before: undefined, after: undefined, partner: call };
    call.partner = end;
    moments.push({ event: call, at: called }, { event: end, at: returned });
  }
  // A call and a return of the same moment overlap.
  moments.sort((left, right) => left.at - right.at || Number(right.event.isCall) - Number(left.event.isCall));
  const head: Event = { index: -1, isCall: false, before: undefined, after: undefined, partner: undefined };
  let last = head;
  for (const { event } of moments) {
    last.after = event;
    event.before = last;
    last = event;
  }
  return head;
}

function unlink(event: Event): void {
  event.before!.after = event.after;
  if (event.after !== undefined) event.after.before = event.before;
}

/** Undoes `unlink`: in the opposite order the neighbours are what they were. */
function link(event: Event): void {
  event.before!.after = event;
  if (event.after !== undefined) event.after.before = event;
}

/** A violation, told to a person: the end of the longest order found, and what could not follow. */
export function describeViolation({ longest, stuck }: Verdict): string {
  const tell = ({ client, args, called, returned, reply }: Operation): string =>
    `  [${called}, ${returned}] client ${client}: ${args.join(' ')} -> ${reply ?? '(no reply)'}`;
  const before = longest.slice(-12).map(tell);
  let state = EMPTY;
  for (const { args } of longest) state = apply(state, args).state;
  return [
    `after ${longest.length} operations, of which the last are`,
    ...before,
    `the keys hold ${describeState(state) || 'nothing'}`,
    'and none of these can be next:',
    ...stuck.map(tell),
  ].join('\n');
}
