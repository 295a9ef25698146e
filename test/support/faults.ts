/**
 * Faults on order, for servers that are processes of their own: what fails when, in which file, and what time it is. The server
 * gets failing-disk.ts in front of node:fs; this is the side of the test.
 */

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './failing-disk.js';
import { makeTemporaryDirectory, removeTemporaryDirectory } from './temporary.js';

const PRELOADED = new URL('./failing-disk.js', import.meta.url).href;

/** What ends some time: a test, or a file of tests. */
interface Ending {
  after(cleanUp: () => void): void;
}

/** What is wrong with the machine. One a test; several servers may share it. */
export class Faults {
  /** For the environment of a server that is to have these faults. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #faultsFile: string;
  readonly #clockFile: string;

  /** @param memoryBytes the memory limit that the server is told of, instead of the machine's */
  constructor(t: Ending, memoryBytes?: number) {
    const directory = makeTemporaryDirectory();
    t.after(() => removeTemporaryDirectory(directory));
    this.#faultsFile = join(directory, 'faults.json');
    this.#clockFile = join(directory, 'clock');
    this.none();
    this.clock(0);
    this.environment = {
      NODE_OPTIONS: `--import=${PRELOADED}`,
      TEST_FAULTS: this.#faultsFile,
      TEST_CLOCK: this.#clockFile,
      ...(memoryBytes === undefined ? {} : { TEST_MEMORY: String(memoryBytes) }),
    };
  }

  /** From now on these calls fail, and no others. */
  set(...faults: Fault[]): void {
    // By a rename: the server reads the list at any moment.
    const next = `${this.#faultsFile}.next`;
    writeFileSync(next, JSON.stringify(faults));
    renameSync(next, this.#faultsFile);
  }

  /** Nothing fails from now on. */
  none(): void {
    this.set();
  }

  /** The system's clock is wrong by so many milliseconds from now on. */
  clock(wrongByMs: number): void {
    writeFileSync(this.#clockFile, new Float64Array([wrongByMs]));
  }
}
