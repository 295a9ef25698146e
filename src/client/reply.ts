/**
 * What replies are in JavaScript, for every client of this project.
 *
 * | RESP | here |
 * |---|---|
 * | status | `string` |
 * | bulk string, verbatim string | `string`, or `Buffer` where that was asked for |
 * | integer | `number`; `bigint` beyond ±(2^53-1) |
 * | double | `number`, infinities and NaN included |
 * | big number | `bigint` |
 * | boolean | `boolean` |
 * | null, of any kind | `undefined` |
 * | array | array |
 * | map | `Map` |
 * | set | `Set` |
 * | error inside of another reply | `ReplyError` |
 * | attribute | dropped |
 */

import type { ReplyError } from './errors.js';

/** How texts are to be had. */
export type Text = string | Buffer;

/** Any reply, with texts of type T. */
export type Reply<T extends Text = Text> =
  | T
  | string
  | number
  | bigint
  | boolean
  | undefined
  | ReplyError
  | Reply<T>[]
  | Map<Reply<T>, Reply<T>>
  | Set<Reply<T>>;
