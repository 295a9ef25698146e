/** Random requests on keys whatever they hold. */

import fc from 'fast-check';
import type { Words } from '../compare.js';
import {
  key,
  listRequest,
  milliseconds,
  request,
  seconds,
  unixMilliseconds,
  unixSeconds,
  type Weighted,
  word,
} from '../parts.js';

const expireOptions = fc.array(fc.constantFrom('NX', 'XX', 'GT', 'LT', 'gt', 'junk'), { maxLength: 2 });
const expire = (name: string, time: fc.Arbitrary<string>) =>
  fc.tuple(word(name), key, time, expireOptions).map(([n, k, t, options]): Words => [n, k, t, ...options]);

const pattern = fc.constantFrom(
  '*',
  'key:*',
  '?',
  '[ab]',
  '[^a]',
  '[a-c]',
  '*:1',
  'user:[0-9]',
  '\\*',
  '[',
  'K*K',
  '**',
  '',
  'key:?',
  '[c-a]',
);
const scan = fc
  .tuple(
    fc.constantFrom('0', '0', '0', 'abc', '-1', '', '18446744073709551616'),
    fc.array(
      fc.oneof(
        request('MATCH', pattern),
        request('COUNT', fc.constantFrom('1', '5', '1000', '0', '-1', 'abc')),
        request('TYPE', fc.constantFrom('string', 'list', 'STRING', 'nosuchtype')),
        fc.constantFrom<Words>(['COUNT'], ['MATCH'], ['junk']),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([cursor, options]): Words => ['SCAN', cursor, ...options.flat()]);

const database = fc.constantFrom(
  '0',
  '1',
  '1',
  '2',
  '15',
  '16',
  '-1',
  'abc',
  '',
  '99999999999',
  '9223372036854775808',
);
const copy = fc
  .tuple(
    word('COPY'),
    key,
    key,
    fc.array(
      fc.oneof(request('DB', database), fc.constantFrom<Words>(['REPLACE'], ['replace'], ['DB'], ['junk'])),
      { maxLength: 3 },
    ),
  )
  .map(([name, source, target, options]): Words => [name, source, target, ...options.flat()]);

/** No request that would really wait. */
const wait = request(
  'WAIT',
  fc.constantFrom('0', '0', '-1', 'abc', '-9223372036854775808', '9223372036854775808'),
  fc.constantFrom('0', '10', '-1', 'abc', '', '9223372036854775807', '9223372036854775808'),
);

export const KEY_REQUESTS: readonly Weighted[] = [
  { weight: 5, arbitrary: listRequest('DEL', key, 1, 4) },
  { weight: 4, arbitrary: listRequest('EXISTS', key, 1, 4) },
  { weight: 4, arbitrary: expire('EXPIRE', seconds) },
  { weight: 4, arbitrary: expire('PEXPIRE', milliseconds) },
  { weight: 4, arbitrary: expire('EXPIREAT', unixSeconds) },
  { weight: 4, arbitrary: expire('PEXPIREAT', unixMilliseconds) },
  { weight: 4, arbitrary: request('TTL', key) },
  { weight: 4, arbitrary: request('PTTL', key) },
  { weight: 3, arbitrary: request('EXPIRETIME', key) },
  { weight: 3, arbitrary: request('PEXPIRETIME', key) },
  { weight: 4, arbitrary: request('PERSIST', key) },
  { weight: 3, arbitrary: request('TYPE', key) },
  { weight: 2, arbitrary: request('KEYS', pattern) },
  { weight: 2, arbitrary: scan },
  { weight: 4, arbitrary: listRequest('UNLINK', key, 1, 4) },
  { weight: 2, arbitrary: listRequest('TOUCH', key, 1, 4) },
  { weight: 4, arbitrary: request('RENAME', key, key) },
  { weight: 4, arbitrary: request('RENAMENX', key, key) },
  { weight: 4, arbitrary: copy },
  { weight: 3, arbitrary: request('MOVE', key, database) },
  { weight: 1, arbitrary: request('SWAPDB', database, database) },
  { weight: 2, arbitrary: request('RANDOMKEY') },
  {
    weight: 3,
    arbitrary: request('OBJECT', fc.constantFrom('ENCODING', 'REFCOUNT', 'IDLETIME', 'FREQ', 'junk'), key),
  },
  { weight: 1, arbitrary: wait },
];
