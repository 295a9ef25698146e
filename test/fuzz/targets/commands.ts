/**
 * Commands with any arguments, one after the other, by the real executor: each gets one reply that is a reply, nothing throws,
 * the store stays sound, and the log says the same as the memory.
 *
 *     input: lines; each is a command, with the quoting of inline commands
 */

import assert from 'node:assert/strict';
import { COMMANDS } from '../../../src/commands/table.js';
import { splitQuoted } from '../../../src/engine/config/parse.js';
import { DONE } from '../../../src/engine/executor.js';
import { StoreUnderFuzz } from '../store-under-fuzz.js';
import { linearSteps, type Target, texts } from '../target.js';

/** Some of each family. */
const PROGRAMS: readonly (readonly string[])[] = [
  [
    'SET k v EX 100',
    'GETEX k PERSIST',
    'SETRANGE k 3 x',
    'INCRBYFLOAT f 1.5',
    'BITFIELD k SET u8 #1 200 OVERFLOW FAIL INCRBY i5 3 9',
  ],
  [
    'RPUSH l a b c',
    'LPOS l b RANK -1 COUNT 0',
    'LMOVE l m LEFT RIGHT',
    'LMPOP 2 l m LEFT COUNT 2',
    'SORT l BY nosort GET # ALPHA LIMIT 0 2',
  ],
  [
    'SADD s a b 1',
    'SADD t 1 2',
    'SINTERCARD 2 s t LIMIT 1',
    'SUNIONSTORE u s t',
    'SPOP u 2',
    'SRANDMEMBER s -5',
  ],
  [
    'ZADD z 1 a 2 b 3 c',
    'ZRANGE z (1 +inf BYSCORE LIMIT 0 1 WITHSCORES',
    'ZUNIONSTORE y 2 z z WEIGHTS 1 2 AGGREGATE MAX',
    'ZRANGEBYLEX z [a (c',
  ],
  [
    'HSET h f v g 1',
    'HINCRBYFLOAT h g 1e3',
    'HRANDFIELD h -3 WITHVALUES',
    'HPEXPIRE h 100 NX FIELDS 1 f',
    'HSCAN h 0 COUNT 5',
  ],
  [
    'GEOADD g 13.3 38.1 a 15.0 37.5 b',
    'GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ASC COUNT 1 ANY WITHDIST',
    'GEOHASH g a',
  ],
  [
    'PFADD p a b',
    'PFMERGE q p',
    'SETBIT b 100 1',
    'BITPOS b 1 0 -1 BIT',
    'BITOP XOR d b k',
    'LCS b d IDX MINMATCHLEN 2',
  ],
  [
    'XX y',
    'OBJECT FREQ k',
    'COPY k l REPLACE',
    'RENAMENX k z',
    'EXPIREAT k 99999999999 GT',
    'SCAN 0 MATCH * TYPE hash',
  ],
  ['MULTI', 'COMMAND DOCS get', 'MEMORY USAGE k SAMPLES 5', 'LATENCY HISTOGRAM get', 'HELLO 3 SETNAME x'],
];
const LINES_MAX = 12;
/** What ends a server, makes as much data as it is told to, waits, or changes what the next inputs find. */
const LEFT_OUT = /^(shutdown|debug|config|client|monitor|acl|wait.*|b[lrz].*)$/i;
/** Values are at most 16 MiB, and bits of them are gone through. */
const STEPS_FIXED = 2 ** 26;

export function makeCommandsTarget(): Target {
  const store = new StoreUnderFuzz();
  const { engine } = store;
  return {
    modules: [
      'src/commands/',
      'src/engine/hashes.js',
      'src/engine/lists.js',
      'src/engine/sets.js',
      'src/engine/sorted-sets.js',
      'src/engine/packed-',
      'src/engine/large-',
      'src/engine/keyspace.js',
    ],
    seeds: texts(...PROGRAMS.map((lines) => lines.join('\n'))),
    words: texts(
      ...COMMANDS.map(({ name }) => `\n${name.replace('|', ' ')} `),
      ' k',
      ' l',
      ' s',
      ' z',
      ' h',
      ' COUNT ',
      ' LIMIT ',
      ' 0',
      ' -1',
      ' ""',
      ' "\\x00\\xff"',
      ' inf',
      ' nan',
      ' (1',
      ' [a',
      ' +',
      ' -',
      ' 9223372036854775807',
      ' -9223372036854775808',
      ' 1e308',
      ' WITHSCORES',
      ' REPLACE',
      ' STORE k',
      ' FIELDS 1 f',
      ' NX',
      ' XX',
      ' GT',
    ),
    bytesMax: 1024,
    stepsMax: linearSteps(4096, STEPS_FIXED),
    run(input) {
      const lines = Buffer.from(input).toString('latin1').split('\n');
      for (const line of lines.slice(0, LINES_MAX)) {
        const words = splitQuoted(line) ?? [];
        if (words.length === 0 || LEFT_OUT.test(words[0]!)) continue;
        const client = engine.connect();
        const outcome = engine.execute(
          client,
          words.map((word) => Buffer.from(word, 'latin1')),
        );
        if (outcome === DONE) assert.match(engine.takeReply().slice(0, 64), /^[-+:$*_,#(=%~>|!]/, words[0]);
        else engine.reply.reset();
      }
      store.checkAndClear();
    },
  };
}
