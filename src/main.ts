#!/usr/bin/env node
/**
 * The command line: `crabkv [config-file] [--directive value ...]`, and the tools `crabkv check` and `crabkv
 * wal`.
 *
 * Whatever an operator can cause is told in one line on standard error and exit code 1; a stack trace is a
 * defect of CrabKV.
 */

import { CrabError } from './base/errors.js';
import { helpText, loadConfig } from './engine/config/parse.js';
import { Console, type LogLevel } from './server/console.js';
import { type RunningServer, startServer } from './server/supervisor.js';
import { VERSION } from './server/version.js';

const EXIT_FAILURE = 1;
/**
 * npm passes a Ctrl-C on to a program that the terminal has told already: two signals so close together are
 * one.
 */
const SAME_SIGNAL_MS = 100;

async function main(argv: readonly string[]): Promise<void> {
  const first = argv[0];
  if (argv.includes('--help') || first === '-h' || first === 'help') {
    process.stdout.write(helpText(VERSION));
  } else if (argv.includes('--version') || first === '-v') {
    process.stdout.write(`crabkv ${VERSION}\n`);
  } else if (first === 'check' || first === 'wal') {
    const { runTool } = await import('./tools.js'); // only when asked for
    process.exitCode = runTool(first, argv.slice(1));
  } else {
    await serve(argv);
  }
}

async function serve(argv: readonly string[]): Promise<void> {
  const { config, notices } = loadConfig(argv, process.env);
  const console = new Console(config.text('loglevel') as LogLevel, config.text('logfile'));
  config.onChange(() => console.setLevel(config.text('loglevel') as LogLevel));
  for (const notice of notices) console.notice(notice);
  const abort = (error: Error): void => {
    console.warning(`Aborting: ${error instanceof CrabError ? error.message : error.stack}`);
    console.warning('The next start brings back everything that was acknowledged');
    process.exit(EXIT_FAILURE);
  };
  process.on('uncaughtException', abort);
  const ending = new SignalEnding(console);
  try {
    const server = await startServer(config, console, { onFatal: abort });
    ending.server = server;
    await server.ended;
  } catch (error) {
    // Standard error has the sentence, too; who keeps a log file looks there.
    if (config.text('logfile') !== '' && error instanceof CrabError) console.warning(error.message);
    throw error;
  }
  process.exit(0);
}

/**
 * SIGTERM and SIGINT end the server in order; the second one at once. A closed terminal is no reason to end.
 */
class SignalEnding {
  /** The server, once it has started. Before that there is nothing to be put in order. */
  server: RunningServer | undefined;
  readonly #console: Console;
  #firstMs: number | undefined;

  constructor(console: Console) {
    this.#console = console;
    process.on('SIGTERM', (signal) => void this.#receive(signal));
    process.on('SIGINT', (signal) => void this.#receive(signal));
    process.on('SIGHUP', () => {});
  }

  async #receive(signal: NodeJS.Signals): Promise<void> {
    const nowMs = performance.now();
    if (this.#firstMs !== undefined) {
      if (nowMs - this.#firstMs > SAME_SIGNAL_MS) process.exit(EXIT_FAILURE);
      return;
    }
    this.#firstMs = nowMs;
    this.#console.notice(`Received ${signal}`);
    if (this.server === undefined) process.exit(0);
    const error = await this.server.shutdown();
    if (error === undefined) return;
    this.#console.warning(`${signal} received but errors trying to shut down the server, see above`);
    this.#firstMs = undefined;
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const isOperating = error instanceof CrabError;
  process.stderr.write(`crabkv: ${isOperating ? error.message : (error as Error).stack}\n`);
  process.exit(EXIT_FAILURE);
});
