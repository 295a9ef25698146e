/**
 * What `// -> X` in an example means when the example runs: the value must look like X in `util.inspect`, on one line. What
 * `console.log` prints may be written as it prints it, too: texts without quotes.
 *
 * `...` in X stands for anything. An expectation that was never reached is as wrong as one that was not met: an example whose
 * callback is never called would else pass for ever.
 */

import { inspect } from 'node:util';
import { isMainThread } from 'node:worker_threads';

/** The expectations of one example. */
export class Expectations {
  readonly #file: string;
  readonly #unmet: Set<number>;

  /** `lines`: the lines of `file` on which an expectation stands. */
  constructor(file: string, lines: readonly number[]) {
    this.#file = file;
    this.#unmet = new Set(lines);
  }

  /**
   * Those of an example that is a program of its own: it ends with code 1 when one has not been met. Those in its workers count
   * for nothing unless they are wrong.
   */
  static ofProcess(file: string, lines: readonly number[]): Expectations {
    const expectations = new Expectations(file, lines);
    if (isMainThread) {
      process.once('exit', (code) => {
        if (code === 0) expectations.complete();
      });
    }
    return expectations;
  }

  /** Throws when `value`, as the example's reader would see it, is not what the line says. */
  check(line: number, expected: string, value: unknown): void {
    this.#unmet.delete(line);
    const actual = looksOf(value);
    if (!matches(actual, expected)) this.#fail(line, actual, expected);
  }

  /** The same for what `console.log` is given. */
  checkPrinted(line: number, expected: string, ...values: unknown[]): void {
    this.#unmet.delete(line);
    const actual = values.map(looksOf).join(' ');
    const printed = values.map((value) => (typeof value === 'string' ? value : looksOf(value))).join(' ');
    if (!matches(actual, expected) && !matches(printed, expected)) this.#fail(line, actual, expected);
  }

  /** Throws when an expectation has never been looked at. */
  complete(): void {
    if (this.#unmet.size > 0)
      throw new Error(`${this.#file}: the example never comes to line ${[...this.#unmet].join(', ')}`);
  }

  #fail(line: number, actual: string, expected: string): never {
    throw new Error(`${this.#file}:${line}: the value is\n  ${actual}\nand not\n  ${expected}`);
  }
}

/** A value on one line; errors without where they come from. */
function looksOf(value: unknown): string {
  return inspect(value, { breakLength: Number.POSITIVE_INFINITY, compact: true, depth: 8 }).replace(
    /\n\s+at .*/g,
    '',
  );
}

function matches(actual: string, expected: string): boolean {
  const parts = expected.split('...').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(actual);
}
