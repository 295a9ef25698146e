/**
 * A server under attack: one attack after the other, each on a server of its own, while quiet clients ask what they always ask.
 * `npm run test:limits -- --reactor uring --only slow-loris,tiny-pipeline --seconds 10`
 *
 *     attacker     a thread with the machine's lowest priority        (limits-attacks.ts)
 *     victim       the attacked server: one probe asks it             (soak-probe.ts)
 *     bystander    another server, which nobody attacks: another probe asks that
 *
 * What the probe waits for more under attack than before is the server's fault only as far as the bystander's probe does not
 * wait for it, too: the machine has an attack to compute besides. So three figures stand side by side, and the verdict takes the
 * larger one of quiet and beside. Then the attack ends, and what it took must have been given back: clients, buffers and
 * descriptors, and the memory that is in use. Exits 1 when anything was bad. Linux only: it reads /proc.
 */

import { setTimeout as delay } from 'node:timers/promises';
import type { RespConnection } from '../support/connection.js';
import { numberOption, readOptions } from '../support/options.js';
import { chooseSeed } from '../support/random.js';
import { type Server, startCrabkv } from '../support/server.js';
import type { Attack } from './limits-attack.js';
import { ATTACKS } from './limits-attacks.js';
import { AttackThread } from './limits-thread.js';
import { type Limits, limitsHead, limitsRow, type Outcome, verdictOf, waitsOf } from './limits-verdict.js';
import { LimitsWatch, takeState } from './limits-watch.js';
import { SoakProbe } from './soak-probe.js';

const QUIET_SECONDS = 3;
/** The first requests of a probe, which its own code is compiled for, say nothing. */
const WARM_UP_MS = 500;
/** The attacker has so long to come to its end. */
const END_MS_MAX = 60_000;
/** The server has so long to give back what the attack took. */
const GRACE_MS = 10_000;
const SETTLE_MS = 250;

const options = readOptions(['reactor', 'only', 'seconds', 'threads', 'seed']);
const seconds = numberOption(options, 'seconds', 8);
const seed = chooseSeed(options.get('seed'));
const only = options.get('only')?.split(',');
const base = {
  threads: String(numberOption(options, 'threads', 1)),
  appendfsync: 'everysec',
  'protected-mode': 'no', // attackers come from all of 127.0.0.0/8, to have ports enough
  ...(options.has('reactor') ? { reactor: options.get('reactor') ?? '' } : {}),
};

async function meet(attack: Attack, bystander: Server): Promise<Outcome> {
  const victim = await startCrabkv({ directives: { ...base, ...attack.directives } });
  try {
    const connection = await victim.connect();
    if (attack.directives?.['requirepass'] !== undefined) {
      await connection.call('AUTH', attack.directives['requirepass']);
    }
    await attack.prepare?.(connection);
    await connection.call('SAVE'); // what a first snapshot brings for good is there before the attack
    await delay(SETTLE_MS);
    return await measure(attack, victim, connection, bystander);
  } finally {
    await victim.stop();
  }
}

async function measure(
  attack: Attack,
  victim: Server,
  connection: RespConnection,
  bystander: Server,
): Promise<Outcome> {
  // Both are there before the attack, which may leave no room for a connection more.
  const probe = new SoakProbe(victim.port, attack.greeting);
  const other = new SoakProbe(bystander.port);
  await delay(WARM_UP_MS);
  probe.takeWaits();
  await delay(QUIET_SECONDS * 1000);
  const quiet = waitsOf(probe.takeWaits());
  const before = await takeState(victim.pid, connection);
  const watch = new LimitsWatch(victim.pid, connection);
  const attacker = new AttackThread({ attack: attack.name, port: victim.port, seed });
  other.takeWaits();
  await delay(seconds * 1000);
  const isEnded = await attacker.stop(END_MS_MAX);
  const waits = waitsOf(probe.takeWaits());
  const beside = waitsOf(other.takeWaits());
  await Promise.all([probe.stop(), other.stop()]);
  const peak = await watch.stop();
  await attack.cleanUp?.(connection);
  const after = await comeToRest(victim, connection, before);
  connection.close();
  const problems = [...attacker.problems, ...probe.problems];
  if (!isEnded) problems.push(`the attacker had not come to its end after ${END_MS_MAX} ms`);
  if (!victim.isRunning) problems.push(`the server has ended:\n${victim.output.slice(-2000)}`);
  return { attack, quiet, beside, waits, before, peak, after, counts: attacker.counts, problems };
}

async function comeToRest(victim: Server, connection: RespConnection, before: Limits): Promise<Limits> {
  const startMs = performance.now();
  for (;;) {
    const now = await takeState(victim.pid, connection);
    const isBack =
      now.descriptorCount <= before.descriptorCount &&
      now.clientCount <= before.clientCount &&
      now.bufferBytes <= before.bufferBytes;
    if (isBack || performance.now() - startMs > GRACE_MS) return now;
    await delay(SETTLE_MS);
  }
}

if (process.platform !== 'linux') throw new Error('the limits campaign reads /proc and runs on Linux only');
const unknown = only?.filter((name) => !ATTACKS.some((attack) => attack.name === name)) ?? [];
if (unknown.length > 0) {
  throw new Error(
    `no attack is called ${unknown.join(', ')}; there are ${ATTACKS.map(({ name }) => name).join(', ')}`,
  );
}
const bystander = await startCrabkv({ directives: base });
try {
  console.log(
    `seed ${seed}, ${seconds} s an attack, reactor ${await bystander.info('reactor')}, ${base.threads} threads`,
  );
  console.log(limitsHead());
  let badCount = 0;
  for (const attack of ATTACKS) {
    if (only !== undefined && !only.includes(attack.name)) continue;
    try {
      const outcome = await meet(attack, bystander);
      console.log(limitsRow(outcome));
      if (verdictOf(outcome).isBad) badCount++;
    } catch (error) {
      console.log(`${attack.name}: BAD: ${(error as Error).message}`);
      badCount++;
    }
  }
  console.log(
    badCount === 0
      ? '\nThe server has stood all of them.'
      : `\n${badCount} attacks had an effect that they must not have.`,
  );
  process.exitCode = badCount === 0 ? 0 : 1;
} finally {
  await bystander.stop();
}
