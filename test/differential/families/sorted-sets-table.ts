/** Hand-picked programs about sorted sets, one request a line; `table.ts` tells how they are written. */

const scored = (count: number) => Array.from({ length: count }, (_, i) => `${i} m${i}`).join(' ');

/** Every pair of ends of a range of scores, in every command that takes one. */
function scoreRanges(): string {
  const lines = ['ZADD z -inf a -1.5 b 0 c 0 d 1 e 2 f inf g'];
  const ends = [
    '-inf',
    '(-inf',
    '-1.5',
    '(-1.5',
    '0',
    '(0',
    '1',
    '(1',
    '5',
    'inf',
    '(inf',
    '+inf',
    'x',
    '(',
    '',
  ];
  for (const min of ends.map((end) => end || '""')) {
    for (const max of ends.map((end) => end || '""')) {
      lines.push(
        `ZCOUNT z ${min} ${max}`,
        `ZRANGEBYSCORE z ${min} ${max} WITHSCORES`,
        `ZREVRANGEBYSCORE z ${max} ${min} LIMIT 1 2`,
        `ZRANGE z ${min} ${max} BYSCORE LIMIT 1 -1`,
        `ZRANGE z ${max} ${min} BYSCORE REV`,
      );
    }
  }
  return lines.join('\n');
}

/** Every pair of ends of a range of bytes. */
function lexRanges(): string {
  const lines = ['ZADD z 0 "" 0 a 0 aa 0 b 0 c 0 "\\xff" 0 1 0 10 0 2'];
  const ends = ['-', '+', '[', '(', '[a', '(a', '[aa', '(b', '[10', '(2', '[zz', 'a', '""', '-x'];
  for (const min of ends) {
    for (const max of ends) {
      lines.push(
        `ZLEXCOUNT z ${min} ${max}`,
        `ZRANGEBYLEX z ${min} ${max}`,
        `ZREVRANGEBYLEX z ${max} ${min} LIMIT 1 2`,
        `ZRANGE z ${min} ${max} BYLEX`,
      );
    }
  }
  return lines.join('\n');
}

export const SORTED_SET_PROGRAMS: Readonly<Record<string, string>> = {
  'ZADD: options': `
    ZADD z 1 a 2 b 3 c
    ZADD z 1 a 5 b 6 d
    ZADD z CH 1 a 7 b 8 e
    ZADD z NX 100 a 1 f
    ZADD z XX 200 a 1 g
    ZADD z XX CH 300 a 1 g
    ZADD z GT 1 a 400 b
    ZADD z LT CH 1 a 500 b 1 h
    ZADD z GT LT 1 a
    ZADD z NX GT 1 a
    ZADD z NX LT 1 a
    ZADD z NX XX 1 a
    ZADD z GT XX CH 1000 a 1 new
    ZADD z INCR 1 a
    ZADD z NX INCR 1 a
    ZADD z XX INCR 1 nobody
    ZADD z GT INCR -1 a
    ZADD z LT INCR 1 a
    ZADD z INCR 1 a 2 b
    ZADD z INCR nan a
    ZADD z 1 a x b
    ZADD z nan a
    ZADD z abc a
    ZADD z "" a
    ZADD z 1 a 2
    ZADD z 1
    ZADD z
    ZADD z NX
    ZADD z NX 1
    ZADD z junk 1 a
    ZADD z 1 NX
    ZADD missing XX 1 a
    ZADD missing XX INCR 1 a
    EXISTS missing
    ZADD missing x a
    ZADD z inf a
    ZADD z INCR -inf a
    ZINCRBY z -inf a
    ZINCRBY z 1 a
    ZINCRBY z abc a
    ZINCRBY new 1.5 a
    ZRANGE z 0 -1 WITHSCORES
    HELLO 3
    ZADD z INCR 1 b
    ZADD z NX INCR 1 b
    ZINCRBY z 0.1 b
    ZSCORE z b
    ZMSCORE z a missing b
    ZRANGE z 0 -1 WITHSCORES
    ZPOPMIN z
    ZPOPMIN z 2
  `,
  'scores as text': `
    ZADD z 0.1 a 3 b -0 c 1e21 d 1e17 e 123456789012345678 f 5e-324 g 1.7976931348623157e308 h 0x1f i .5 j 5. k
    ZADD z 3.0000000000000004 l 1e-5 m 1.5e300 n 9007199254740993 o inf p -inf q 0.30000000000000004 r 1e22 s 100000 t
    ZRANGE z 0 -1 WITHSCORES
    ZMSCORE z a b c d e f g h i j k l m n o p q r s t
    HELLO 3
    ZRANGE z 0 -1 WITHSCORES
    ZMSCORE z a b c d e f g h i j k l m n o p q r s t
    ZINCRBY z 1e-17 a
    ZINCRBY z 0.2 a
  `,
  'ranges of scores': scoreRanges(),
  'ranges of bytes': lexRanges(),
  'ranks, ranges of ranks, and what removes them': `
    ZADD z 1 a 2 b 2 c 3 d 4 e
    ZRANK z c
    ZREVRANK z c
    ZRANK z missing
    ZRANK missing a
    ZRANK z c WITHSCORE
    ZRANGE z 0 -1
    ZRANGE z 0 -1 REV WITHSCORES
    ZRANGE z -2 -1
    ZRANGE z 3 1
    ZRANGE z 0 9223372036854775807
    ZRANGE z x 1
    ZRANGE z 0 -1 LIMIT 0 1
    ZRANGE z 0 -1 BYLEX
    ZRANGE z 0 -1 BYSCORE BYLEX
    ZRANGE z - + BYLEX WITHSCORES
    ZRANGE z 0 -1 junk
    ZRANGE z 0 5 BYSCORE LIMIT 0
    ZRANGE z 0 5 BYSCORE LIMIT -1 2
    ZRANGE z 0 5 BYSCORE LIMIT x 2
    ZREVRANGE z 0 1 WITHSCORES
    ZREVRANGE z 0 1 REV
    ZRANGEBYSCORE z 0 5 REV
    ZRANGESTORE d z 0 2
    ZRANGESTORE d z 0 2 WITHSCORES
    ZRANGESTORE d z 3 0 BYSCORE REV LIMIT 0 2
    ZRANGE d 0 -1 WITHSCORES
    ZRANGESTORE d missing 0 -1
    EXISTS d
    ZRANGESTORE z z 1 3
    ZREMRANGEBYRANK z 0 0
    ZREMRANGEBYRANK z x 0
    ZREMRANGEBYSCORE z (2 3
    ZREMRANGEBYSCORE z x 3
    ZREMRANGEBYLEX z [c [c
    ZREMRANGEBYLEX z c c
    EXISTS z
    ZREMRANGEBYRANK missing 0 -1
    ZREM missing a
  `,
  'pops, at once and blocking': `
    ZADD z 1 a 2 b 3 c 4 d 5 e
    ZPOPMIN z
    ZPOPMAX z 2
    ZPOPMIN z 0
    ZPOPMIN z -1
    ZPOPMIN z abc
    ZPOPMIN missing
    ZPOPMIN missing -1
    ZPOPMIN z 1 2
    ZMPOP 2 missing z MIN COUNT 1
    ZMPOP 1 z MID
    ZMPOP 1 z MIN COUNT 0
    ZMPOP 0 z MIN
    ZMPOP 1 missing MAX
    BZPOPMIN missing z 0
    BZPOPMAX missing 0.01
    BZMPOP 0.01 1 missing MIN
    BZMPOP 0 1 missing MID
    BZPOPMIN z abc
    BZPOPMIN z -1
    EXISTS z
    ZADD z 1 a 2 b
    BZMPOP 0 2 missing z MAX COUNT 5
    EXISTS z
  `,
  'unions, intersections, differences': `
    ZADD a 1 x 2 y 3 z
    ZADD b 10 y 20 z 30 w
    SADD s x y 7
    ZUNION 2 a b WITHSCORES
    ZUNION 3 a b s WITHSCORES
    ZUNION 2 a b WEIGHTS 2 0.5 AGGREGATE MAX WITHSCORES
    ZUNION 2 a b WEIGHTS 2
    ZUNION 2 a b WEIGHTS x 1
    ZUNION 2 a b AGGREGATE AVG
    ZUNION 0 a
    ZUNION x a
    ZUNION 3 a b
    ZINTER 2 a b WITHSCORES
    ZINTER 2 a s WEIGHTS inf 0 WITHSCORES
    ZINTER 2 a b AGGREGATE MIN WITHSCORES
    ZINTER 2 a missing
    ZDIFF 2 a b WITHSCORES
    ZDIFF 2 a s
    ZDIFF 2 a b WEIGHTS 1 2
    ZINTERCARD 2 a b
    ZINTERCARD 2 a b LIMIT 1
    ZINTERCARD 2 a b LIMIT -1
    ZINTERCARD 2 a b WITHSCORES
    ZUNIONSTORE d 2 a b
    ZUNIONSTORE d 2 a b WITHSCORES
    ZINTERSTORE d 2 a b WEIGHTS 2 3
    ZDIFFSTORE d 2 a missing
    ZRANGE d 0 -1 WITHSCORES
    ZDIFFSTORE d 1 missing
    EXISTS d
    ZADD i inf x
    ZADD j -inf x
    ZUNION 2 i j WITHSCORES
    ZUNION 1 i WEIGHTS 0 WITHSCORES
    SET string v
    ZUNION 2 a string
    ZINTER 2 missing string
    ZUNIONSTORE string 1 a
    TYPE string
    OBJECT ENCODING string
  `,
  'thresholds of 128 members and 64 bytes, from which there is no way back': `
    ZADD z ${scored(128)}
    OBJECT ENCODING z
    ZADD z 5 m0
    OBJECT ENCODING z
    ZADD z 200 more
    OBJECT ENCODING z
    ZREMRANGEBYRANK z 5 -1
    OBJECT ENCODING z
    ZUNIONSTORE d 1 z
    OBJECT ENCODING d
    ZRANGESTORE e z 0 -1
    OBJECT ENCODING e
    ZADD v 1 ${'x'.repeat(64)}
    OBJECT ENCODING v
    ZADD v 1 ${'x'.repeat(65)}
    OBJECT ENCODING v
    ZADD first 1 ${'x'.repeat(65)}
    OBJECT ENCODING first
    ZADD bulk ${scored(129)}
    OBJECT ENCODING bulk
    ZRANDMEMBER bulk 5
    ZRANDMEMBER bulk -5 WITHSCORES
    ZRANDMEMBER bulk 4611686018427387904 WITHSCORES
    ZRANDMEMBER bulk -9223372036854775808
    ZSCAN bulk 0 COUNT 10
    ZSCAN z 0 MATCH m*
    ZSCAN z x
  `,
  'COMMAND INFO of sorted sets': `
    COMMAND INFO zadd zincrby zrem zscore zmscore zcard zcount zlexcount zrange zrangestore
    COMMAND INFO zrangebyscore zrevrangebyscore zrangebylex zrevrangebylex zrevrange zremrangebyrank zremrangebyscore
    COMMAND INFO zremrangebylex zpopmin zpopmax bzpopmin bzpopmax zmpop bzmpop zunion zinter zdiff zunionstore zinterstore
    COMMAND INFO zdiffstore zintercard zrandmember zscan
    COMMAND GETKEYS ZUNIONSTORE d 2 a b WEIGHTS 1 2
    COMMAND GETKEYS ZINTER 2 a b
  `,
};
