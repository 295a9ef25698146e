/**
 * Directives as a program gives them: an object, where a configuration file has lines.
 */

import type { Config } from './config.js';
import type { OptionName } from './options.js';
import { applyDirectives } from './parse.js';

/** Redis's directives by their names, with values as they would stand in a configuration file. */
export type ServerDirectives = {
  readonly [Name in OptionName]?: string | number | boolean | readonly string[];
};

/**
 * Sets what `directives` say. Throws a `CrabError` when one is unknown or its value is not allowed.
 *
 * @param origin where they come from, for messages: the name of the function that was given them
 */
export function configure(config: Config, directives: ServerDirectives, origin: string): void {
  const given = Object.entries(directives).filter(([, value]) => value !== undefined);
  applyDirectives(
    config,
    given.map(([name, value]) => ({ name, words: wordsOf(value), origin })),
  );
}

function wordsOf(value: string | number | boolean | readonly string[]): readonly string[] {
  if (typeof value === 'boolean') return [value ? 'yes' : 'no'];
  return typeof value === 'object' ? value : [String(value)];
}
