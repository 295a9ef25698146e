/**
 * Hand-picked programs about what users may do: `table.ts` tells how they are written. Each leaves the servers with the default
 * user alone. Descriptions of commands are compared by acl.test.ts.
 */

export const ACL_PROGRAMS: Readonly<Record<string, string>> = {
  'rules that are wrong': `
    ACL SETUSER eve on +foo
    ACL SETUSER eve -foo
    ACL SETUSER eve +
    ACL SETUSER eve +@
    ACL SETUSER eve +@foo
    ACL SETUSER eve -@foo
    ACL SETUSER eve +config|foo
    ACL SETUSER eve -config|foo
    ACL SETUSER eve -select|0
    ACL SETUSER eve +config|get|x
    ACL SETUSER eve +get|
    ACL SETUSER eve +config|
    ACL SETUSER eve +foo|bar
    ACL SETUSER eve xx
    ACL SETUSER eve on xx yy
    ACL SETUSER eve <p
    ACL SETUSER eve !abc
    ACL SETUSER eve #abc
    ACL SETUSER eve #ABCDEF2EFA8D9D2D8D0F3C9E5C1B8B5E3C7A9D2E4F6A8B0C1D3E5F7A9B1C3D5E
    ACL SETUSER eve %
    ACL SETUSER eve %~a
    ACL SETUSER eve %X~a
    ACL SETUSER eve %RR~a
    ACL SETUSER eve %RWR~a
    ACL SETUSER eve "~a b"
    ACL SETUSER eve "~a\\tb"
    ACL SETUSER eve "&a b"
    ACL SETUSER eve ~* ~a
    ACL SETUSER eve allkeys %R~a
    ACL SETUSER eve &* &a
    ACL SETUSER eve (on)
    ACL SETUSER eve (>x)
    ACL SETUSER eve ((~a))
    ACL SETUSER eve (~a
    ACL SETUSER eve ~a (~a +get ~b
    ACL SETUSER eve )
    ACL SETUSER eve "(~a \\"\\")"
    ACL SETUSER eve "(~'x y')"
    ACL SETUSER eve "(~* ~a)"
    ACL SETUSER eve "a\\r\\nb"
    ACL SETUSER eve constructor
    ACL GETUSER eve
  `,
  'rules that are right': `
    ACL SETUSER eve
    ACL GETUSER eve
    ACL SETUSER eve ON >x >y >x nopass
    ACL GETUSER eve
    ACL SETUSER eve >x >y <x ~a %R~b %w~b %r~c ~ %R & &b &b Sanitize-Payload
    ACL GETUSER eve
    ACL SETUSER eve "" off RESETPASS resetkeys resetchannels skip-sanitize-payload +get +client|id +select|0 +select|1 +set|X +set|x
    ACL SETUSER eve -get -client|id -select -set ~* &*
    ACL GETUSER eve
    ACL SETUSER eve "(~a +get -get)" ( ~b &c ) () "(~\\"a\\\\x41\\" %R~z)" "(~a\\"b)"
    ACL GETUSER eve
    ACL SETUSER eve ClearSelectors
    ACL GETUSER eve
    ACL SETUSER eve reset
    ACL GETUSER eve
    ACL SETUSER eve +@ALL -@all ALLCOMMANDS NoCommands allkeys AllChannels
    ACL GETUSER eve
    ACL LIST
    ACL DELUSER eve
  `,
  'what users may not do': `
    RPUSH b:list 1 2
    ACL SETUSER eve on nopass ~a* %R~b* %W~c* +@all -@dangerous -client|getname +select|0 -select
    ACL SETUSER adam on nopass +select|0 +get|a +GET|B ~*
    AUTH eve x
    GET a
    GET b
    GET c
    GET d
    SET a 1
    SET b 1
    SET c 1
    SET c 1 GET
    SET a 1 GET
    GETSET c 1
    APPEND c x
    INCR c
    DEL c
    DEL b
    EXISTS a b c
    EXISTS a d
    TYPE c
    TTL c
    STRLEN c
    MGET a b
    MGET a b c
    MSET a 1 c 1
    MSET a 1 b 1
    MSETNX c 1 d 1
    COPY b a
    COPY a b
    RENAME b a
    RPOPLPUSH b:list a:list
    LMOVE b:list c:list LEFT LEFT
    LMPOP 1 b:list LEFT
    BLPOP b:list 0
    BLMPOP 0 1 d LEFT
    ZUNIONSTORE c 2 a:z b:z
    ZUNIONSTORE b 2 a:z b:z
    ZUNIONSTORE a 2 a:z c:z
    ZUNION 2 a:z d:z
    ZUNION 5 a:z d:z
    ZUNION x a:z d:z
    BITOP AND c b a
    BITOP AND b a
    BITFIELD b GET u8 0
    BITFIELD b GET u8 0 SET u8 0 1
    BITFIELD b
    BITFIELD_RO c GET u8 0
    PFCOUNT a b
    PFMERGE a b d
    GEORADIUS b 0 0 1 km
    GEORADIUS b 0 0 1 km STORE a
    GEORADIUS b 0 0 1 km STORE b
    GEOSEARCHSTORE a b FROMLONLAT 0 0 BYRADIUS 1 km
    GEOSEARCHSTORE b a FROMLONLAT 0 0 BYRADIUS 1 km
    SORT b:list
    SORT b:list STORE c:sorted
    SORT b:list STORE b:sorted
    SORT b:list LIMIT 0 1 DESC store d
    OBJECT ENCODING d
    MEMORY USAGE d
    DUMP c
    RESTORE a 0 x
    KEYS *
    CONFIG GET dir
    CLIENT ID
    CLIENT GETNAME
    SELECT 0
    SELECT 1
    FLUSHALL
    GET
    NOSUCH
    CONFIG NOSUCH
    AUTH adam x
    SELECT 0
    SELECT 1
    SELECT
    GET a
    GET b
    GET c
    AUTH default x
    DEL a a:list c c:list c:sorted b:list
    ACL DELUSER eve adam
    ACL LOG RESET
  `,
  'SORT takes keys from patterns only for who may read all': `
    RPUSH list 1 2
    ACL SETUSER eve on nopass ~list %W~* +sort +sort_ro +@connection
    AUTH eve x
    SORT list
    SORT list BY w_*
    SORT list BY w_* GET w_*
    SORT list GET #
    SORT list GET x
    SORT list BY nosort
    SORT_RO list BY w_*
    SORT_RO list BY x GET #
    SORT list BY w_* nosuch
    SORT list nosuch BY w_*
    AUTH default x
    ACL SETUSER eve %R~*
    AUTH eve x
    SORT list BY w_* GET # GET v_*
    AUTH default x
    ACL SETUSER eve resetkeys ~list "(~* +get)"
    AUTH eve x
    SORT list BY w_*
    AUTH default x
    ACL SETUSER eve "(%R~* +sort)"
    AUTH eve x
    SORT list BY w_*
    AUTH default x
    ACL DELUSER eve
    ACL LOG RESET
  `,
  'one of several selectors is enough': `
    ACL SETUSER eve +get ~a "(+set ~b)" "(+get +set %R~c)" "(+mget ~a ~b)" "(+mget ~c)"
    ACL DRYRUN eve GET a
    ACL DRYRUN eve SET b 1
    ACL DRYRUN eve GET b
    ACL DRYRUN eve SET a 1
    ACL DRYRUN eve GET c
    ACL DRYRUN eve SET c 1
    ACL DRYRUN eve SET c 1 GET
    ACL DRYRUN eve DEL a
    ACL DRYRUN eve MGET a b
    ACL DRYRUN eve MGET a b c
    ACL DRYRUN eve MGET c d
    ACL DRYRUN eve PING
    ACL DRYRUN eve AUTH x
    ACL DRYRUN eve HELLO
    ACL DRYRUN eve RESET
    ACL DRYRUN eve
    ACL DRYRUN nobody GET a
    ACL DRYRUN eve nosuch
    ACL DRYRUN eve GET
    ACL DRYRUN eve GET a b
    ACL DRYRUN eve CONFIG
    ACL DRYRUN eve CONFIG GET
    ACL DRYRUN eve CONFIG GET x
    ACL DRYRUN eve CONFIG NOSUCH
    ACL DRYRUN eve CONFIG|GET x
    ACL DRYRUN eve CONFIG NOSUCH x
    COMMAND GETKEYS CONFIG NOSUCH
    COMMAND GETKEYS CONFIG|GET x
    COMMAND GETKEYS OBJECT NOSUCH x
    COMMAND GETKEYS OBJECT ENCODING x
    COMMAND GETKEYS ZUNION 0x1 a
    COMMAND GETKEYS ZUNION 2 a
    COMMAND GETKEYS ZUNION 99999999999999999999 a
    ACL DRYRUN default FLUSHALL
    ACL DELUSER eve
  `,
};
