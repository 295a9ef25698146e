/**
 * Hand-picked programs about values, keys and deadlines, one request a line; `table.ts` tells how they are written.
 */

const LONG = 'x'.repeat(300);

export const DATA_PROGRAMS: Readonly<Record<string, string>> = {
  'SET and GET': `
    GET missing
    SET k v
    GET k
    SET "" empty-key
    GET ""
    SET k ""
    GET k
    SET "\\x00\\xff\\r\\n" "\\x00\\r\\n\\xfe"
    GET "\\x00\\xff\\r\\n"
    SET k
    SET
    GET
    GET a b
    get k
    gEt k
  `,
  'SET: every option alone': `
    SET k v NX
    SET k w NX
    GET k
    SET k x XX
    SET missing x XX
    GET missing
    SET k y GET
    SET missing y GET
    GET missing
    DEL missing
    SET k z EX 100000
    TTL k
    SET k z KEEPTTL
    TTL k
    SET k z
    TTL k
    SET k z PX 100000000
    TTL k
    SET k z EXAT 4000000000
    EXPIRETIME k
    PEXPIRETIME k
    SET k z PXAT 4000000000123
    PEXPIRETIME k
    EXPIRETIME k
    SET k z nx get
    SET new z nx get
    SET k z xx get
    SET none z xx get
    EXISTS none
  `,
  'SET: conflicts and bad options': `
    SET k v NX XX
    SET k v XX NX
    SET k v EX
    SET k v EX 10 PX 10
    SET k v EX 10 EX 10
    SET k v KEEPTTL EX 10
    SET k v EX 10 KEEPTTL
    SET k v KEEPTTL KEEPTTL
    SET k v NX NX
    SET k v GET GET
    SET k v PERSIST
    SET k v foo
    SET k v EX 0
    SET k v EX -1
    SET k v EX abc
    SET k v EX 1.5
    SET k v EX 9223372036854775807
    SET k v EX 9223372036854776
    SET k v EX 99999999999999999999
    SET k v PX 0
    SET k v PX 9223372036854775807
    SET k v EXAT 0
    SET k v EXAT -1
    SET k v EXAT 9223372036854775807
    SET k v PXAT 0
    SET k v PXAT abc
    SET k v NX EX 0 GET
    SET k v EX NX
    EXISTS k
  `,
  'SET with a deadline in the past': `
    SET k v EXAT 1
    GET k
    EXISTS k
    SET k v PXAT 1
    TTL k
    SET k v
    SET k w GET PXAT 1
    GET k
    KEYS *
  `,
  'SETEX and PSETEX': `
    SETEX k 100000 v
    TTL k
    GET k
    SETEX k 0 v
    SETEX k -1 v
    SETEX k abc v
    SETEX k v 10
    SETEX k 9223372036854775807 v
    SETEX k 10
    SETEX k 10 v x
    PSETEX k 100000000 v
    PTTL k
    PSETEX k 0 v
    PSETEX k -5 v
    PSETEX k 9223372036854775807 v
    PSETEX k abc v
    PSETEX k
  `,
  'EXPIRE and its conditions': `
    EXPIRE missing 100
    SET k v
    EXPIRE k 100000
    TTL k
    EXPIRE k 200000 NX
    EXPIRE k 200000 XX
    EXPIRE k 100000 GT
    EXPIRE k 300000 GT
    EXPIRE k 400000 LT
    EXPIRE k 100000 LT
    PERSIST k
    PERSIST k
    EXPIRE k 100000 GT
    EXPIRE k 100000 XX
    EXPIRE k 100000 LT
    PERSIST k
    EXPIRE k 100000 NX
    EXPIRE k 100 NX XX
    EXPIRE k 100 NX GT
    EXPIRE k 100 NX LT
    EXPIRE k 100 GT LT
    EXPIRE k 200000 XX GT
    EXPIRE k 100000 XX LT
    EXPIRE k 100 FOO
    EXPIRE k 100 NX FOO
    EXPIRE k abc
    EXPIRE k 1.5
    EXPIRE k 9223372036854775807
    EXPIRE k -9223372036854775808
    EXPIRE k 9223372036854775
    EXPIRE k 99999999999999999999
    EXPIRE k
    EXPIRE
    TTL missing
    PTTL missing
    EXPIRETIME missing
    PEXPIRETIME missing
    EXPIRE k 0
    EXISTS k
    SET k v
    EXPIRE k -1
    EXISTS k
    SET k v
    PEXPIRE k 100000000
    PTTL k
    PEXPIRE k 9223372036854775807
    PEXPIRE k -1
    GET k
    SET k v
    EXPIREAT k 1
    GET k
    SET k v
    PEXPIREAT k 4000000000123
    PEXPIRETIME k
    EXPIRETIME k
    PEXPIREAT k 4000000000500
    EXPIRETIME k
    EXPIREAT k 9223372036854775807
    PEXPIREAT k 9007199254740991
    PEXPIRETIME k
    PERSIST k
    TTL k
    PEXPIREAT k 5000000000000 LT
    PEXPIREAT k 5000000000000 GT
    PEXPIREAT k 5000000000001 GT
    PEXPIREAT k 5000000000001 LT
    PEXPIREAT k 5 GT
    PEXPIREAT k 5 LT
    EXISTS k
    PERSIST missing
    PERSIST
    TTL
    TTL a b
  `,
  counters: `
    INCR n
    INCR n
    DECR n
    INCRBY n 10
    DECRBY n 3
    GET n
    TYPE n
    SET n 9223372036854775807
    INCR n
    DECR n
    INCRBY n 2
    SET n -9223372036854775808
    DECR n
    INCR n
    DECRBY n 2
    DECRBY n -9223372036854775808
    INCRBY n -9223372036854775808
    INCRBY n 9223372036854775808
    INCRBY n abc
    INCRBY n 1.0
    INCRBY n ""
    INCRBY n " 1"
    SET n 0
    DECRBY n -9223372036854775808
    INCRBY n 9223372036854775807
    SET s abc
    INCR s
    SET s ""
    INCR s
    SET s " 1"
    INCR s
    SET s "1 "
    INCR s
    SET s 01
    INCR s
    SET s +1
    INCR s
    SET s -0
    INCR s
    SET s 1.0
    INCR s
    SET s 9223372036854775808
    INCR s
    SET s "1\\x00"
    INCR s
    SET t 5 EX 100000
    INCR t
    TTL t
    INCR
    INCR a b
    INCRBY n
    DECRBY n 1 2
    SET big 9007199254740993
    INCR big
    INCRBY big 2
    DECRBY big 9007199254740993
  `,
  'APPEND and STRLEN': `
    STRLEN missing
    APPEND a x
    APPEND a yz
    APPEND a ""
    GET a
    STRLEN a
    APPEND empty ""
    EXISTS empty
    STRLEN empty
    APPEND a "\\x00\\x01"
    GET a
    STRLEN a
    SET n 5
    APPEND n 0
    INCR n
    SET t v EX 100000
    APPEND t w
    TTL t
    APPEND
    APPEND a
    APPEND a b c
    STRLEN
    STRLEN a b
    APPEND long ${LONG}
    APPEND long ${LONG}
    STRLEN long
  `,
  'MGET, MSET, DEL, EXISTS': `
    MSET a 1 b 2 c 3
    MGET a b c missing a
    MSET a 1 b
    MSET a
    MSET
    MSET a x a y
    GET a
    MGET
    EXISTS a b c missing
    EXISTS a a a
    EXISTS
    DEL a a b
    DEL a b
    DEL
    DBSIZE
    SET t v EX 100000
    MSET t w
    TTL t
  `,
  'TYPE, KEYS, DBSIZE': `
    TYPE missing
    SET a 1
    TYPE a
    TYPE
    TYPE a b
    MSET one 1 two 2 three 3 four 4 h*llo 5 hello 6 "a b" 7
    KEYS *
    KEYS t*
    KEYS ?n?
    KEYS [ot]*
    KEYS [^ot]*
    KEYS [a-f]*
    KEYS [f-a]*
    KEYS h\\\\*llo
    KEYS h*llo
    KEYS *o*
    KEYS [
    KEYS [a
    KEYS [^
    KEYS \\\\
    KEYS ""
    KEYS a
    KEYS a\\\\
    KEYS **
    KEYS
    KEYS a b
    DBSIZE
    DBSIZE x
    FLUSHDB
    DBSIZE
    KEYS *
  `,
  SCAN: `
    SCAN 0
    MSET a 1 b 2 c 3 key:1 4 key:2 5
    SCAN 0
    SCAN 0 COUNT 1
    SCAN 0 MATCH key:*
    SCAN 0 MATCH key:* COUNT 1
    SCAN 0 TYPE string
    SCAN 0 TYPE list
    SCAN 0 TYPE STRING
    SCAN 0 TYPE nosuchtype
    SCAN 0 COUNT 0
    SCAN 0 COUNT -1
    SCAN 0 COUNT abc
    SCAN 0 COUNT
    SCAN 0 MATCH
    SCAN 0 FOO
    SCAN 0 FOO bar
    SCAN 0 COUNT 10 COUNT 5
    SCAN 0 MATCH a MATCH b
    SCAN abc
    SCAN -1
    SCAN 1.5
    SCAN ""
    SCAN 99999999999999999999
    SCAN
    SCAN 0 count 5 match a
    SET t v PX 100000000
    SCAN 0 MATCH t
  `,
};
