import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AllocationTurn, ClientTurn } from './client-turn.js';
import { type ClientMeasure, clientFigures, multipleOf, summarize } from './clients.js';
import { storeFigure } from './embedded.js';
import { figureVerdict } from './figure.js';

const turn = (perSecond: number, majorCollections: number): ClientTurn => {
  return { requests: 500_000, perSecond, cpuMicros: 1e6 / perSecond, p50Ms: 1, p99Ms: 2, majorCollections };
};
const allocation = (heapBytes: number): AllocationTurn => ({ heapBytes, outsideBytes: 64 });

test('turns count by their medians, major collections all together', () => {
  const measure = summarize(
    [turn(100, 0), turn(900, 3), turn(200, 0)],
    [allocation(500), allocation(300), allocation(400)],
  );
  assert.deepEqual(measure, {
    perSecond: 200,
    cpuMicros: 5000,
    p50Ms: 1,
    p99Ms: 2,
    heapBytes: 400,
    outsideBytes: 64,
    majorCollections: 2,
  });
});

test('throughput is compared turn by turn, with the rival that is then the best', () => {
  const turns = (...perSecond: number[]) => perSecond.map((rate) => turn(rate, 0));
  // The machine was slow in the second turn: a ratio of medians would be 3.
  assert.equal(multipleOf([turns(600, 100, 600), turns(300, 50, 200), turns(100, 10, 100)]), 2);
  assert.equal(multipleOf([turns(600, 100, 600), turns(100, 10, 100), turns(600, 100, 500)]), 1);
});

test('beside CrabKV stands the best of the rivals, figure by figure', () => {
  const measure = (perSecond: number, cpuMicros: number, heapBytes: number): ClientMeasure => {
    return { perSecond, cpuMicros, p50Ms: 1, p99Ms: 1, heapBytes, outsideBytes: 10, majorCollections: 0 };
  };
  const measures = [measure(500_000, 2, 300), measure(200_000, 4, 900), measure(240_000, 5, 800)];
  const figures = clientFigures({ server: 'CrabKV', inFlight: 50, goal: 2, multiple: 2.04, measures });
  const values = Object.fromEntries(figures.map((figure) => [figure.what, figure.values]));
  assert.deepEqual(values['requests a second, 50 in flight, CrabKV'], { crabkv: 500, redis: 240 });
  assert.deepEqual(values['CPU time of the client a request, 50 in flight, CrabKV'], { crabkv: 2, redis: 4 });
  assert.deepEqual(values['bytes allocated a request, 50 in flight, CrabKV'], { crabkv: 310, redis: 810 });
  assert.equal(figureVerdict(figures[0]!), '>= 2.00, met');
});

test('a store stands beside lmdb by medians, with its goal in nanoseconds', () => {
  const turns = [900, 5000, 1000].map((crabkv) => ({ crabkv, lmdb: 600 }));
  const figure = storeFigure({ what: 'get', goal: 1000 }, turns);
  assert.deepEqual(figure.values, { crabkv: 1000, redis: 600 });
  assert.equal(figureVerdict(figure), '<= 1000, met');
});
