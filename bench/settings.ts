/** What the command line asks for. */

import { numberOption, readOptions } from '../test/support/options.js';

/** The groups of measurements, in the order in which they run and are reported. */
export const GROUPS = [
  'loads',
  'collections',
  'threads',
  'reactors',
  'nodes',
  'idle',
  'connections',
  'garbage',
  'insert',
  'collection-memory',
  'snapshots',
  'flush',
  'collection-stalls',
  'eviction',
  'tls',
  'clients',
  'embedded',
] as const;

export type Group = (typeof GROUPS)[number];

export interface Settings {
  /** A look, not a measurement: a tenth of the work, once. */
  readonly isQuick: boolean;
  /** Turns of each measurement; medians are reported. */
  readonly repeats: number;
  /** Requests of a load are multiplied with this. */
  readonly scale: number;
  /** Keys for memory, snapshots and waits. */
  readonly keyCount: number;
  /** Members of the sorted set that is deleted and snapshotted while others wait. */
  readonly memberCount: number;
  /** What the servers get as `--reactor`; without it they choose. */
  readonly reactor: string | undefined;
  /** Other Node binaries that are to be compared with this one. */
  readonly nodePaths: readonly string[];
  /** What is measured; without it everything. */
  readonly only: readonly Group[] | undefined;
}

/** Reads the options that main.ts lists. Throws on what it does not know. */
export function readSettings(commandLine: readonly string[]): Settings {
  const names = ['quick', 'repeats', 'keys', 'members', 'only', 'reactor', 'node'] as const;
  const options = readOptions(names, [...commandLine]);
  const isQuick = options.has('quick');
  return {
    isQuick,
    repeats: numberOption(options, 'repeats', isQuick ? 1 : 5),
    scale: isQuick ? 0.1 : 1,
    keyCount: numberOption(options, 'keys', isQuick ? 200_000 : 5_000_000),
    memberCount: numberOption(options, 'members', isQuick ? 1_000_000 : 10_000_000),
    reactor: options.get('reactor'),
    nodePaths: list(options.get('node')) ?? [],
    only: list(options.get('only'))?.map(groupOf),
  };
}

function list(text: string | undefined): string[] | undefined {
  return text?.split(',').filter((part) => part !== '');
}

function groupOf(word: string): Group {
  const group = GROUPS.find((name) => name === word);
  if (group === undefined) throw new Error(`there is no group '${word}': groups are ${GROUPS.join(', ')}`);
  return group;
}

/** What was called, for the page: without the paths of this machine, whose versions stand in their table. */
export function describeCommand(commandLine: readonly string[]): string {
  const args = commandLine.map((argument, i) => (commandLine[i - 1] === '--node' ? '...' : argument));
  return ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
}
