/**
 * What one verifying connection knows of its own keys: every request comes with the replies that are right.
 *
 * Nobody else touches these keys, so a reply has exactly one right form, byte by byte, with one exception: near its deadline
 * a key may be there or not. The reply then tells which, and the model takes it over. A deadline is known as a span: the
 * request was executed at some time between sending it and receiving its reply.
 *
 * Requests are generated ahead of their replies (a pipeline), so a `Step` looks at the model only when its reply is there;
 * replies are judged in order.
 */

import type { SeededRandom } from '../support/random.js';
import type { Argument } from '../support/resp.js';
import { abbreviate, type Expected, isRight, type Protocol, whereDifferent, write } from './soak-reply.js';

const STRING_COUNT = 24;
const COUNTER_COUNT = 4;
/** Most keys of one MSET, MGET or DEL. */
const TOGETHER_MAX = 4;
/**
 * The server's clock stands still during one turn of its loop, and the machine is busy: a deadline that is nearer than this
 * proves nothing.
 */
const CLOCK_SLACK_MS = 1000;
const LIFE_MS_MIN = 1500;
const LIFE_MS_RANGE = 5000;
const VALUE_BYTES_MAX = 2 ** 20;
/** A line of the text protocol holds 64 KiB, the key and the command with it. */
const TEXT_VALUE_BYTES_MAX = 20_000;
/** One right reply, and what is so when it came. */
interface Candidate {
  readonly expected: Expected;
  readonly apply: () => void;
}

/** A request whose reply can be judged. */
export interface Step {
  readonly args: readonly Argument[];
  /** Lines of its reply in the text protocol. */
  readonly lineCount: number;
  candidates(sentMs: number, receivedMs: number): Iterable<Candidate>;
}

/** A key and what it holds, as far as is known. */
interface OwnKey {
  readonly name: string;
  value: string | undefined;
  /** Between these two the key ends, in Unix ms; both are infinite without a deadline. */
  earliestMs: number;
  latestMs: number;
}

/** Judges a raw reply (one character a byte). Returns what is wrong with it, or undefined; the model follows the reply. */
export function judge(
  step: Step,
  raw: string,
  protocol: Protocol,
  sentMs: number,
  receivedMs: number,
): string | undefined {
  const right: string[] = [];
  for (const { expected, apply } of step.candidates(sentMs, receivedMs)) {
    if (isRight(expected, raw, protocol)) {
      apply();
      return undefined;
    }
    const text = write(expected, protocol);
    right.push(`${abbreviate(text)}${whereDifferent(raw, text)}`);
  }
  const request = step.args.map((arg) => abbreviate(String(arg))).join(' ');
  return `${request}: got ${abbreviate(raw)}, right is ${right.join(' or ')}`;
}

const OK: Expected = { simple: 'OK' };

export class OwnKeys {
  readonly #random: SeededRandom;
  readonly #prefix: string;
  readonly #strings: readonly OwnKey[];
  readonly #counters: readonly OwnKey[];
  #nextNumber = 0;

  constructor(prefix: string, random: SeededRandom) {
    this.#prefix = prefix;
    this.#random = random;
    const key = (name: string): OwnKey => ({
      name: `${prefix}:${name}`,
      value: undefined,
      earliestMs: Number.POSITIVE_INFINITY,
      latestMs: Number.POSITIVE_INFINITY,
    });
    this.#strings = Array.from({ length: STRING_COUNT }, (_, i) => key(`s${i}`));
    this.#counters = Array.from({ length: COUNTER_COUNT }, (_, i) => key(`n${i}`));
  }

  /** Any request, with a value of any size. */
  any(protocol: Protocol): Step {
    const dice = this.#random.below(100);
    if (dice < 20) return this.#set(this.#string(), this.#value(protocol));
    if (dice < 28) return this.#setWithLife(this.#string(), this.#value(protocol), protocol);
    if (dice < 33) return this.#append(this.#string());
    if (dice < 38) return this.#expire(this.#string());
    if (dice < 41) return this.#persist(this.#string());
    if (dice < 45) return this.#remainingLife(this.#string());
    if (dice < 50) return this.#delete(this.#several());
    if (dice < 56) return this.#setSeveral(this.#several(), protocol);
    if (dice < 62) return this.#getSeveral(this.#several());
    if (dice < 70) return this.#increment(this.#counters[this.#random.below(COUNTER_COUNT)]!);
    if (dice < 73) return this.#length(this.#string());
    if (dice < 76) return this.#echo();
    if (dice < 77) return this.#mistake();
    return this.get();
  }

  /** A short one, for who sends byte by byte. */
  small(): Step {
    const dice = this.#random.below(4);
    if (dice === 0) return this.#set(this.#string(), this.#small());
    if (dice === 1) return this.#echo();
    return dice === 2 ? this.#increment(this.#counters[0]!) : this.get();
  }

  get(): Step {
    const key = this.#string();
    return this.#look(['GET', key.name], key, (value) => value);
  }

  /** A value of `size` bytes for one of the keys: who then reads it often has a lot to read. */
  setLarge(size: number): Step {
    return this.#set(this.#strings[0]!, this.#numbered().padEnd(size, 'L'));
  }

  getLarge(): Step {
    const key = this.#strings[0]!;
    return this.#look(['GET', key.name], key, (value) => value);
  }

  // --- Choices ---

  #string(): OwnKey {
    return this.#strings[this.#random.below(STRING_COUNT)]!;
  }

  /** Some keys, all different. */
  #several(): OwnKey[] {
    const first = this.#random.below(STRING_COUNT);
    const count = 1 + this.#random.below(TOGETHER_MAX);
    return Array.from({ length: count }, (_, i) => this.#strings[(first + i * 5) % STRING_COUNT]!);
  }

  #numbered(): string {
    return `${this.#prefix}:${this.#nextNumber++}:`;
  }

  #small(): string {
    const random = this.#random;
    // One byte, too; otherwise the number makes every value another one.
    return random.below(20) === 0 ? 'o' : this.#numbered().padEnd(random.below(120), 's');
  }

  #value(protocol: Protocol): string {
    const random = this.#random;
    const dice = random.below(1000);
    const limit = protocol === 'text' ? TEXT_VALUE_BYTES_MAX : VALUE_BYTES_MAX;
    if (dice < 2) return this.#numbered().padEnd(1 + random.below(limit), 'm');
    if (dice < 30) return this.#numbered().padEnd(random.below(20_000), 'l');
    // Line ends and bytes that are no text; the text protocol would need quotes for them.
    if (dice < 100 && protocol !== 'text') return `${this.#numbered()}\r\n$5\r\n\0\xff\x80+OK\r\n`;
    return this.#small();
  }

  #lifeMs(): number {
    return LIFE_MS_MIN + this.#random.below(LIFE_MS_RANGE);
  }

  // --- Requests ---

  #set(key: OwnKey, value: string): Step {
    return certain(['SET', key.name, bytesOf(value)], OK, () => hold(key, value));
  }

  #setWithLife(key: OwnKey, value: string, protocol: Protocol): Step {
    const isWhole = this.#random.below(2) === 0;
    const lifeMs = isWhole ? 1000 * Math.ceil(this.#lifeMs() / 1000) : this.#lifeMs();
    const [name, time] = isWhole ? ['SETEX', lifeMs / 1000] : ['PSETEX', lifeMs];
    const bytes = bytesOf(value);
    const args: Argument[] =
      protocol === 'text' ? [name, key.name, bytes, time] : [name, key.name, time, bytes];
    return certain(args, OK, (sentMs, receivedMs) => hold(key, value, sentMs + lifeMs, receivedMs + lifeMs));
  }

  #append(key: OwnKey): Step {
    const suffix = this.#numbered();
    return this.#look(
      ['APPEND', key.name, suffix],
      key,
      (value) => (value ?? '').length + suffix.length,
      (value) => {
        if (value === undefined) hold(key, suffix);
        else key.value = value + suffix;
      },
    );
  }

  #expire(key: OwnKey): Step {
    const seconds = Math.ceil(this.#lifeMs() / 1000);
    return this.#look(
      ['EXPIRE', key.name, seconds],
      key,
      (value) => (value === undefined ? 0 : 1),
      (value, sentMs, receivedMs) => {
        if (value !== undefined) hold(key, value, sentMs + seconds * 1000, receivedMs + seconds * 1000);
      },
    );
  }

  #persist(key: OwnKey): Step {
    return this.#look(
      ['PERSIST', key.name],
      key,
      (value) => (value !== undefined && Number.isFinite(key.latestMs) ? 1 : 0),
      (value) => hold(key, value),
    );
  }

  #remainingLife(key: OwnKey): Step {
    return this.#look(['PTTL', key.name], key, (value, sentMs, receivedMs) => {
      if (value === undefined) return -2;
      if (!Number.isFinite(key.latestMs)) return -1;
      return {
        atLeast: Math.max(0, key.earliestMs - receivedMs - CLOCK_SLACK_MS),
        atMost: key.latestMs - sentMs + CLOCK_SLACK_MS,
      };
    });
  }

  #length(key: OwnKey): Step {
    return this.#look(['STRLEN', key.name], key, (value) => value?.length ?? 0);
  }

  #increment(key: OwnKey): Step {
    const next = () => Number(key.value ?? 0) + 1;
    return {
      args: ['INCR', key.name],
      lineCount: 1,
      candidates: () => [{ expected: next(), apply: () => hold(key, String(next())) }],
    };
  }

  #delete(keys: readonly OwnKey[]): Step {
    return {
      args: ['DEL', ...keys.map(({ name }) => name)],
      lineCount: 1,
      candidates: (sentMs, receivedMs) => {
        const known = keys.map((key) => possibleValues(key, sentMs, receivedMs));
        const apply = () => {
          for (const key of keys) hold(key, undefined);
        };
        const atLeast = known.filter((values) => !values.includes(undefined)).length;
        const atMost = known.filter((values) => values[0] !== undefined).length;
        return [{ expected: { atLeast, atMost }, apply }];
      },
    };
  }

  #setSeveral(keys: readonly OwnKey[], protocol: Protocol): Step {
    const values = keys.map(() => this.#value(protocol));
    const args = ['MSET', ...keys.flatMap(({ name }, i) => [name, bytesOf(values[i]!)])];
    return certain(args, OK, () => {
      for (const [i, key] of keys.entries()) hold(key, values[i]);
    });
  }

  #getSeveral(keys: readonly OwnKey[]): Step {
    return {
      args: ['MGET', ...keys.map(({ name }) => name)],
      lineCount: keys.length,
      candidates: (sentMs, receivedMs) =>
        combinations(keys.map((key) => possibleValues(key, sentMs, receivedMs))).map((values) => ({
          expected: values,
          apply: () => {
            for (const [i, key] of keys.entries()) if (values[i] === undefined) hold(key, undefined);
          },
        })),
    };
  }

  #echo(): Step {
    const text = this.#numbered();
    return certain(['ECHO', text], text, () => {});
  }

  #mistake(): Step {
    return certain(['GET'], { error: "ERR wrong number of arguments for 'get' command" }, () => {});
  }

  /** A request about one key that may have ended: `reply` and `effect` for each of the values it may have. */
  #look(
    args: readonly Argument[],
    key: OwnKey,
    reply: (value: string | undefined, sentMs: number, receivedMs: number) => Expected,
    effect: (value: string | undefined, sentMs: number, receivedMs: number) => void = () => {},
  ): Step {
    return {
      args,
      lineCount: 1,
      candidates: (sentMs, receivedMs) =>
        possibleValues(key, sentMs, receivedMs).map((value) => ({
          expected: reply(value, sentMs, receivedMs),
          apply: () => {
            if (value === undefined) hold(key, undefined);
            effect(value, sentMs, receivedMs);
          },
        })),
    };
  }
}

/** A request whose reply does not depend on what is there. */
function certain(
  args: readonly Argument[],
  expected: Expected,
  effect: (sentMs: number, receivedMs: number) => void,
): Step {
  const candidates = (sentMs: number, receivedMs: number) => [
    { expected, apply: () => effect(sentMs, receivedMs) },
  ];
  return { args, lineCount: 1, candidates };
}

function hold(
  key: OwnKey,
  value: string | undefined,
  earliestMs = Number.POSITIVE_INFINITY,
  latestMs = Number.POSITIVE_INFINITY,
): void {
  key.value = value;
  key.earliestMs = earliestMs;
  key.latestMs = latestMs;
}

/** What the key may hold for a request that ran between these times, the likelier first. */
function possibleValues(key: OwnKey, sentMs: number, receivedMs: number): (string | undefined)[] {
  if (key.value === undefined || sentMs > key.latestMs + CLOCK_SLACK_MS) return [undefined];
  return receivedMs < key.earliestMs - CLOCK_SLACK_MS ? [key.value] : [key.value, undefined];
}

function combinations(choices: readonly (string | undefined)[][]): (string | undefined)[][] {
  return choices.reduce<(string | undefined)[][]>(
    (found, values) => found.flatMap((before) => values.map((value) => [...before, value])),
    [[]],
  );
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}
