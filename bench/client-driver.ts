/** The process of one client: `client-driver.js KIND PORT`, then turns (turn-driver.ts). */

import { CLIENT_KINDS, type ClientKind } from './client-kinds.js';
import { type AllocationTurn, ClientLoad, type ClientTurn } from './client-turn.js';
import { serveTurns } from './turn-driver.js';

/** What a turn does: a load runs for a time, or allocations of so many requests are counted. */
export type ClientTask =
  | { readonly inFlight: number; readonly durationMs: number }
  | { readonly inFlight: number; readonly requests: number };

/** Set at a time before the first turn. */
const FILL_IN_FLIGHT = 1000;

const [kind = '', port] = process.argv.slice(2);
const loading = prepare();

serveTurns(async (task: ClientTask): Promise<ClientTurn | AllocationTurn> => {
  const load = await loading;
  if ('durationMs' in task) return load.measure(task.inFlight, task.durationMs);
  return load.measureAllocations(task.inFlight, task.requests);
});

async function prepare(): Promise<ClientLoad> {
  const load = new ClientLoad(await CLIENT_KINDS[kind as ClientKind](Number(port)));
  await load.fill(FILL_IN_FLIGHT);
  return load;
}
