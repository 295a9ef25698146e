/**
 * Hand-picked programs about databases, connections and the server itself, one request a line; `table.ts` tells how they
 * are written.
 */

const LONG = 'x'.repeat(300);

export const SERVER_PROGRAMS: Readonly<Record<string, string>> = {
  databases: `
    SET k zero
    SELECT 1
    GET k
    SET k one
    DBSIZE
    SELECT 0
    GET k
    SELECT 15
    SELECT 16
    SELECT -1
    SELECT abc
    SELECT 1.0
    SELECT 99999999999999999999
    SELECT
    SELECT 1 2
    DBSIZE
    SELECT 1
    FLUSHDB
    DBSIZE
    SELECT 0
    GET k
    FLUSHALL
    DBSIZE
    FLUSHALL ASYNC
    FLUSHALL SYNC
    FLUSHALL FOO
    FLUSHALL SYNC ASYNC
    FLUSHDB ASYNC
    FLUSHDB SYNC
    FLUSHDB FOO
    FLUSHDB SYNC x
  `,
  'PING, ECHO, TIME': `
    PING
    PING hello
    PING ""
    PING a b
    ping
    ECHO hello
    ECHO ""
    ECHO "\\x00\\xff"
    ECHO
    ECHO a b
    TIME
    TIME x
    LASTSAVE
    LASTSAVE x
  `,
  HELLO: `
    HELLO
    HELLO 2
    PING
    GET missing
    MGET missing
    HELLO 3
    GET missing
    MGET missing
    HELLO
    CONFIG GET maxmemory
    HELLO 2
    CONFIG GET maxmemory
    HELLO 1
    HELLO 4
    HELLO abc
    HELLO ""
    HELLO 3 SETNAME me
    CLIENT GETNAME
    HELLO 3 SETNAME "a b"
    HELLO 3 SETNAME
    HELLO 3 FOO
    HELLO 3 AUTH
    HELLO 3 AUTH default
    HELLO 3 AUTH default wrong
    HELLO 3 AUTH nobody wrong
    HELLO 2 AUTH default "" SETNAME x
    HELLO 99999999999999999999
  `,
  CLIENT: `
    CLIENT
    CLIENT ID
    CLIENT ID x
    CLIENT GETNAME
    CLIENT SETNAME bob
    CLIENT GETNAME
    CLIENT SETNAME ""
    CLIENT GETNAME
    CLIENT SETNAME "a b"
    CLIENT SETNAME "a\\nb"
    CLIENT SETNAME
    CLIENT SETNAME a b
    CLIENT GETNAME x
    CLIENT FOO
    CLIENT FOO bar
    CLIENT INFO
    CLIENT INFO x
    CLIENT LIST
    CLIENT LIST ID 999999
    CLIENT LIST ID abc
    CLIENT LIST ID
    CLIENT LIST TYPE normal
    CLIENT LIST TYPE foo
    CLIENT LIST TYPE
    CLIENT LIST FOO
    CLIENT LIST FOO bar
    CLIENT KILL
    CLIENT KILL 1.2.3.4:5
    CLIENT KILL ID 999999
    CLIENT KILL ID abc
    CLIENT KILL ID 0
    CLIENT KILL ID
    CLIENT KILL ADDR 1.2.3.4:5
    CLIENT KILL LADDR 1.2.3.4:5
    CLIENT KILL USER nobody
    CLIENT KILL TYPE foo
    CLIENT KILL TYPE pubsub
    CLIENT KILL SKIPME maybe
    CLIENT KILL FOO bar
    CLIENT KILL ADDR 1.2.3.4:5 SKIPME yes
    CLIENT KILL ADDR 1.2.3.4:5 ID
    CLIENT SETINFO lib-name x
  `,
  CONFIG: `
    CONFIG
    CONFIG FOO
    CONFIG GET
    CONFIG GET nosuch
    CONFIG GET maxmemory
    CONFIG GET MAXMEMORY
    CONFIG GET maxmemory maxmemory
    CONFIG GET appendonly
    CONFIG GET appendfsync
    CONFIG GET databases
    CONFIG GET save
    CONFIG GET timeout
    CONFIG GET tcp-keepalive
    CONFIG GET proto-max-bulk-len
    CONFIG GET maxclients
    CONFIG GET hz
    CONFIG GET requirepass
    CONFIG GET maxmemory-policy
    CONFIG GET appendfsy*
    CONFIG GET maxmemory timeout
    CONFIG GET no-such-*
    CONFIG SET
    CONFIG SET maxmemory
    CONFIG SET maxmemory 1 timeout
    CONFIG SET nosuch 1
    CONFIG SET maxmemory abc
    CONFIG SET maxmemory -1
    CONFIG SET maxmemory 100zb
    CONFIG SET maxmemory 1gb
    CONFIG GET maxmemory
    CONFIG SET maxmemory 0
    CONFIG SET timeout abc
    CONFIG SET timeout -1
    CONFIG SET timeout 3000
    CONFIG GET timeout
    CONFIG SET timeout 0
    CONFIG SET appendfsync foo
    CONFIG SET appendfsync everysec
    CONFIG GET appendfsync
    CONFIG SET appendfsync always
    CONFIG GET appendfsync
    CONFIG SET appendfsync everysec
    CONFIG SET save abc
    CONFIG SET save "1"
    CONFIG SET save "0 1"
    CONFIG SET save "900 1"
    CONFIG GET save
    CONFIG SET save "3600 1 300 100"
    CONFIG GET save
    CONFIG SET save ""
    CONFIG GET save
    CONFIG SET databases 5
    CONFIG SET port abc
    CONFIG SET maxmemory 1mb maxmemory 2mb
    CONFIG SET timeout 5 nosuch 1
    CONFIG GET timeout
    CONFIG SET tcp-keepalive 300 timeout 0
    CONFIG SET maxmemory-policy foo
    CONFIG SET proto-max-bulk-len 1
    CONFIG SET hz 10
    CONFIG SET hz abc
  `,
  COMMAND: `
    COMMAND COUNT
    COMMAND COUNT x
    COMMAND INFO get
    COMMAND INFO GET
    COMMAND INFO set get nosuch
    COMMAND INFO nosuch
    COMMAND INFO del exists mget mset incr append strlen type keys scan
    COMMAND INFO expire pexpireat ttl pttl expiretime pexpiretime persist setex psetex
    COMMAND INFO ping echo hello select quit dbsize flushdb flushall
    COMMAND INFO incrby decrby decr save bgsave lastsave shutdown time info
    COMMAND DOCS get
    COMMAND DOCS get nosuch set
    COMMAND DOCS nosuch
    COMMAND LIST
    COMMAND LIST FILTERBY PATTERN nosuch*
    COMMAND LIST FILTERBY FOO x
    COMMAND LIST FILTERBY
    COMMAND LIST FILTERBY PATTERN
    COMMAND LIST FOO
    COMMAND FOO
  `,
  'unknown commands': `
    NOSUCH
    nosuch a b c
    NoSuch "a b" "" "it's" "\\x00\\r\\n"
    "" a
    "GET\\x00" a
    "a\\r\\nb" c
    ${LONG} a
    nosuch ${LONG} ${LONG}
    nosuch 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38
  `,
  'INFO and saving': `
    INFO
    INFO server
    INFO nosuch
    INFO server clients
    INFO everything
    INFO all
    INFO default
    SET a 1
    SAVE
    SAVE x
    BGSAVE FOO
    BGSAVE SCHEDULE x
    LASTSAVE
    SHUTDOWN FOO
    SHUTDOWN SAVE NOSAVE
    SHUTDOWN ABORT
    SHUTDOWN ABORT NOW
  `,
};
