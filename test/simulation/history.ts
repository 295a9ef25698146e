/**
 * The history of a simulated store: what each event has changed, and which of its states a crash may bring back.
 *
 *     base ──event 0──▶ state 1 ──event 1──▶ state 2 ... state n
 *                                    ▲
 *                                  floor: what came before was promised, and has to be there
 *
 * An event is all that one command does: it is there as a whole or not at all. The exception is what happens when keys' time
 * is over: no command says so, each key goes by itself, and in an order that only the log knows. Such an event is *gradual*.
 */

import type { Contents } from '../../src/engine/snapshot/collections.case.js';
import { type Item, withoutExpired } from './values.js';

interface Event {
  readonly what: string;
  /** Keys with what they hold now, undefined for nothing. */
  readonly changes: ReadonlyMap<string, Item | undefined>;
  readonly isGradual: boolean;
  readonly nowMs: number;
}

export class History {
  private readonly base: ReadonlyMap<string, Item>;
  private readonly events: Event[] = [];
  /** Of each key: the state in which its last change was there first. */
  private readonly changedAt = new Map<string, number>();
  private lastPromised = 0;
  /** What the keys hold, as of the last event. */
  private readonly latest: Map<string, Item>;

  constructor(base: ReadonlyMap<string, Item>) {
    this.base = base;
    this.latest = new Map(base);
  }

  /** Number of the state after the last event. */
  get length(): number {
    return this.events.length;
  }

  /**
   * Adds what has become of the keys `names`, as of `keys`, if that is anything new.
   *
   * @param options.isPromised whether who sees it may take it to last (`lastChangeOf`)
   */
  add(
    what: string,
    names: Iterable<string>,
    keys: ReadonlyMap<string, Item>,
    options: { readonly nowMs: number; readonly isGradual: boolean; readonly isPromised: boolean },
  ): void {
    const changes = new Map<string, Item | undefined>();
    for (const name of names) {
      const item = keys.get(name);
      if (item?.text === this.latest.get(name)?.text) continue;
      changes.set(name, item);
    }
    if (changes.size === 0) return;
    const { nowMs, isGradual, isPromised } = options;
    this.events.push({ what, changes, isGradual, nowMs });
    apply(changes, this.latest);
    if (!isPromised) return;
    this.lastPromised = this.events.length;
    for (const name of changes.keys()) this.changedAt.set(name, this.events.length);
  }

  /** The last state that anybody may take to last. */
  get promised(): number {
    return this.lastPromised;
  }

  /** The first state that has the last change of the key `name`. */
  lastChangeOf(name: string): number {
    return this.changedAt.get(name) ?? 0;
  }

  /**
   * The keys of a state not before `floor` that is what was found after a crash; undefined when there is none.
   */
  match(found: Contents, floor: number): Map<string, Item> | undefined {
    const keys = this.stateAt(floor);
    const wrong = new Set<string>();
    for (const name of new Set([...keys.keys(), ...found.keys()])) {
      if (keys.get(name)?.text !== found.get(name)) wrong.add(name);
    }
    for (let state = floor; ; state++) {
      if (wrong.size === 0) return keys;
      const event = this.events[state];
      if (event === undefined) return undefined;
      if (event.isGradual && completesPart(event, wrong, keys, found)) return keys;
      apply(event.changes, keys);
      for (const name of event.changes.keys()) {
        if (keys.get(name)?.text === found.get(name)) wrong.delete(name);
        else wrong.add(name);
      }
    }
  }

  /** How what was found differs from the state that is nearest to it, not before `floor`: for people. */
  explain(found: Contents, floor: number): string[] {
    let best: string[] = [];
    let bestState = -1;
    for (let state = 0; state <= this.events.length; state++) {
      const differences = compare(this.stateAt(state), found);
      if (bestState >= 0 && differences.length > best.length) continue;
      best = differences;
      bestState = state;
    }
    const next = this.events[bestState]?.what ?? 'nothing';
    return [
      `nearest is state ${bestState} of 0 to ${this.events.length}, before ${shorten(next)}; the floor is ${floor}`,
      ...best.slice(0, 10),
    ];
  }

  /** What the events from a state on were, a line each. */
  eventsFrom(state: number): string[] {
    return this.events.slice(state).map(({ what }, index) => `${state + index}: ${shorten(what)}`);
  }

  private stateAt(state: number): Map<string, Item> {
    const keys = new Map(this.base);
    for (const event of this.events.slice(0, state)) apply(event.changes, keys);
    return keys;
  }
}

/** Differences between a state and what was found, a line each. */
export function compare(keys: ReadonlyMap<string, Item>, found: Contents): string[] {
  return [...new Set([...keys.keys(), ...found.keys()])]
    .filter((name) => keys.get(name)?.text !== found.get(name))
    .map((name) => `${name}: ${shorten(found.get(name))} instead of ${shorten(keys.get(name)?.text)}`);
}

function apply(changes: Event['changes'], keys: Map<string, Item>): void {
  for (const [name, item] of changes) {
    if (item === undefined) keys.delete(name);
    else keys.set(name, item);
  }
}

/** True when a part of a gradual event leads from `keys` to what was found: `keys` is that then. */
function completesPart(
  event: Event,
  wrong: ReadonlySet<string>,
  keys: Map<string, Item>,
  found: Contents,
): boolean {
  const part = new Map<string, Item | undefined>();
  for (const name of wrong) {
    const before = keys.get(name);
    if (!event.changes.has(name) || before === undefined) return false;
    const text = found.get(name);
    const after = text === undefined ? event.changes.get(name) : withoutExpired(before, text, event.nowMs);
    if (after?.text !== text) return false;
    part.set(name, after);
  }
  apply(part, keys);
  return true;
}

/** A text for people. */
export function shorten(text: string | undefined): string {
  if (text === undefined) return 'nothing';
  return text.length <= 160 ? text : `${text.slice(0, 150)}... (${text.length})`;
}
