/**
 * A reader with a mistake behind four comparisons, one inside the other, and a loop that goes round far too often: what the
 * fuzzer has to find (fuzzer.test.ts).
 */

import { linearSteps, type Target, texts } from './target.js';

function read(input: Uint8Array): void {
  if (input[0] === 0x63) {
    if (input[1] === 0x72) {
      if (input[2] === 0x61) {
        if (input[3] === 0x62) throw new RangeError('the planted mistake');
      }
    }
  }
}

/** Steps grow with the square of the number of spaces. */
function countPairs(input: Uint8Array): number {
  let pairs = 0;
  for (const left of input) {
    if (left !== 0x20) continue;
    for (const right of input) if (right === 0x20) pairs += 1;
  }
  return pairs;
}

export function makePlantedTarget(): Target {
  return {
    modules: ['test/fuzz/planted.case.js'],
    seeds: texts('some text'),
    words: [],
    bytesMax: 64,
    stepsMax: linearSteps(1, 64),
    run: read,
  };
}

export function makeSquareTarget(): Target {
  return { ...makePlantedTarget(), words: texts(' '), run: (input) => void countPairs(input) };
}
