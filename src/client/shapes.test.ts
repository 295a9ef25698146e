import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Reply } from './reply.js';
import {
  asBoolean,
  asIs,
  asNumber,
  asString,
  commandDescription,
  commandDocumentation,
  listOf,
  mapOf,
  memoryStatistic,
  objectOf,
  pairsOf,
  place,
  recordOf,
  setOf,
  tupleOf,
} from './shapes.js';

/** A Buffer of the text, as a reply. */
function bytes(text: string): Reply {
  return Buffer.from(text);
}

describe('the shapes of replies', () => {
  it('make numbers of doubles and of texts', () => {
    const cases: [Reply, unknown][] = [
      [1.5, 1.5],
      ['1.5', 1.5],
      [bytes('-3e10'), -3e10],
      ['inf', Number.POSITIVE_INFINITY],
      ['-inf', Number.NEGATIVE_INFINITY],
      ['nan', Number.NaN],
      [undefined, undefined],
    ];
    for (const [reply, number] of cases) assert.deepEqual(asNumber(reply), number);
  });

  it('make strings of bytes where there are only characters', () => {
    assert.equal(asString(bytes('OK')), 'OK');
    assert.equal(asString('OK'), 'OK');
    assert.equal(asString(undefined), undefined);
  });

  it('make booleans of 1 and 0', () => {
    assert.deepEqual([1, 0, true, false].map(asBoolean), [true, false, true, false]);
  });

  it('make a Set of an array', () => {
    const set = new Set<Reply>(['a']);
    assert.equal(setOf(asIs)(set), set, 'one that needs no conversion is that very one');
    assert.deepEqual(setOf(asIs)(['a', 'b']), new Set(['a', 'b']));
    assert.deepEqual(setOf(asString)(new Set([bytes('a')])), new Set(['a']));
    assert.equal(setOf(asIs)(undefined), undefined);
  });

  it('make a Map of a flat array', () => {
    const map = new Map<Reply, Reply>([['a', '1']]);
    assert.equal(mapOf(asIs, asIs)(map), map, 'one that needs no conversion is that very one');
    assert.deepEqual(
      mapOf(asIs, asNumber)(['a', '1', 'b', '2']),
      new Map([
        ['a', 1],
        ['b', 2],
      ]),
    );
    assert.deepEqual(mapOf(asString, asIs)(new Map([[bytes('a'), 1]])), new Map([['a', 1]]));
    assert.deepEqual(mapOf(asIs, asIs)([]), new Map());
  });

  it('make pairs of a flat array, and of an array of arrays', () => {
    const toPairs = pairsOf(asIs, asNumber);
    assert.deepEqual(toPairs(['a', '1', 'b', '2.5']), [
      ['a', 1],
      ['b', 2.5],
    ]);
    assert.deepEqual(
      toPairs([
        ['a', 1],
        ['b', '2.5'],
      ]),
      [
        ['a', 1],
        ['b', 2.5],
      ],
    );
    assert.deepEqual(toPairs([]), []);
    assert.equal(toPairs(undefined), undefined);
  });

  it('take an empty array for nothing where there is one element or none', () => {
    const toPair = tupleOf(asIs, asNumber);
    assert.deepEqual(toPair(['a', '1']), ['a', 1]);
    assert.equal(toPair([]), undefined);
    assert.equal(toPair(undefined), undefined);
  });

  it('give names to the elements of an array, and keep those of a map', () => {
    assert.deepEqual(objectOf({ cursor: asString, keys: asIs })([bytes('0'), ['a']]), {
      cursor: '0',
      keys: ['a'],
    });
    const toRecord = recordOf({ calls: asIs, histogram_usec: mapOf(asIs, asIs) });
    const expected = { calls: 3, histogramUsec: new Map([[1, 3]]) };
    assert.deepEqual(toRecord(['calls', 3, 'histogram_usec', [1, 3]]), expected);
    assert.deepEqual(
      toRecord(
        new Map<Reply, Reply>([
          ['histogram_usec', new Map([[1, 3]])],
          ['calls', 3],
          ['later', 1],
        ]),
      ),
      expected,
    );
  });

  it('tell the details of a place by their kinds, whichever there are', () => {
    assert.deepEqual(place(['a', '1.5']), { member: 'a', distance: 1.5 });
    assert.deepEqual(place([bytes('a'), bytes('1.5'), 7, ['1', bytes('2')]]), {
      member: bytes('a'),
      distance: 1.5,
      hash: 7,
      longitude: 1,
      latitude: 2,
    });
    assert.deepEqual(listOf(place)([['a', [1, 2]]]), [{ member: 'a', longitude: 1, latitude: 2 }]);
  });

  it('make the same of MEMORY STATS in RESP2 and RESP3', () => {
    assert.equal(memoryStatistic('1.5'), 1.5);
    assert.equal(memoryStatistic(7), 7);
    assert.equal(memoryStatistic('jemalloc'), 'jemalloc');
    assert.deepEqual(memoryStatistic(['overhead', 1]), new Map([['overhead', 1]]));
    assert.deepEqual(memoryStatistic(new Map([['overhead', 1]])), new Map([['overhead', 1]]));
  });

  it('make the same of COMMAND INFO in RESP2 and RESP3', () => {
    const two: Reply = [
      ...['get', 2, ['readonly'], 1, 1, 1, ['@read'], []],
      [['flags', ['RO'], 'begin_search', ['type', 'index', 'spec', ['index', 1]]]],
      [],
    ];
    const search = new Map<Reply, Reply>([
      ['type', 'index'],
      ['spec', new Map([['index', 1]])],
    ]);
    const three: Reply = [
      ...['get', 2, new Set<Reply>(['readonly']), 1, 1, 1, new Set<Reply>(['@read']), new Set<Reply>()],
      new Set<Reply>([
        new Map<Reply, Reply>([
          ['flags', new Set<Reply>(['RO'])],
          ['begin_search', search],
        ]),
      ]),
      new Set<Reply>(),
    ];
    assert.deepEqual(commandDescription(two), commandDescription(three));
    assert.equal(commandDescription(undefined), undefined);
  });

  it('make the same of COMMAND DOCS in RESP2 and RESP3', () => {
    const two: Reply = [
      'summary',
      'Gets.',
      'arguments',
      [['name', 'key', 'flags', ['optional']]],
      'history',
      [['1.0', 'a']],
    ];
    const argument = new Map<Reply, Reply>([
      ['name', 'key'],
      ['flags', new Set<Reply>(['optional'])],
    ]);
    const three = new Map<Reply, Reply>([
      ['summary', 'Gets.'],
      ['arguments', [argument]],
      ['history', new Set<Reply>([['1.0', 'a']])],
    ]);
    assert.deepEqual(commandDocumentation(two), commandDocumentation(three));
  });
});
