/** Hand-picked programs about hashes, one request a line; `table.ts` tells how they are written. */

const numbered = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `f${from + i} ${from + i}`).join(' ');

export const HASH_PROGRAMS: Readonly<Record<string, string>> = {
  'HSET and its relatives': `
    HSET h f v
    HSET h f w g x
    HSET h a 1 a 2 a 3
    HGET h a
    HSET h a
    HSET h a 1 b
    HSET h
    HMSET h a 1 b
    HMSET h a 1 b 2
    HMSET h
    HSETNX h a 5
    HSETNX h c 5
    HSETNX h c
    HSETNX h c 5 6
    HSET h "" ""
    HGET h ""
    HSTRLEN h ""
    HSET h "\\x00\\xff" "\\r\\n"
    HGET h "\\x00\\xff"
    HMGET h a missing "" a
    HMGET missing a b
    HMGET h
    HSET h n 007
    HGET h n
    HSTRLEN h n
    HSET h n -9223372036854775808
    HSTRLEN h n
    HSTRLEN h missing
    HSTRLEN missing f
    HEXISTS h n
    HEXISTS h missing
    HEXISTS missing n
    HLEN h
    HLEN missing
    OBJECT ENCODING h
    HGETALL h
    OBJECT ENCODING h
    HKEYS h
    OBJECT ENCODING h
    HVALS h
    HGETALL missing
    HKEYS missing
    HVALS missing
    HGETALL
    HGETALL h x
  `,
  'HDEL: order, and the end of the key': `
    HSET h a 1 b 2 c 3 d 4
    HDEL h b
    OBJECT ENCODING h
    HGETALL h
    HSET h c 33 e 5
    HSET h b again
    OBJECT ENCODING h
    HGETALL h
    HDEL h a a a missing
    HDEL h c d
    HDEL h e b x y
    EXISTS h
    TYPE h
    HDEL h a
    HDEL h
    HSET h a 1
    EXPIRE h 100000
    HSET h b 2
    TTL h
    HDEL h a b
    HSET h a 1
    TTL h
  `,
  'hashes: thresholds of 128 pairs and 64 bytes, from which there is no way back': `
    HSET h ${numbered(127)}
    OBJECT ENCODING h
    HSET h f127 127
    OBJECT ENCODING h
    HGETALL h
    HSET h f0 again
    OBJECT ENCODING h
    HSET h f128 128
    OBJECT ENCODING h
    HDEL h ${Array.from({ length: 120 }, (_, i) => `f${i}`).join(' ')}
    OBJECT ENCODING h
    HLEN h
    COPY h copy
    OBJECT ENCODING copy
    HGETALL copy
    RENAME copy renamed
    OBJECT ENCODING renamed
    HSET value f ${'x'.repeat(64)}
    OBJECT ENCODING value
    HSET value f ${'x'.repeat(65)}
    OBJECT ENCODING value
    HSET value f short
    OBJECT ENCODING value
    HSET field ${'x'.repeat(64)} v
    OBJECT ENCODING field
    HSETNX field ${'x'.repeat(65)} v
    OBJECT ENCODING field
    HSET read f v
    HGET read ${'x'.repeat(65)}
    HDEL read ${'x'.repeat(65)}
    HSETNX read f ${'x'.repeat(65)}
    OBJECT ENCODING read
    HSET both f ${'x'.repeat(65)} g v
    HDEL both f
    OBJECT ENCODING both
    HSET bulk ${numbered(129)}
    OBJECT ENCODING bulk
    HSET same ${numbered(128)} ${numbered(128)}
    OBJECT ENCODING same
    HINCRBYFLOAT wide f 1e60
    OBJECT ENCODING wide
    HINCRBYFLOAT wide f 1e70
    OBJECT ENCODING wide
  `,
  'hashes: configured thresholds': `
    CONFIG SET hash-max-listpack-entries 2
    HSET h a 1 b 2
    OBJECT ENCODING h
    HSET h c 3
    OBJECT ENCODING h
    CONFIG SET hash-max-listpack-entries 128
    CONFIG SET hash-max-listpack-value 4
    HSET v f 1234
    OBJECT ENCODING v
    HSET v f 12345
    OBJECT ENCODING v
    CONFIG SET hash-max-listpack-value 64
    CONFIG SET hash-max-ziplist-entries 0
    HSET n f v
    OBJECT ENCODING n
    CONFIG SET hash-max-ziplist-entries 128
    CONFIG GET hash-max-listpack-*
  `,
  'HINCRBY and HINCRBYFLOAT': `
    HINCRBY h n 5
    HINCRBY h n -7
    HINCRBY h n 9223372036854775807
    HINCRBY h n 9223372036854775807
    HSET h n -9223372036854775808
    HINCRBY h n -1
    HINCRBY h n 0
    HINCRBY h n 1.5
    HINCRBY h n abc
    HINCRBY h n ""
    HINCRBY h n 9223372036854775808
    HINCRBY h n " 1"
    HINCRBY h n 01
    HSET h t abc e "" s " 1" z 007 f 1.5 l 99999999999999999999
    HINCRBY h t 1
    HINCRBY h e 1
    HINCRBY h s 1
    HINCRBY h z 1
    HINCRBY h f 1
    HINCRBY h l 1
    HINCRBY h t abc
    HINCRBYFLOAT h t 1
    HINCRBYFLOAT h e 1
    HINCRBYFLOAT h s 1
    HINCRBYFLOAT h z 1
    HINCRBYFLOAT h f 0.1
    HINCRBYFLOAT h l 1
    HINCRBYFLOAT h t abc
    HINCRBYFLOAT h f nan
    HINCRBYFLOAT h f inf
    HINCRBYFLOAT h f -inf
    HINCRBYFLOAT h f 1e4932
    HINCRBYFLOAT h f 1e5000
    HINCRBYFLOAT h x 3.0e3
    HINCRBYFLOAT h x 0.1
    HINCRBYFLOAT h x -0
    HINCRBYFLOAT h y 0x10
    HINCRBY h y 1
    HINCRBYFLOAT h "" 1
    HINCRBY h
    HINCRBY h n
    HINCRBY h n 1 2
    HINCRBYFLOAT h n
    HINCRBYFLOAT h n 1 2
    HINCRBYFLOAT missing f abc
    HINCRBY missing f abc
    EXISTS missing
    OBJECT ENCODING h
    HGETALL h
  `,
  'HRANDFIELD and HSCAN: bad arguments': `
    HRANDFIELD missing
    HRANDFIELD missing 3
    HRANDFIELD missing -3 WITHVALUES
    HRANDFIELD missing abc
    HRANDFIELD missing 3 junk
    HRANDFIELD missing 3 WITHVALUES x
    HRANDFIELD
    HSET h a 1 b 2
    HRANDFIELD h 0
    HRANDFIELD h 0 WITHVALUES
    HRANDFIELD h 9223372036854775807
    HRANDFIELD h 9223372036854775807 WITHVALUES
    HRANDFIELD h 4611686018427387903 WITHVALUES
    HRANDFIELD h -4611686018427387905 WITHVALUES
    HRANDFIELD h -9223372036854775808
    HRANDFIELD h 9223372036854775808
    HRANDFIELD h abc WITHVALUES
    HRANDFIELD h 1 WITHSCORES
    HRANDFIELD h WITHVALUES
    HSCAN h
    HSCAN h 0
    HSCAN h 0 MATCH a
    HSCAN h 0 COUNT 1 MATCH *
    HSCAN h 0 COUNT 0
    HSCAN h 0 COUNT
    HSCAN h 0 COUNT x
    HSCAN h 0 MATCH
    HSCAN h 0 TYPE hash
    HSCAN h x
    HSCAN h x junk
    HSCAN h -1
    HSCAN h 18446744073709551616
    HSCAN missing 0
    HSCAN missing 0 COUNT x
    HSCAN missing x
    HSCAN missing 0 junk
    SET string v
    HSCAN string 0
    HSCAN string x
    HSCAN string 0 junk
  `,
  'COMMAND INFO of hashes': `
    COMMAND INFO hset hsetnx hget hmget hmset hgetall hkeys hvals hlen hstrlen
    COMMAND INFO hexists hdel hincrby hincrbyfloat hrandfield hscan
  `,
};
