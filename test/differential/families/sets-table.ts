/** Hand-picked programs about sets, one request a line; `table.ts` tells how they are written. */

const integers = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i).join(' ');

export const SET_PROGRAMS: Readonly<Record<string, string>> = {
  'SADD, SREM, and who is a member': `
    SADD s a b a
    SADD s a
    SADD s
    SADD s "" "\\x00\\r\\n" 1 01 1.0
    SCARD s
    SCARD missing
    SISMEMBER s a
    SISMEMBER s 01
    SISMEMBER s missing
    SISMEMBER missing a
    SMISMEMBER s a missing "" 1 a
    SMISMEMBER missing a b
    SMISMEMBER s
    SMEMBERS s
    SMEMBERS missing
    SREM s a a missing
    SREM missing a
    SREM s
    SREM s b "" "\\x00\\r\\n" 1 01 1.0
    EXISTS s
    TYPE s
  `,
  'sets of integers: order, widths, and the threshold of 512': `
    SADD s 5 3 1 4 -2 3
    OBJECT ENCODING s
    SMEMBERS s
    SADD s 32767 32768 -32768 -32769 2147483647 2147483648
    OBJECT ENCODING s
    SMEMBERS s
    SADD s 9223372036854775807 -9223372036854775808
    OBJECT ENCODING s
    SMEMBERS s
    SISMEMBER s 9223372036854775807
    SISMEMBER s 9223372036854775806
    SREM s 9223372036854775807
    SADD s 9223372036854775808
    OBJECT ENCODING s
    SREM s 9223372036854775808
    OBJECT ENCODING s
    SADD t 1 2
    SADD t 01
    OBJECT ENCODING t
    SADD u 1
    SADD u -0
    OBJECT ENCODING u
    SADD w 1
    SISMEMBER w abc
    SREM w abc
    OBJECT ENCODING w
    SADD big ${integers(512)}
    OBJECT ENCODING big
    SMEMBERS big
    SADD big 0
    OBJECT ENCODING big
    SADD big 512
    OBJECT ENCODING big
    SREM big ${integers(500)}
    OBJECT ENCODING big
    SADD bulk ${integers(513)}
    OBJECT ENCODING bulk
    COPY bulk copied
    OBJECT ENCODING copied
    SUNIONSTORE again big
    OBJECT ENCODING again
    SMEMBERS again
    SADD mixed 1 2 3 x
    SREM mixed x
    OBJECT ENCODING mixed
    SINTERSTORE fresh mixed
    OBJECT ENCODING fresh
    SDIFFSTORE fresh mixed missing
    OBJECT ENCODING fresh
    SPOP mixed 100
    EXISTS mixed
    CONFIG SET set-max-intset-entries 2
    SADD few 1 2
    OBJECT ENCODING few
    SADD few 3
    OBJECT ENCODING few
    CONFIG SET set-max-intset-entries 512
  `,
  'SPOP and SRANDMEMBER: bad arguments, and all of it': `
    SPOP missing
    SPOP missing 0
    SPOP missing 5
    SPOP missing -1
    SPOP missing abc
    SRANDMEMBER missing
    SRANDMEMBER missing 5
    SRANDMEMBER missing -5
    SRANDMEMBER missing abc
    SADD s only
    SRANDMEMBER s
    SRANDMEMBER s 0
    SRANDMEMBER s 5
    SRANDMEMBER s -5
    SRANDMEMBER s abc
    SRANDMEMBER s 1.5
    SRANDMEMBER s -9223372036854775808
    SRANDMEMBER s 9223372036854775808
    SRANDMEMBER s 9223372036854775807
    SRANDMEMBER s 1 2
    SPOP s 0
    SPOP s -1
    SPOP s -9223372036854775808
    SPOP s 9223372036854775808
    SPOP s abc
    SPOP s 1 2
    SPOP s
    EXISTS s
    SADD s 1 2 3 4 5 6 7 8 9 10
    SPOP s 3
    SPOP s
    SCARD s
    SRANDMEMBER s 4
    SRANDMEMBER s -20
    SRANDMEMBER s
    SPOP s 9223372036854775807
    EXISTS s
  `,
  SMOVE: `
    SMOVE missing other a
    SADD s a b 1
    SADD t 1 2
    SMOVE s t a
    OBJECT ENCODING t
    SMOVE s t missing
    SMOVE s s b
    SMOVE s s missing
    SMOVE s t 1
    SMOVE s new b
    EXISTS s
    SMEMBERS new
    SET string v
    SMOVE new string b
    SMOVE new string missing
    SMOVE string new b
    SMOVE missing string b
    SMOVE string string b
    SMOVE new t
    SMEMBERS new
  `,
  'unions, intersections, differences': `
    SADD a 1 2 3 4
    SADD b 3 4 5
    SADD c 4 x
    SINTER a b
    SINTER a b c
    SINTER a missing
    SINTER missing a
    SINTER a
    SUNION a b
    SUNION a missing
    SUNION a b c
    SDIFF a b
    SDIFF a b c
    SDIFF b a missing
    SDIFF missing a
    SDIFF a a
    SINTERSTORE d a b
    SMEMBERS d
    OBJECT ENCODING d
    SINTERSTORE d a missing
    EXISTS d
    SUNIONSTORE d a b c
    OBJECT ENCODING d
    SDIFFSTORE d d c
    OBJECT ENCODING d
    OBJECT ENCODING d
    SMEMBERS d
    SDIFFSTORE d missing
    EXISTS d
    SET d string EX 100000
    SUNIONSTORE d a
    TTL d
    TYPE d
    SET d string
    SINTERSTORE d missing
    EXISTS d
    SET string v
    SINTER a string
    SINTER missing string
    SINTER string missing
    SUNION missing string
    SDIFF missing string
    SDIFF string
    SINTERSTORE string a b
    TYPE string
    SET string v
    SINTERSTORE d string
    SUNIONSTORE d a string
    SDIFFSTORE d a string
    SINTERCARD 2 a b
    SINTERCARD 2 a b LIMIT 1
    SINTERCARD 2 a b LIMIT 0
    SINTERCARD 1 a limit 2
    SINTERCARD 2 a missing
    SINTERCARD 2 missing string
    SINTERCARD 0 a
    SINTERCARD -1 a
    SINTERCARD abc a
    SINTERCARD 3 a b
    SINTERCARD 1 a b
    SINTERCARD 2 a b LIMIT
    SINTERCARD 2 a b LIMIT -1
    SINTERCARD 2 a b LIMIT abc
    SINTERCARD 2 a b LIMIT 1 LIMIT 2
    SINTERCARD 2 a b junk 1
    SINTERCARD 1
    SINTER
    SUNIONSTORE d
    SINTERSTORE
  `,
  'SSCAN: arguments': `
    SADD s 3 1 2
    SSCAN s 0
    SSCAN s 0 MATCH [12]
    SSCAN s 0 COUNT 1
    SSCAN s 0 COUNT 0
    SSCAN s 0 junk
    SSCAN s x
    SSCAN s
    SSCAN missing 0
    SSCAN missing x
    SET string v
    SSCAN string 0
    SSCAN string x
  `,
  'COMMAND INFO of sets': `
    COMMAND INFO sadd srem sismember smismember smembers scard spop srandmember smove
    COMMAND INFO sinter sintercard sinterstore sunion sunionstore sdiff sdiffstore sscan
    COMMAND GETKEYS SINTERCARD 2 a b LIMIT 1
    COMMAND GETKEYS SUNIONSTORE d a b
    COMMAND GETKEYSANDFLAGS SMOVE a b m
  `,
};
