/**
 * RESTORE of mutated payloads here and in a redis-server, which checks them as well (`sanitize-dump-payload yes`): what both take
 * must be the same value, by its digest; who takes what the other one refuses is counted, by type, with an example.
 */

import { TestEngine } from '../../src/engine/engine.case.js';
import { SeededRandom } from '../support/random.js';
import { startRedis } from '../support/server.js';
import { loadCorpus } from './corpus.js';
import { Mutator } from './mutator.js';
import { makeRestoreTarget } from './targets/restore.js';

/** Tells values apart whatever order they lie in. */
const DIGEST = ['DEBUG', 'DIGEST-VALUE', 'k'] as const;
/** Types that Redis 7.0 does not know begin here. */
const NEWER_TYPES = 20;

export interface OracleReport {
  payloads: number;
  /** Taken by both, as the same value. */
  same: number;
  /** Refused by both. */
  refused: number;
  /** What differs and how, with a payload in hexadecimal. */
  readonly differences: Map<string, { count: number; example: string }>;
}

/** Compares for so many seconds. */
export async function compareWithRedis(seed: number, seconds: number): Promise<OracleReport> {
  const report: OracleReport = { payloads: 0, same: 0, refused: 0, differences: new Map() };
  const random = new SeededRandom(seed);
  const { seeds, words, bytesMax, repair } = makeRestoreTarget();
  const known = [...seeds, ...loadCorpus('restore')].filter((payload) => (payload[0] ?? 0) < NEWER_TYPES);
  const mutator = new Mutator(random, words, bytesMax);
  const engine = new TestEngine();
  engine.config.apply([['enable-debug-command', 'yes']]);
  const redis = await startRedis({
    directives: { 'sanitize-dump-payload': 'yes', 'enable-debug-command': 'yes' },
  });
  try {
    const connection = await redis.connect();
    const choose = () => known[random.below(known.length)]!;
    for (const startMs = performance.now(); performance.now() - startMs < seconds * 1000; ) {
      const payload = Buffer.from(repair!(mutator.mutate(choose(), choose())));
      if ((payload[0] ?? 0) >= NEWER_TYPES) continue;
      const theirs = await connection.request('RESTORE', 'k', '0', payload, 'REPLACE');
      const ours = engine.run('RESTORE', 'k', '0', payload, 'REPLACE');
      const theyTake = theirs.toString('latin1') === '+OK\r\n';
      const weTake = ours === '+OK\r\n';
      report.payloads += 1;
      if (!theyTake && !weTake) report.refused += 1;
      else if (theyTake !== weTake)
        note(report, `type ${payload[0]}: only ${weTake ? 'CrabKV' : 'Redis'} takes it`, payload);
      else if ((await connection.request(...DIGEST)).toString('latin1') === engine.run(...DIGEST))
        report.same += 1;
      else note(report, `type ${payload[0]}: both take it, and not as the same value`, payload);
    }
  } finally {
    await redis.stop();
  }
  return report;
}

function note(report: OracleReport, what: string, payload: Uint8Array): void {
  const example = Buffer.from(payload).toString('hex');
  const known = report.differences.get(what);
  if (known === undefined) report.differences.set(what, { count: 1, example });
  else {
    known.count += 1;
    // The shortest says most.
    if (example.length < known.example.length) known.example = example;
  }
}
