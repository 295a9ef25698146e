import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { TestEngine } from '../engine/engine.case.js';
import * as errors from '../engine/errors.js';
import { Follower } from './collections.case.js';

const SICILY =
  'GEOADD s 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 13.583333 37.316667 Agrigento';
const SYNTAX = `-${errors.SYNTAX}`;
const WRONG_TYPE = `-${errors.WRONG_TYPE}`;

describe('GEOADD', () => {
  it('adds members with their geohashes as scores, and moves them', () => {
    const engine = new TestEngine();
    engine.talk([
      [SICILY, ':3'],
      [
        'ZRANGE s 0 -1 WITHSCORES',
        '*6 $9 Agrigento $16 3479030013248308 $7 Palermo $16 3479099956230698 $7 Catania $16 3479447370796909',
      ],
      [SICILY, ':0'],
      ['GEOADD s CH 13.361389 38.115556 Palermo 15 37 Catania 12.5 37.9 Trapani', ':2'],
      ['GEOADD s nx ch 1 1 Catania 2 2 Enna', ':1'],
      ['GEOADD s XX 1 1 Nobody 2 3 Enna', ':0'],
      ['GEOADD s XX CH 1 1 Nobody 2 4 Enna', ':1'],
      ['GEOADD none XX 1 1 Nobody', ':0'],
      ['EXISTS none', ':0'],
      ['ZCARD s', ':5'],
      ['ZREM s Palermo Catania Agrigento Trapani Enna', ':5'],
    ]);
    engine.assertEmpty();
  });

  it('checks options, then all coordinates, then the key', () => {
    const notAFloat = `-${errors.NOT_A_FLOAT}`;
    const outside = (pair: string) => `-ERR invalid longitude,latitude pair ${pair}`;
    new TestEngine().talk([
      ['SET string x', '+OK'],
      ['GEOADD string NX XX 1 1 a', SYNTAX],
      ['GEOADD string 1 1 a 2', SYNTAX],
      ['GEOADD string INCR 1 1 a', SYNTAX],
      ['GEOADD string CH NX CH', SYNTAX],
      ['GEOADD string 1 1 a x 1 b', notAFloat],
      ['GEOADD string 1 1 a 1 nan b', notAFloat],
      ['GEOADD string 200 y a', notAFloat],
      ['GEOADD string 180.0078125 -0 a', outside('180.007812,-0.000000')],
      ['GEOADD string 1 85.06 a', outside('1.000000,85.060000')],
      ['GEOADD string -inf 1e30 a', outside('-inf,1000000000000000019884624838656.000000')],
      ['GEOADD string 1 1 a', WRONG_TYPE],
      ['GEOADD string 1 1', "-ERR wrong number of arguments for 'geoadd' command"],
      ['GEOADD ends -180 -85.05112878 a 180 85.05112878 b', ':2'],
    ]);
  });

  it('is logged as what has changed, and as a whole or not at all when memory runs out', () => {
    const engine = new TestEngine({ logs: true, shardCount: 1, databaseCount: 1 });
    const follower = new Follower();
    engine.say(SICILY);
    engine.say('GEOADD s NX 1 1 Palermo 2 2 Enna');
    assert.equal(follower.follow(engine), 2);
    assert.equal(engine.say('GEOADD s 2 2 Enna'), ':0');
    assert.equal(follower.follow(engine), 0, 'nothing has changed');
    assert.deepEqual(follower.engine.contents(), engine.contents());
    const before = engine.contents();
    for (let allowed = 0; ; allowed++) {
      let left = allowed;
      engine.memory.fails = () => left-- <= 0;
      const reply = engine.run('GEOADD', 'new', '1', '1', 'x'.repeat(20_000));
      engine.memory.fails = () => false;
      if (reply === ':1\r\n') {
        assert.ok(allowed > 0);
        break;
      }
      assert.equal(reply, `-${errors.OUT_OF_MEMORY}\r\n`);
      assert.deepEqual(engine.contents(), before);
      assert.equal(follower.follow(engine), 0);
    }
    assert.equal(follower.follow(engine), 1);
    engine.say('DEL s new');
    engine.drainLog({ record: () => {} });
    engine.assertEmpty();
  });
});

describe('GEOPOS, GEOHASH and GEODIST', () => {
  it('tell places to the last digit of redis-server 7.0.15', () => {
    new TestEngine().talk([
      [SICILY, ':3'],
      [
        'GEOPOS s Palermo nobody Agrigento',
        '*3 *2 $20 13.36138933897018433 $20 38.11555639549629859 *-1 ' +
          '*2 $19 13.5833314061164856 $20 37.31666804993816555',
      ],
      ['GEOHASH s Palermo nobody Catania', '*3 $11 sqc8b49rny0 $-1 $11 sqdtr74hyu0'],
      ['GEODIST s Palermo Catania', '$11 166274.1516'],
      ['GEODIST s Palermo Agrigento mi', '$7 56.5311'],
      ['GEODIST s Catania Agrigento FT', '$11 441173.6702'],
      ['GEODIST s Palermo Palermo Km', '$6 0.0000'],
      ['HELLO 3', new TestEngine().say('HELLO 3')],
      ['GEOPOS s nobody Palermo', '*2 _ *2 ,13.36138933897018433 ,38.11555639549629859'],
      ['GEODIST s Palermo Catania', '$11 166274.1516'],
      ['GEODIST s Palermo nobody', '_'],
      ['GEOHASH s nobody', '*1 _'],
    ]);
  });

  it('know nothing of a key that is not there, and mistakes from anything else', () => {
    new TestEngine().talk([
      ['GEOPOS none a b', '*2 *-1 *-1'],
      ['GEOPOS none', '*0'],
      ['GEOHASH none a', '*1 $-1'],
      ['GEOHASH none', '*0'],
      ['GEODIST none a b', '$-1'],
      ['SET string x', '+OK'],
      ['GEOPOS string', WRONG_TYPE],
      ['GEOHASH string a', WRONG_TYPE],
      ['GEODIST string a b', WRONG_TYPE],
      ['GEODIST string a b cm', `-${errors.GEO_UNIT}`],
      ['GEODIST string a b m x', SYNTAX],
    ]);
  });
});
