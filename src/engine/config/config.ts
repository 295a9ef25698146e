/**
 * The configuration of a running server: a value for every row of the option table.
 *
 * Each thread has its own `Config`. The main thread validates a CONFIG SET, applies it and sends the same
 * pairs to every other thread, which applies them too; `onChange` lets a thread refresh what it has cached.
 * Values are plain data, so `values()` can be sent to a worker and `Config.fromValues()` brings it back to
 * life there.
 *
 * Invariant: every value held has passed `parseValue` of its row.
 */

import { resolve } from 'node:path';
import { AccessLines } from './access-lines.js';
import { globMatchesText } from './glob-text.js';
import {
  findOption,
  OPTIONS,
  type Option,
  type OptionName,
  type OptionNameOf,
  type OptionValue,
  type OutputLimits,
  type SaveRule,
} from './options.js';
import { formatValue, parseValue, splitValue } from './value.js';

/** Every option's value by name; plain data. */
export type ConfigValues = Readonly<Record<OptionName, OptionValue>>;
/** What CONFIG SET is given: names in any case with their new values. */
export type ConfigPairs = readonly (readonly [name: string, text: string])[];
export type ConfigListener = (changed: ReadonlySet<OptionName>) => void;

export class Config {
  /** The absolute path of the file that the server was started with, where there is one; known to the main thread. */
  file: string | undefined = undefined;
  /** Users and renamed commands, as they were at the start; known to the main thread. */
  readonly lines = new AccessLines();
  readonly #values = new Map<OptionName, OptionValue>();
  readonly #listeners: ConfigListener[] = [];

  /** A configuration that holds every default. */
  constructor() {
    for (const option of OPTIONS) this.#values.set(option.name, option.default);
  }

  /** The configuration that `values()` described, in another thread. */
  static fromValues(values: ConfigValues): Config {
    const config = new Config();
    for (const option of OPTIONS) config.#values.set(option.name, values[option.name]);
    return config;
  }

  /** All values as plain data. */
  values(): ConfigValues {
    return Object.fromEntries(this.#values) as ConfigValues;
  }

  /** A number, or a size in bytes. */
  integer(name: OptionNameOf<'integer'> | OptionNameOf<'memory'>): number {
    return this.#values.get(name) as number;
  }

  flag(name: OptionNameOf<'flag'>): boolean {
    return this.#values.get(name) as boolean;
  }

  text(name: OptionNameOf<'text'> | OptionNameOf<'choice'>): string {
    return this.#values.get(name) as string;
  }

  words(name: OptionNameOf<'words'>): readonly string[] {
    return this.#values.get(name) as readonly string[];
  }

  percentiles(name: OptionNameOf<'percentiles'>): readonly number[] {
    return this.#values.get(name) as readonly number[];
  }

  saveRules(): readonly SaveRule[] {
    return this.#values.get('save') as readonly SaveRule[];
  }

  outputLimits(): OutputLimits {
    return this.#values.get('client-output-buffer-limit') as OutputLimits;
  }

  /** The data directory as an absolute path; undefined when `dir` is empty: then all is in memory only. */
  directory(): string | undefined {
    const text = this.text('dir');
    return text === '' ? undefined : resolve(text);
  }

  /**
   * The value in CONFIG GET's form: sizes in bytes, flags as yes or no, lists joined by spaces, `dir`
   * absolute or empty.
   */
  get(name: OptionName): string {
    if (name === 'dir') return this.directory() ?? '';
    return formatValue(findOption(name) as Option, this.#values.get(name) as OptionValue);
  }

  /**
   * The options that a CONFIG GET pattern names, in table order. A pattern without wildcards is looked up
   * and, as in Redis, comes back spelled as the client spelled it.
   */
  match(pattern: string): [name: string, text: string][] {
    if (!/[*?[]/.test(pattern)) {
      const option = findOption(pattern);
      return option === undefined ? [] : [[pattern, this.get(option.name)]];
    }
    const named = OPTIONS.filter((option) => globMatchesText(pattern, option.name));
    return named.map((option) => [option.name, this.get(option.name)]);
  }

  /**
   * Checks a whole CONFIG SET without changing anything. Returns Redis's error line (with its `ERR` prefix),
   * or undefined when `apply` would succeed.
   *
   * @param allowsProtected whoever asks may set protected options: `enable-protected-configs`
   */
  validate(pairs: ConfigPairs, allowsProtected = false): string | undefined {
    const seen = new Set<string>();
    for (const [name] of pairs) {
      const option = findOption(name);
      if (option === undefined) return `ERR Unknown option or number of arguments for CONFIG SET - '${name}'`;
      if (option.change === 'start') return failed(name, "can't set immutable config");
      if (option.change === 'protected' && !allowsProtected)
        return failed(name, "can't set protected config");
      if (seen.has(option.name)) return failed(name, 'duplicate parameter');
      seen.add(option.name);
    }
    for (const [name, text] of pairs) {
      const option = findOption(name) as Option & { name: OptionName };
      const parsed = parseValue(option, splitValue(option, text), this.value(option.name));
      if ('error' in parsed) return failed(option.name, parsed.error);
      if (option.name === 'save' && (parsed.value as readonly SaveRule[]).length > 0) {
        if (this.directory() === undefined)
          return failed(option.name, 'there is no data directory to save to');
      }
      if (option.name === 'dir' && (text === '' ? undefined : resolve(text)) !== this.directory())
        return failed(option.name, 'the log and the snapshots stay where they are while the server runs');
    }
    return undefined;
  }

  /** What to `apply` where the configuration is as `values()` was once, to make it what it is now. */
  changesSince(earlier: ConfigValues): ConfigPairs {
    const changed = OPTIONS.filter(({ name }) => this.#values.get(name) !== earlier[name]);
    return changed.map(({ name }): [string, string] => [name, this.get(name)]);
  }

  /** Sets all pairs and tells the listeners once. The pairs must have passed `validate`. */
  apply(pairs: ConfigPairs): void {
    const changed = new Set<OptionName>();
    for (const [name, text] of pairs) {
      const option = findOption(name) as Option & { name: OptionName };
      const parsed = parseValue(
        option,
        splitValue(option, text),
        this.#values.get(option.name) as OptionValue,
      );
      if ('error' in parsed) throw new TypeError(`config: '${name}' was applied without being validated`);
      this.#values.set(option.name, parsed.value);
      changed.add(option.name);
    }
    for (const listener of this.#listeners) listener(changed);
  }

  /**
   * Sets an option while the server is being configured, before anything reads it; `change` does not matter
   * here.
   */
  setAtStart(name: OptionName, value: OptionValue): void {
    this.#values.set(name, value);
  }

  /** The value as it is held, for code that treats options alike. */
  value(name: OptionName): OptionValue {
    return this.#values.get(name) as OptionValue;
  }

  /** Calls `listener` after every `apply` with the names that were set. */
  onChange(listener: ConfigListener): void {
    this.#listeners.push(listener);
  }
}

function failed(name: string, reason: string): string {
  return `ERR CONFIG SET failed (possibly related to argument '${name}') - ${reason}`;
}
