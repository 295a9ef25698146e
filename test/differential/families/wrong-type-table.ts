/**
 * Hand-picked programs about commands that meet a value of another type: each refuses it and leaves it as it is, and those that
 * replace whatever there was do so.
 */

const MAKERS: Readonly<Record<string, string>> = {
  string: 'SET k text',
  list: 'RPUSH k a b',
  set: 'SADD k 1 2',
  hash: 'HSET k f v',
  'sorted set': 'ZADD k 1 a 2 b',
};
const STRING_LINES = `
  GET k;GETDEL k;GETEX k;GETEX k PERSIST;GETSET k v;SETNX k v;MSETNX k v other w;SET k v GET;SET k v NX;SET k v NX GET
  APPEND k v;STRLEN k;INCR k;DECR k;INCRBY k 1;DECRBY k 1;INCRBY k x;INCRBYFLOAT k 1;INCRBYFLOAT k x;GETRANGE k 0 1;SUBSTR k 0 1
  SETRANGE k 0 v;SETRANGE k 0 "";SETRANGE k x v;MGET k k;LCS k k;LCS k missing LEN;SETBIT k 0 1;SETBIT k x 1;GETBIT k 0;BITCOUNT k
  BITCOUNT k x y;BITPOS k 1;BITPOS k 2;BITOP AND d k;BITOP NOT d k;BITFIELD k GET u8 0;BITFIELD k SET u8 0 1;BITFIELD_RO k GET u8 0
  PFADD k v;PFCOUNT k;PFCOUNT missing k;PFMERGE d k;PFMERGE k;PFDEBUG ENCODING k`;
const COLLECTION_LINES = `
  HSET k f v;HGET k f;HGETALL k;HINCRBY k f 1;HINCRBY k f x;HDEL k f;HLEN k;HRANDFIELD k;HSCAN k 0;HMGET k f
  LPUSH k v;LPUSHX k v;RPOP k;LPOP k 0;LLEN k;LRANGE k 0 -1;LRANGE k x 1;LINDEX k 0;LSET k 0 v;LINSERT k BEFORE a b;LREM k 0 a
  LTRIM k 0 -1;LPOS k a;LMOVE k k LEFT RIGHT;RPOPLPUSH k missing;LMPOP 1 k LEFT;BLPOP k 0.01;BLMOVE k k LEFT RIGHT 0.01
  SADD k v;SREM k v;SISMEMBER k v;SMISMEMBER k v;SMEMBERS k;SCARD k;SPOP k;SPOP k 0;SRANDMEMBER k;SMOVE k missing v;SINTER k k
  SUNION k missing;SDIFF missing k;SINTERCARD 1 k;SSCAN k 0;ZADD k 1 v;ZADD k x v;ZINCRBY k 1 v;ZREM k v;ZSCORE k v;ZCARD k
  ZCOUNT k 0 1;ZCOUNT k x 1;ZRANK k v;ZRANGE k 0 -1;ZPOPMIN k;ZPOPMIN k 0;ZMPOP 1 k MIN;BZPOPMIN k 0.01;ZUNION 1 k;ZDIFF 1 k
  ZRANDMEMBER k;ZSCAN k 0;GEOADD k 1 1 v;GEOPOS k v;GEODIST k a b;GEOHASH k v;GEOSEARCH k FROMLONLAT 1 1 BYRADIUS 1 km;SORT k
  SORT k BY nosort`;
const lines = (text: string) =>
  text
    .split(/[;\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');

/** Each request on a fresh value of the type, and what the value is afterwards. */
function onEach(make: string, requests: readonly string[]): string {
  return requests.flatMap((line) => ['DEL k d', make, line, 'TYPE k', 'OBJECT ENCODING k']).join('\n');
}

/** Commands that replace a value of any type, and its deadline. */
const REPLACING = `
  SET k v;SET k v XX;SET k v KEEPTTL;SETEX k 100000 v;PSETEX k 100000000 v;MSET k v;BITOP AND k missing;RENAME other k
  BITOP OR k other;COPY other k REPLACE;RENAMENX other k;SUNIONSTORE k members;SINTERSTORE k missing;ZUNIONSTORE k 1 members
  ZRANGESTORE k scores 0 -1;ZRANGESTORE k missing 0 -1;SORT members STORE k;SORT missing STORE k`;
function replacing(make: string): string {
  const others = ['SET other v', 'DEL members scores', 'SADD members 1 2', 'ZADD scores 1 a'];
  const after = ['TYPE k', 'OBJECT ENCODING k', 'PERSIST k'];
  return lines(REPLACING)
    .flatMap((line) => [...others, 'DEL k', make, 'EXPIRE k 100000', line, ...after])
    .join('\n');
}

export const WRONG_TYPE_PROGRAMS: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(MAKERS).flatMap(([type, make]) => [
    [`what string commands do to a ${type}`, onEach(make, lines(STRING_LINES))],
    [`what commands on collections do to a ${type}`, onEach(make, lines(COLLECTION_LINES))],
    [`what replaces a ${type}`, replacing(make)],
  ]),
);
