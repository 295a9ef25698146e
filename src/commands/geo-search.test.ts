import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { latitudeOf, longitudeOf } from '../base/geohash.js';
import { distance } from '../base/great-circle.js';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import type { RecordFields } from '../engine/wal/record.js';
import { Follower } from './collections.case.js';

const SICILY =
  'GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 13.583333 37.316667 Agrigento';
const STORED =
  '*6 $9 Agrigento $16 3479030013248308 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909';
const SYNTAX = `-${errors.SYNTAX}`;
const WRONG_TYPE = `-${errors.WRONG_TYPE}`;

describe('GEOSEARCH', () => {
  it('finds members in circles and boxes, in the order of cells or of distance', () => {
    const engine = new TestEngine();
    engine.talk([
      [SICILY, ':3'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km', '*3 $9 Agrigento $7 Palermo $7 Catania'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km DESC', '*3 $7 Palermo $9 Agrigento $7 Catania'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 60 KM', '*1 $7 Catania'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 1 km', '*0'],
      ['GEOSEARCH s FROMMEMBER Palermo BYBOX 50 300 km ASC', '*2 $7 Palermo $9 Agrigento'],
      ['GEOSEARCH s BYBOX 300 50 km FROMMEMBER Palermo ASC', '*1 $7 Palermo'],
      ['GEOSEARCH s FROMMEMBER Palermo BYRADIUS 0 m', '*1 $7 Palermo'],
      ['GEOSEARCH none FROMMEMBER nobody BYRADIUS 0 m', '*0'],
      ['DEL s', ':1'],
    ]);
    engine.assertEmpty();
  });

  it('takes the nearest when there are to be but a few, or any', () => {
    new TestEngine().talk([
      [SICILY, ':3'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2', '*2 $7 Catania $9 Agrigento'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km DESC COUNT 1', '*1 $7 Palermo'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2 ANY', '*2 $9 Agrigento $7 Palermo'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ANY COUNT 2 DESC', '*2 $7 Palermo $9 Agrigento'],
      ['GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km COUNT 99 ANY', '*3 $9 Agrigento $7 Palermo $7 Catania'],
    ]);
  });

  it('tells distances in the unit of the request, hashes and coordinates', () => {
    new TestEngine().talk([
      [SICILY, ':3'],
      [
        'GEOSEARCH s FROMLONLAT 15 37 BYRADIUS 200 km ASC COUNT 2 WITHDIST WITHHASH',
        '*2 *3 $7 Catania $7 56.4413 :3479447370796909 *3 $9 Agrigento $8 130.4235 :3479030013248308',
      ],
      [
        'GEOSEARCH s FROMLONLAT 15 37 BYBOX 400 400 km DESC COUNT 1 WITHCOORD WITHDIST',
        '*1 *3 $7 Palermo $8 190.4424 *2 $20 13.36138933897018433 $20 38.11555639549629859',
      ],
      ['HELLO 3', new TestEngine().say('HELLO 3')],
      [
        'GEORADIUSBYMEMBER_RO s Palermo 1 m WITHCOORD WITHHASH WITHDIST',
        '*1 *4 $7 Palermo $6 0.0000 :3479099956230698 *2 ,13.36138933897018433 ,38.11555639549629859',
      ],
    ]);
  });

  it('finds a place at the end of the grid, whose hash has more than 53 bits', () => {
    new TestEngine().talk([
      ['GEOADD e 180 85.05112878 corner -180 85.05112878 other', ':2'],
      ['GEOSEARCH e FROMMEMBER corner BYRADIUS 1 m WITHHASH', '*1 *2 $6 corner :13510798882111488'],
    ]);
  });

  it('tells the first mistake, and whether the key is of another type before any', () => {
    const needs = (what: string) => `-ERR exactly one of ${what} can be specified for gEosearch`;
    const engine = new TestEngine();
    engine.say(SICILY);
    engine.say('SET string x');
    for (const [options, reply] of [
      ['FROMMEMBER nobody BYRADIUS 1 cm', `-${errors.GEO_MEMBER}`],
      ['FROMLONLAT x 1 BYRADIUS 1 cm', `-${errors.NOT_A_FLOAT}`],
      ['FROMLONLAT 181 1 BYRADIUS 1 cm', '-ERR invalid longitude,latitude pair 181.000000,1.000000'],
      ['FROMLONLAT 1 1 BYRADIUS x cm', `-${errors.GEO_RADIUS}`],
      ['FROMLONLAT 1 1 BYRADIUS -1 cm', `-${errors.GEO_RADIUS_NEGATIVE}`],
      ['FROMLONLAT 1 1 BYRADIUS 1 cm', `-${errors.GEO_UNIT}`],
      ['FROMLONLAT 1 1 BYBOX x y cm', `-${errors.GEO_WIDTH}`],
      ['FROMLONLAT 1 1 BYBOX 1 y cm', `-${errors.GEO_HEIGHT}`],
      ['FROMLONLAT 1 1 BYBOX 1 -1 cm', `-${errors.GEO_BOX_NEGATIVE}`],
      ['FROMLONLAT 1 1 BYRADIUS 1 m COUNT 0', `-${errors.GEO_COUNT}`],
      ['FROMLONLAT 1 1 BYRADIUS 1 m COUNT x', `-${errors.NOT_AN_INTEGER}`],
      ['FROMLONLAT 1 1 BYRADIUS 1 m COUNT', SYNTAX],
      ['FROMLONLAT 1 1 BYRADIUS 1 m ANY', `-${errors.GEO_ANY_WITHOUT_COUNT}`],
      ['FROMLONLAT 1 1 BYRADIUS 1 m STOREDIST', SYNTAX],
      ['FROMLONLAT 1 1 BYRADIUS 1 m STORE d', SYNTAX],
      ['FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 m', SYNTAX],
      ['FROMLONLAT 1 1 BYRADIUS 1 m BYBOX 1 1 m', SYNTAX],
      ['BYRADIUS 10 km WITHCOORD ASC ANY', needs('FROMMEMBER or FROMLONLAT')],
      ['FROMLONLAT 1 1 WITHCOORD ASC', needs('BYRADIUS and BYBOX')],
    ] as const) {
      assert.equal(engine.say(`gEosearch s ${options}`), reply, options);
    }
    assert.equal(engine.say('GEOSEARCH string FROMLONLAT x y BYRADIUS z cm'), WRONG_TYPE);
    assert.equal(engine.say('GEORADIUS string x y z cm'), WRONG_TYPE);
  });

  it('finds what a look at every member finds, in small sorted sets and large ones', () => {
    const place = fc.tuple(
      fc.double({ min: -170, max: 170, noNaN: true }),
      fc.double({ min: -60, max: 60, noNaN: true }),
    );
    fc.assert(
      fc.property(
        fc.array(place, { minLength: 1, maxLength: 300 }),
        place,
        fc.double({ min: 1000, max: 900_000, noNaN: true }),
        (places, [longitude, latitude], radius) => {
          const engine = new TestEngine({ shardCount: 1, databaseCount: 1 });
          engine.run(
            'GEOADD',
            'g',
            ...places.flatMap(([at, around], i) => [at.toFixed(9), around.toFixed(9), `m${i}`]),
          );
          const center = [longitude.toFixed(9), latitude.toFixed(9)];
          const found = engine.run(
            'GEOSEARCH',
            'g',
            'FROMLONLAT',
            ...center,
            'BYRADIUS',
            String(radius),
            'm',
          );
          const expected = places.flatMap((_, i) => {
            const score = Number(engine.say(`ZSCORE g m${i}`).split(' ')[1]);
            const [from, around] = center.map(Number) as [number, number];
            return distance(from, around, longitudeOf(score), latitudeOf(score)) <= radius ? [`m${i}`] : [];
          });
          assert.deepEqual(found.match(/m\d+/g)?.sort() ?? [], expected.sort());
        },
      ),
      { numRuns: 60 },
    );
  });
});

describe('GEOSEARCHSTORE', () => {
  it('stores hashes or distances in place of whatever there was; nothing found leaves no key', () => {
    const engine = new TestEngine();
    engine.talk([
      [SICILY, ':3'],
      ['SET d x PX 5000', '+OK'],
      ['GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 200 km', ':3'],
      ['ZRANGE d 0 -1 WITHSCORES', STORED],
      ['PTTL d', ':-1'],
      ['GEOSEARCHSTORE d d FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2 STOREDIST', ':2'],
      ['ZRANGE d 0 -1', '*2 $7 Catania $9 Agrigento'],
      ['ZCOUNT d 56.4412578 56.4412579', ':1'],
      ['GEOSEARCHSTORE d s FROMLONLAT 15 37 BYRADIUS 1 km', ':0'],
      ['EXISTS d', ':0'],
      ['GEOSEARCHSTORE s none FROMMEMBER x BYRADIUS 1 km', ':0'],
      ['GEOSEARCHSTORE d none FROMLONLAT 1 1 BYRADIUS 1 m WITHDIST', `-${errors.GEOSEARCHSTORE_WITH}`],
      ['GEOSEARCHSTORE d none FROMLONLAT 1 1 BYRADIUS 1 m STOREDIST d', SYNTAX],
    ]);
    engine.assertEmpty();
  });

  it('is logged with the value, and happens as a whole or not at all when memory runs out', () => {
    const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
    const follower = new Follower();
    const places = Array.from({ length: 400 }, (_, i) => [String(i / 40), String(i / 70), `place ${i}`]);
    engine.run('GEOADD', 's', ...places.flat());
    engine.run('SET', 'd', 'old');
    follower.follow(engine);
    const words = ['GEOSEARCHSTORE', 'd', 's', 'FROMLONLAT', '0', '0', 'BYRADIUS', '900', 'km', 'STOREDIST'];
    const stored = Number(engine.starve(2000, ...words).slice(1));
    assert.ok(stored > 100 && stored < 400, String(stored));
    assert.equal(follower.follow(engine), 1);
    assert.deepEqual(follower.engine.contents(), engine.contents());
    engine.say('DEL s d');
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });
});

describe('GEORADIUS and GEORADIUSBYMEMBER', () => {
  it('store under a key that is found among the options', () => {
    const engine = new TestEngine();
    engine.talk([
      [SICILY, ':3'],
      ['GEORADIUS s 15 37 200 km ASC', '*3 $7 Catania $9 Agrigento $7 Palermo'],
      ['GEORADIUS s 15 37 200 km COUNT 2 store d ASC', ':2'],
      ['ZRANGE d 0 -1', '*2 $9 Agrigento $7 Catania'],
      ['GEORADIUSBYMEMBER s Palermo 200 km STORE e STOREDIST d', ':3'],
      ['EXISTS e', ':0'],
      ['ZRANGE d 0 -1', '*3 $7 Palermo $9 Agrigento $7 Catania'],
      ['GEORADIUS s 15 37 200 km STORE STOREDIST', ':3'],
      ['ZRANGE STOREDIST 0 -1 WITHSCORES', STORED],
      ['GEORADIUSBYMEMBER none Palermo x cm STORE STOREDIST', ':0'],
      ['GEORADIUSBYMEMBER none Palermo x cm STORE', SYNTAX],
      ['GEORADIUSBYMEMBER none Palermo x cm', '*0'],
      ['GEORADIUS none x 1 1 cm', `-${errors.NOT_A_FLOAT}`],
      ['GEORADIUS s 15 37 200 km STORE d WITHDIST', `-${errors.GEORADIUS_STORE_WITH}`],
      ['GEORADIUS_RO s 15 37 200 km STORE d', SYNTAX],
      ['GEORADIUSBYMEMBER_RO s Palermo 200 km STOREDIST d', SYNTAX],
      ['GEORADIUSBYMEMBER s nobody 200 cm', `-${errors.GEO_MEMBER}`],
      ['GEORADIUS s 15 37 200 km FROMMEMBER Palermo', SYNTAX],
      ['DEL s d', ':2'],
    ]);
    engine.assertEmpty();
  });

  it('take the batons of both keys: what is stored in another shard is logged there, as one group', () => {
    const engine = new TestEngine({ logs: true });
    const follower = new Follower();
    const target = engine.keyIn((engine.shardOf('s') + 1) % engine.memory.shardCount);
    engine.say(SICILY);
    engine.say(`SET ${target} x PX 5`);
    follower.follow(engine);
    engine.now += 5;
    const seen: string[] = [];
    assert.equal(engine.say(`GEORADIUS s 15 37 200 km STORE ${target}`), ':3');
    engine.drainLog({ record: (fields: RecordFields) => seen.push(String(fields.op)) });
    const { memory } = engine;
    assert.equal(memory.shardF64[memory.lastLsnAt(engine.shardOf(target))], engine.log.tail());
    assert.equal(engine.say(`ZRANGE ${target} 0 -1 WITHSCORES`), STORED);
    assert.equal(seen.length, 2, 'the key that had expired, and the new value');
  });

  it('let COMMAND GETKEYS find the keys as Redis does', () => {
    new TestEngine().talk([
      ['COMMAND GETKEYS GEORADIUS g 15 37 200 km STORE d', '*2 $1 g $1 d'],
      ['COMMAND GETKEYS GEORADIUS g 15 37 200 km STOREDIST e STORE d', '*3 $1 g $1 d $1 e'],
      ['COMMAND GETKEYS GEORADIUS g 15 37 200 km STORE', '*1 $1 g'],
      ['COMMAND GETKEYS GEORADIUSBYMEMBER g m 200 km STORE d STORE e', '*2 $1 g $1 d'],
    ]);
  });
});
