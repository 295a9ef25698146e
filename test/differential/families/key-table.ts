/**
 * Hand-picked programs about keys that move, are looked at, and waited for, one request a line; `table.ts` tells how they are
 * written.
 */

const LONG = 'x'.repeat(300);

export const KEY_PROGRAMS: Readonly<Record<string, string>> = {
  'RENAME and RENAMENX': `
    RENAME missing other
    RENAME missing missing
    RENAMENX missing other
    RENAMENX missing missing
    SET a 1
    RENAME a b
    GET a
    GET b
    RENAME b b
    RENAMENX b b
    EXPIRE b 100000
    RENAME b c
    TTL c
    SET d 4
    RENAME d c
    TTL c
    GET c
    SET e 5 EX 100000
    RENAMENX c e
    GET c
    RENAMENX c f
    TTL f
    TTL e
    RENAME "" ""
    SET "" empty
    RENAME "" ${LONG}
    GET ${LONG}
    RENAME ${LONG} ""
    GET ""
    RENAME a
    RENAME a b c
    RENAMENX a
    KEYS *
  `,
  COPY: `
    COPY missing other
    SET a 1 EX 100000
    COPY a b
    GET b
    TTL b
    COPY a b
    SET c 3
    COPY c b
    COPY c b REPLACE
    GET b
    TTL b
    COPY a a
    COPY a a REPLACE
    COPY a a DB 0
    COPY a a DB 1
    COPY a a DB 1
    COPY c a DB 1 REPLACE
    COPY c a REPLACE DB 1
    COPY a b DB
    COPY a b DB 1 DB
    COPY a b DB x
    COPY a b DB -1
    COPY a b DB 16
    COPY a b DB 99999999999
    COPY a b DB 99999999999999999999
    COPY a b junk
    COPY a b REPLACE junk
    COPY a b DB 16 junk
    COPY missing a DB 99
    COPY a a DB 1 DB 0
    SELECT 1
    GET a
    TTL a
    DBSIZE
    COPY a
    COPY
  `,
  MOVE: `
    MOVE missing 1
    SET a 1 EX 100000
    MOVE a 1
    EXISTS a
    SET a 2
    MOVE a 1
    MOVE a 0
    MOVE a 16
    MOVE a -1
    MOVE a abc
    MOVE a 1.5
    MOVE a 99999999999
    MOVE a 9223372036854775808
    MOVE a
    MOVE a 1 2
    SELECT 1
    GET a
    TTL a
    MOVE a 0
    MOVE a 2
    DBSIZE
    SELECT 2
    TTL a
  `,
  SWAPDB: `
    SET a zero
    SET b zero EX 100000
    SELECT 1
    SET a one
    SWAPDB 0 1
    GET a
    TTL b
    DBSIZE
    SELECT 0
    GET a
    DBSIZE
    SWAPDB 0 0
    SWAPDB 0 15
    DBSIZE
    SWAPDB 15 0
    GET a
    SWAPDB a 1
    SWAPDB 0 b
    SWAPDB a b
    SWAPDB 16 b
    SWAPDB 16 0
    SWAPDB 0 16
    SWAPDB -1 0
    SWAPDB 99999999999 0
    SWAPDB 0 99999999999
    SWAPDB 0
    SWAPDB 0 1 2
  `,
  'UNLINK and TOUCH': `
    MSET a 1 b 2 c 3
    TOUCH a b missing a
    UNLINK a missing a
    EXISTS a b
    UNLINK b c
    DBSIZE
    TOUCH a
    TOUCH
    UNLINK
  `,
  RANDOMKEY: `
    RANDOMKEY
    SET only 1
    RANDOMKEY
    SELECT 1
    RANDOMKEY
    RANDOMKEY x
  `,
  OBJECT: `
    OBJECT ENCODING missing
    OBJECT REFCOUNT missing
    OBJECT IDLETIME missing
    OBJECT FREQ missing
    SET int 42
    SET negative -42
    SET large 9223372036854775807
    SET larger 9223372036854775808
    SET short ${'x'.repeat(44)}
    SET long ${'x'.repeat(45)}
    SET empty ""
    OBJECT ENCODING int
    OBJECT ENCODING negative
    OBJECT ENCODING large
    OBJECT ENCODING larger
    OBJECT ENCODING short
    OBJECT ENCODING long
    OBJECT ENCODING empty
    OBJECT REFCOUNT int
    OBJECT REFCOUNT negative
    OBJECT REFCOUNT long
    SET last 9999
    OBJECT REFCOUNT last
    INCR last
    OBJECT REFCOUNT last
    DECR last
    OBJECT REFCOUNT last
    APPEND int 1
    OBJECT ENCODING int
    RENAME int renamed
    OBJECT ENCODING renamed
    COPY renamed copied
    OBJECT ENCODING copied
    MOVE copied 1
    SELECT 1
    OBJECT ENCODING copied
    SELECT 0
    OBJECT IDLETIME long
    OBJECT FREQ long
    object encoding short
    OBJECT
    OBJECT junk
    OBJECT junk a
    OBJECT ENCODING
    OBJECT ENCODING a b
    OBJECT HELP
    OBJECT HELP x
  `,
  'OBJECT under an LFU policy': `
    CONFIG SET maxmemory-policy allkeys-lfu
    SET a text
    OBJECT FREQ a
    OBJECT FREQ a
    TOUCH a
    OBJECT FREQ a
    SET b text
    RENAME b c
    OBJECT FREQ c
    COPY c d
    OBJECT FREQ d
    OBJECT IDLETIME a
    OBJECT IDLETIME missing
    OBJECT FREQ missing
    SET a 1
    OBJECT REFCOUNT a
    CONFIG SET maxmemory 100mb
    SET a 1
    OBJECT REFCOUNT a
    CONFIG SET maxmemory-policy allkeys-lru
    SET a 1
    OBJECT REFCOUNT a
    CONFIG SET maxmemory-policy volatile-ttl
    SET a 1
    OBJECT REFCOUNT a
    CONFIG SET maxmemory 0
    CONFIG SET maxmemory-policy noeviction
    OBJECT FREQ a
  `,
  WAIT: `
    WAIT 0 0
    WAIT 0 10
    WAIT -1 10
    WAIT 1 10
    WAIT 1 1
    WAIT x 0
    WAIT x -1
    WAIT 0 x
    WAIT 0 1.5
    WAIT 0 -1
    WAIT 0 9223372036854775807
    WAIT 0 9223372036854775808
    WAIT 9223372036854775808 0
    WAIT -9223372036854775808 0
    WAIT 9223372036854775807 20
    WAIT 0
    WAIT 0 0 0
  `,
  'Deadlines at the ends of what a number can say': `
    SET k v
    PEXPIRE k -9223372036854775808
    EXISTS k
    SET k v
    EXPIRE k -9223372036854775
    EXISTS k
    SET k v
    EXPIRE k -9223372036854776
    EXPIRE k -9223372036854775808
    EXPIREAT k -9223372036854776
    PEXPIREAT k -9223372036854775809
    EXPIRE k 9223372036854775807
    EXPIREAT k 9223372036854776
    PEXPIRE k 9223372036854775807
    TTL k
    EXPIRE k -9007199254740993 GT
    EXISTS k
    EXPIRE k -9007199254740993 XX
    EXPIRE k -9007199254740993 LT
    EXISTS k
    SET k v
    PEXPIREAT k -9007199254740993
    EXISTS k
    SET k v
    PEXPIREAT k 9007199254740991
    PEXPIRETIME k
    EXPIRETIME k
  `,
  'COMMAND INFO of commands on keys': `
    COMMAND INFO del unlink exists touch type
    COMMAND INFO expire pexpire expireat pexpireat ttl pttl expiretime pexpiretime persist
    COMMAND INFO keys scan randomkey
    COMMAND INFO rename renamenx copy move swapdb
    COMMAND INFO wait object
    COMMAND INFO object|encoding object|freq object|idletime object|refcount object|help
    COMMAND DOCS unlink touch randomkey rename renamenx copy move swapdb wait
    COMMAND GETKEYS RENAME a b
    COMMAND GETKEYS COPY a b REPLACE
    COMMAND GETKEYS OBJECT ENCODING a
    COMMAND GETKEYSANDFLAGS COPY a b
    COMMAND GETKEYSANDFLAGS RENAMENX a b
    COMMAND GETKEYSANDFLAGS MOVE a 1
  `,
};
