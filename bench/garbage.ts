/** Whether serving requests leaves garbage: collections in a reactor thread while millions of GETs and SETs are answered. */

import { setTimeout as delay } from 'node:timers/promises';
import { alone, type Figure, type Section } from './figure.js';
import { type CollectionCounts, countReactorCollections } from './gc-trace.js';
import { atMost } from './goal.js';
import { CLIENTS, scaled } from './loads.js';
import { type Load, runLoad } from './redis-benchmark.js';
import { startOnNode } from './servers.js';
import type { Settings } from './settings.js';

const NODE_OPTIONS = ['--trace-gc', '--expose-gc', '--import', new URL('gc-mark.js', import.meta.url).href];
/** Before and after a load, so that lines of the trace that are still under way count where they belong. */
const SETTLE_MS = 1000;

/** Ten million requests, half of them SETs. */
const PIPELINES = [
  { pipeline: 16, requests: 4_000_000 },
  { pipeline: 1, requests: 1_000_000 },
];

export async function measureGarbage(settings: Settings): Promise<Section> {
  const server = await startOnNode(settings, process.execPath, NODE_OPTIONS);
  let trace = '';
  const collect = (chunk: Buffer) => {
    trace += chunk.toString('latin1');
  };
  const figures: Figure[] = [];
  try {
    // From here on; what was printed before is in `output`.
    server.child.stdout?.on('data', collect);
    const start = server.output;
    for (const { pipeline, requests } of PIPELINES) {
      const loads = (['set', 'get'] as const).map((test): Load => {
        return scaled({ test, clients: CLIENTS, pipeline, requests }, settings);
      });
      // A steady state: everything compiled, every table grown.
      for (const load of loads)
        await runLoad(server.port, { ...load, requests: Math.ceil(load.requests / 2) });
      await delay(SETTLE_MS);
      const from = trace.length;
      for (const load of loads) await runLoad(server.port, load);
      await delay(SETTLE_MS);
      const counts = countReactorCollections(start, trace.slice(from));
      figures.push(...garbageFigures(pipeline, (2 * requests * settings.scale) / 1e6, counts));
    }
  } finally {
    await server.stop();
  }
  return {
    title: 'Garbage',
    text: [
      "Collections of V8 in CrabKV's reactor thread at steady state, half SETs and half GETs, no persistence, from " +
        '`node --trace-gc`.',
    ],
    figures,
  };
}

function garbageFigures(pipeline: number, millions: number, { major, minor }: CollectionCounts): Figure[] {
  return [
    {
      what: `major collections in ${millions} M requests, P=${pipeline}`,
      unit: '',
      better: 'lower',
      digits: 0,
      values: alone(major),
      goal: { of: 'value', goal: atMost(0, 0) },
    },
    {
      what: `minor collections a million requests, P=${pipeline}`,
      unit: '',
      better: 'lower',
      digits: 1,
      values: alone(minor / millions),
    },
  ];
}
