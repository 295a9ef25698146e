/**
 * Measuring in processes of their own that stay: one a contestant, which warm up once and then take turns.
 *
 * What is measured in a process depends on all that has run in it before: its compiled code, its heap. So each contestant has one
 * to itself, started by Node alone, without a loader. Both ends are here. A driver ends when whoever started it is gone.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** What a driver answers with when a turn failed: a wrong reply, say. */
interface Failure {
  readonly failure: string;
}

/** The end that asks. */
export class Driver<Request, Result> {
  readonly name: string;
  private readonly child: ChildProcess;
  private readonly ended: Promise<unknown>;

  /**
   * @param program the compiled program: a file that calls `serveTurns`
   * @param nodeOptions for Node itself, such as `--expose-gc`
   */
  constructor(name: string, program: URL, args: readonly string[], nodeOptions: readonly string[] = []) {
    this.name = name;
    const stdio = ['ignore', 'inherit', 'inherit', 'ipc'] as const;
    this.child = fork(program, [...args], { execArgv: [...nodeOptions], stdio: [...stdio] });
    this.ended = once(this.child, 'exit');
  }

  /** Lets the driver take one turn. Rejects with what went wrong in it. */
  async take(request: Request): Promise<Result> {
    this.child.send(request as object);
    const early = this.ended.then(() => ({ failure: 'the process ended' }));
    const answered = once(this.child, 'message').then(([message]) => message as Result | Failure);
    const answer = await Promise.race([answered, early]);
    if (isFailure(answer)) throw new Error(`${this.name} ${JSON.stringify(request)}: ${answer.failure}`);
    return answer;
  }

  /** Ends the process, and resolves when it has ended. */
  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** The end that measures: answers every request with what `work` makes of it, until the one who asks is gone. */
export function serveTurns<Request, Result>(work: (request: Request) => Promise<Result>): void {
  process.on('message', (request: Request) => {
    work(request).then(
      (result) => process.send?.(result),
      (error: unknown) => {
        const failure: Failure = {
          failure: error instanceof Error ? (error.stack ?? error.message) : String(error),
        };
        process.send?.(failure);
      },
    );
  });
  process.once('disconnect', () => process.exit());
}

/** Runs every request of every turn on each driver before the next turn begins. What came back, by request and driver. */
export async function takeDriverTurns<Request, Result>(
  drivers: readonly Driver<Request, Result>[],
  requests: readonly Request[],
  repeats: number,
): Promise<Result[][][]> {
  const results = requests.map(() => drivers.map((): Result[] => []));
  for (let turn = 0; turn < repeats; turn++) {
    for (const [row, request] of requests.entries()) {
      for (const [column, driver] of drivers.entries()) {
        results[row]?.[column]?.push(await driver.take(request));
      }
    }
  }
  return results;
}

function isFailure(answer: unknown): answer is Failure {
  return typeof answer === 'object' && answer !== null && 'failure' in answer;
}
