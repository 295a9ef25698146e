/**
 * Records of collections as commands: LPUSH, HSET and so on, with their items. What Redis has no command for has a name that says
 * what happened:
 *
 *     LINSERT "key" 3 "element"          where it is now, counted from 0
 *     LREMOVE "key" 1 4                  which elements, counted before any of them was gone
 *     LTRIM "key" 10 5                   what is left: from where, how many
 *     HPEXPIREAT "key" 1767268800000 "field" ...     0 = no deadline any more
 *     HUPDATE "key" "field" "value"      a field keeps its deadline
 */

import { viewOf } from '../../base/bytes.js';
import { formatDouble } from '../../base/double.js';
import { ItemReader } from './log-items.js';
import { type TextOutput, writeQuoted } from './print-text.js';
import {
  OP_HASH_DELETE,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_HASH_UPDATE,
  OP_LIST_INSERT,
  OP_LIST_POP_LEFT,
  OP_LIST_POP_RIGHT,
  OP_LIST_PUSH_LEFT,
  OP_LIST_PUSH_RIGHT,
  OP_LIST_REMOVE,
  OP_LIST_SET,
  OP_LIST_TRIM,
  OP_SET_ADD,
  OP_SET_REMOVE,
  OP_ZSET_REMOVE,
  OP_ZSET_SET,
  type RecordFields,
} from './record.js';

const NAMES: Readonly<Record<number, string>> = {
  [OP_LIST_PUSH_LEFT]: 'LPUSH',
  [OP_LIST_PUSH_RIGHT]: 'RPUSH',
  [OP_LIST_POP_LEFT]: 'LPOP',
  [OP_LIST_POP_RIGHT]: 'RPOP',
  [OP_LIST_SET]: 'LSET',
  [OP_LIST_INSERT]: 'LINSERT',
  [OP_LIST_REMOVE]: 'LREMOVE',
  [OP_LIST_TRIM]: 'LTRIM',
  [OP_SET_ADD]: 'SADD',
  [OP_SET_REMOVE]: 'SREM',
  [OP_ZSET_SET]: 'ZADD',
  [OP_ZSET_REMOVE]: 'ZREM',
  [OP_HASH_SET]: 'HSET',
  [OP_HASH_DELETE]: 'HDEL',
  [OP_HASH_EXPIREAT]: 'HPEXPIREAT',
  [OP_HASH_UPDATE]: 'HUPDATE',
};

/** The u32 numbers before the items, by operation; all there is, where there are no items. */
const NUMBERS_BEFORE: Readonly<Record<number, number>> = {
  [OP_LIST_POP_LEFT]: Number.POSITIVE_INFINITY,
  [OP_LIST_POP_RIGHT]: Number.POSITIVE_INFINITY,
  [OP_LIST_REMOVE]: Number.POSITIVE_INFINITY,
  [OP_LIST_TRIM]: Number.POSITIVE_INFINITY,
  [OP_LIST_SET]: 1,
  [OP_LIST_INSERT]: 1,
};

export class ItemPrinter {
  private readonly out: TextOutput;
  private readonly reader = new ItemReader();

  constructor(out: TextOutput) {
    this.out = out;
  }

  commandName(op: number): string {
    return NAMES[op] ?? `OP${op}`;
  }

  /** Writes what comes after the key. */
  write({ op, valueOffset, valueBytes }: RecordFields, bytes: Uint8Array): void {
    const { out, reader } = this;
    reader.begin(viewOf(bytes), valueOffset, valueBytes);
    if (op === OP_HASH_EXPIREAT) {
      out.write(` ${reader.nextDouble()}`);
    }
    for (let left = NUMBERS_BEFORE[op] ?? 0; left > 0 && reader.hasMore(); left--) {
      out.write(` ${reader.nextUint32()}`);
    }
    while (reader.hasMore()) {
      if (op === OP_ZSET_SET) out.write(` ${formatDouble(reader.nextDouble())}`);
      if (!reader.nextItem()) {
        out.write(' # cut');
        return;
      }
      writeQuoted(out, bytes, reader.offset, reader.size);
    }
  }
}
