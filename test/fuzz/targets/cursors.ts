/**
 * SCAN and its relatives with cursors that no scan has returned, and any counts and patterns; on keys and on collections of both
 * forms. The answer is an error for people or a page: of no more steps than the count and the store allow.
 *
 *     input: lines; each is what stands behind SCAN, HSCAN h, SSCAN s or ZSCAN z, in turns
 */

import assert from 'node:assert/strict';
import { TestEngine } from '../../../src/engine/engine.case.js';
import { type Target, texts } from '../target.js';

const KEYS = 2000;
const SCANS: readonly (readonly string[])[] = [
  ['SCAN'],
  ['HSCAN', 'small hash'],
  ['HSCAN', 'hash'],
  ['SSCAN', 'set'],
  ['SSCAN', 'integers'],
  ['ZSCAN', 'sorted set'],
];
const LINES_MAX = 12;
const PAGE = /^(\*2\r\n\$\d+\r\n\d+\r\n\*\d+\r\n|-ERR )/;

export function makeCursorsTarget(): Target {
  const engine = populated();
  return {
    modules: [
      'src/commands/scan.js',
      'src/commands/hash-scan.js',
      'src/commands/set-scan.js',
      'src/commands/sorted-set-scan.js',
      'src/commands/element-scan.js',
      'src/structures/hash-table.js',
      'src/engine/hash-cursor.js',
      'src/engine/sorted-set-cursor.js',
    ],
    seeds: texts(
      '0\n0\n0\n0\n0\n0',
      '17 COUNT 100\n1048575 MATCH *1*\n18446744073709551615\n5 TYPE list\n',
      '3 NOVALUES\n',
    ),
    words: texts(
      '0',
      ' COUNT ',
      ' MATCH ',
      ' TYPE ',
      'string',
      '*',
      '\n',
      ' NOVALUES',
      '1000000',
      '9223372036854775807',
    ),
    bytesMax: 512,
    stepsMax: () => 64 * LINES_MAX * KEYS,
    run(input) {
      const lines = Buffer.from(input).toString('latin1').split('\n');
      for (const [index, line] of lines.slice(0, LINES_MAX).entries()) {
        const reply = engine.run(...SCANS[index % SCANS.length]!, ...line.split(' '));
        assert.match(reply, PAGE);
      }
    },
  };
}

function populated(): TestEngine {
  const engine = new TestEngine();
  const numbers = Array.from({ length: KEYS }, (_, index) => index);
  for (const number of numbers) engine.run('SET', `key:${number}`, 'x');
  engine.run('HSET', 'small hash', 'a', '1', 'b', '2');
  engine.run('HSET', 'hash', ...numbers.flatMap((number) => [`field:${number}`, 'x']));
  engine.run('SADD', 'set', ...numbers.map((number) => `member:${number}`));
  engine.run('SADD', 'integers', ...numbers.slice(0, 100).map(String));
  engine.run('ZADD', 'sorted set', ...numbers.flatMap((number) => [String(number % 7), `member:${number}`]));
  return engine;
}
