/**
 * HyperLogLogs in strings that anybody can set: counting, adding and merging what only looks like one.
 */

import assert from 'node:assert/strict';
import { TestEngine } from '../../../src/engine/engine.case.js';
import { StoreUnderFuzz } from '../store-under-fuzz.js';
import { linearSteps, type Target, texts } from '../target.js';

/** All that reads or changes one. `k` holds the input, `sound` one that is in order. */
const USES: readonly (readonly string[])[] = [
  ['PFCOUNT', 'k'],
  ['PFCOUNT', 'k', 'sound'],
  ['PFMERGE', 'merged', 'sound', 'k'],
  ['PFDEBUG', 'DECODE', 'k'],
  ['PFADD', 'k', 'a', 'b', 'c'],
  ['PFDEBUG', 'ENCODING', 'k'],
  ['PFDEBUG', 'GETREG', 'k'],
  ['PFMERGE', 'k', 'sound'],
  ['PFDEBUG', 'TODENSE', 'k'],
  ['PFADD', 'k', 'd'],
  ['PFCOUNT', 'k'],
];
/** Sixteen thousand registers are gone through by some of them. */
const REGISTER_STEPS = 2 ** 20;
const ERROR = /^-(WRONGTYPE|INVALIDOBJ|ERR) /;

export function makeHyperloglogTarget(): Target {
  const store = new StoreUnderFuzz();
  return {
    modules: ['src/structures/hyperloglog/', 'src/commands/hyperloglog'],
    seeds: samples(),
    words: texts('HYLL', '\x00', '\x01', '\x7f\xff', '\x80', '\xff\xff', '\x40\x00'),
    bytesMax: 13_000,
    stepsMax: linearSteps(64, REGISTER_STEPS),
    run(input) {
      store.run('PFADD', 'sound', 'x', 'y');
      store.run('SET', 'k', input);
      for (const words of USES) {
        const reply = store.run(...words);
        assert.ok(!reply.startsWith('-') || ERROR.test(reply), reply);
      }
      store.checkAndClear();
    },
  };
}

function samples(): Uint8Array[] {
  const engine = new TestEngine({ shardCount: 1 });
  const made = [0, 3, 300].map((count) => {
    engine.run('PFADD', `of ${count}`, ...Array.from({ length: count }, (_, index) => String(index)));
    return engine.run('GET', `of ${count}`);
  });
  engine.run('PFDEBUG', 'TODENSE', 'of 3');
  return [...made, engine.run('GET', 'of 3')].map((reply) =>
    Buffer.from(reply.slice(reply.indexOf('\r\n') + 2, -2), 'latin1'),
  );
}
