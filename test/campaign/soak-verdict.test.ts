/** The soak campaign's verdict: a good run passes, and each thing that may be wrong is found. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evidence, findings } from './soak-verdict.js';
import type { Sample } from './soak-watch.js';

const MIB = 2 ** 20;

function sample(seconds: number, changed: Partial<Sample> = {}): Sample {
  return {
    seconds,
    residentBytes: 200 * MIB,
    descriptorCount: 300,
    processorMs: seconds * 1000,
    usedBytes: 30 * MIB,
    clientCount: 200,
    bufferBytes: 0,
    heapBytes: 0,
    commandCount: 0,
    connectionCount: 0,
    logBytes: 0,
    isSaveGood: true,
    waits: [1, 1, 2],
    noise: [1],
    ...changed,
  };
}

/** Samples of 180 seconds; `change` makes the one of each moment. */
function samples(change: (seconds: number) => Partial<Sample> = () => ({})): Sample[] {
  return Array.from({ length: 60 }, (_, i) => sample((i + 1) * 3, change((i + 1) * 3)));
}

const rest = {
  descriptors: ['socket', 'socket', '/tmp/wal.log'],
  clientCount: 2,
  usedBytes: 0,
  residentBytes: 1,
};
const good: Evidence = {
  seconds: 180,
  before: rest,
  samples: samples(),
  after: rest,
  problems: [],
  problemCount: 0,
  verifiedCount: 1,
  answers: true,
  ending: 'code 0',
};

const bad = (evidence: Evidence) => findings(evidence).filter(({ verdict }) => verdict === 'bad');

test('a run in which nothing is wrong passes', () => {
  assert.deepEqual(bad(good), []);
});

const wrong: readonly [what: string, changed: Partial<Evidence>, text: RegExp][] = [
  ['a wrong reply', { problems: ['GET a: got b'], problemCount: 1 }, /1 problems.*\n.*GET a: got b/],
  ['a run that verified nothing', { verifiedCount: 0 }, /0 verified/],
  [
    'a socket left',
    { after: { ...rest, descriptors: [...rest.descriptors, 'socket'] } },
    /3 before, 4 after \(\+1 socket\)/,
  ],
  ['a client left', { after: { ...rest, clientCount: 3 } }, /2 before, 3 after/],
  ['memory left', { after: { ...rest, usedBytes: 8 } }, /0 before, 8 after/],
  [
    'growing memory',
    { samples: samples((s) => ({ residentBytes: (200 + s) * MIB })) },
    /290\.0 MiB.*350\.0 MiB/,
  ],
  ['growing waits', { samples: samples((s) => ({ waits: [s < 90 ? 1 : 3] })) }, /1\.00 ms.*3\.00 ms/],
  ['a failed snapshot', { samples: samples((s) => ({ isSaveGood: s !== 90 })) }, /1 of 60/],
  ['silence', { answers: false }, /does not answer/],
  ['a bad end', { ending: 'signal SIGKILL' }, /SIGKILL/],
];

for (const [what, changed, text] of wrong) {
  test(`finds ${what}, and only that`, () => {
    const found = bad({ ...good, ...changed });
    assert.equal(found.length, 1);
    assert.match(found[0]!.text, text);
  });
}

test('memory that the data itself needs is no leak', () => {
  const filling = samples((s) => ({ residentBytes: (200 + s) * MIB, usedBytes: (30 + s) * MIB }));
  assert.deepEqual(bad({ ...good, samples: filling }), []);
});

test('waits that have grown no more than the noise of the machine are no finding', () => {
  const noisy = samples((s) => ({ waits: [s < 90 ? 1 : 5], noise: [s < 90 ? 1 : 3] }));
  assert.deepEqual(bad({ ...good, samples: noisy }), []);
  const slower = samples((s) => ({ waits: [s < 90 ? 1 : 7], noise: [s < 90 ? 1 : 3] }));
  assert.equal(bad({ ...good, samples: slower }).length, 1);
});

test('parts of a short run are compared, but not judged', () => {
  const short = {
    ...good,
    seconds: 30,
    samples: samples((s) => ({ residentBytes: (200 + s * 10) * MIB })).slice(0, 10),
  };
  assert.deepEqual(bad(short), []);
  assert.equal(findings(short).filter(({ verdict }) => verdict === 'not judged').length, 1);
});
