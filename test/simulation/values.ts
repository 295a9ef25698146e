/**
 * Values as the model of the simulation has them: plain and immutable, so that a state of long ago is still there when a crash
 * brings it back. `textOf` spells one as `contentsOf` (engine/snapshot/collections.case.ts) spells what a store holds.
 */

export type Value =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'list'; readonly elements: readonly string[] }
  | { readonly type: 'set'; readonly members: ReadonlySet<string> }
  | { readonly type: 'zset'; readonly scores: ReadonlyMap<string, number> }
  | { readonly type: 'hash'; readonly fields: ReadonlyMap<string, Field> };

export interface Field {
  readonly value: string;
  /** Unix ms; 0 = none. */
  readonly deadline: number;
}

/** A key's value, and its deadline in Unix ms, 0 for none. */
export class Item {
  readonly value: Value;
  readonly deadline: number;
  private spelled: string | undefined;

  constructor(value: Value, deadline: number) {
    this.value = value;
    this.deadline = deadline;
    this.spelled = undefined;
  }

  get text(): string {
    this.spelled ??= textOf(this);
    return this.spelled;
  }

  /** True when the key's time is over. */
  isOver(nowMs: number): boolean {
    return this.deadline !== 0 && this.deadline <= nowMs;
  }

  /** True when the time of some field is over. */
  hasOverFields(nowMs: number): boolean {
    if (this.value.type !== 'hash') return false;
    for (const { deadline } of this.value.fields.values()) {
      if (deadline !== 0 && deadline <= nowMs) return true;
    }
    return false;
  }
}

/** Numbers of the types in what `contentsOf` writes: src/structures/entry.ts. */
const TYPE_NUMBERS = { list: 1, set: 2, zset: 3, hash: 4 } as const;

function textOf({ value, deadline }: Item): string {
  const until = ` until ${deadline}`;
  if (value.type === 'string') return value.text + until;
  return `type ${TYPE_NUMBERS[value.type]}: ${JSON.stringify(elementTexts(value))}${until}`;
}

function elementTexts(value: Exclude<Value, { type: 'string' }>): string[] {
  switch (value.type) {
    case 'list':
      return [...value.elements];
    case 'set':
      return [...value.members].sort();
    case 'zset':
      return [...value.scores].map(([member, score]) => `${member}=${score}`).sort();
    case 'hash':
      return [...value.fields].map(([name, field]) => fieldText(name, field)).sort();
  }
}

function fieldText(name: string, { value, deadline }: Field): string {
  return `${name}=${value}${deadline === 0 ? '' : ` until ${deadline}`}`;
}

/** The hash without those of its fields whose time is over and that `text`, a hash as a store holds it, has not. */
export function withoutExpired(item: Item, text: string | undefined, nowMs: number): Item | undefined {
  if (item.value.type !== 'hash') return item;
  const there = new Set(text === undefined ? [] : elementsOf(text));
  const fields = new Map(
    [...item.value.fields].filter(
      ([name, field]) => field.deadline === 0 || field.deadline > nowMs || there.has(fieldText(name, field)),
    ),
  );
  return fields.size === 0 ? undefined : new Item({ type: 'hash', fields }, item.deadline);
}

/** The elements in a collection's text; none when it is no collection. */
function elementsOf(text: string): string[] {
  const match = /^type \d: (\[.*\]) until \d+$/s.exec(text);
  return match === null ? [] : (JSON.parse(match[1]!) as string[]);
}
