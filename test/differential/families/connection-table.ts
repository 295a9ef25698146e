/**
 * Hand-picked programs about the connection itself: AUTH, HELLO, RESET and CLIENT; `table.ts` tells how they are written. What is
 * not answered at all (CLIENT REPLY) is among the raw inputs.
 */

export const CONNECTION_PROGRAMS: Readonly<Record<string, string>> = {
  'COMMAND INFO of connection commands': `
    COMMAND INFO ping echo auth hello reset select quit client
    COMMAND INFO client|id client|setname client|getname client|info client|list client|kill client|reply client|help
    COMMAND INFO client|pause client|unpause client|no-evict client|unblock
    COMMAND INFO client|tracking client|trackinginfo client|caching client|getredir
  `,
  'AUTH without a password': `
    AUTH
    AUTH x
    AUTH default x
    AUTH default ""
    AUTH DEFAULT x
    AUTH nobody x
    AUTH default x y
  `,
  'AUTH and HELLO with a password': `
    CONFIG SET requirepass secret
    PING
    AUTH wrong
    AUTH secret
    AUTH default secret
    AUTH nobody secret
    AUTH default secret x
    RESET
    PING
    GET
    nosuch
    SELECT 1
    CLIENT ID
    AUTH
    AUTH wrong
    AUTH default wrong
    HELLO
    HELLO 2
    HELLO 3
    HELLO 4
    HELLO 3 SETNAME early
    HELLO 3 AUTH default wrong
    HELLO 3 AUTH nobody secret
    HELLO 3 AUTH default
    HELLO 3 SETNAME "a b" AUTH default wrong
    HELLO 3 FOO AUTH default secret
    RESET x
    RESET
    AUTH secret
    CLIENT GETNAME
    HELLO 3 SETNAME early AUTH default wrong
    CLIENT GETNAME
    RESET
    HELLO 3 AUTH default secret SETNAME late
    CLIENT GETNAME
    HELLO 2 AUTH default secret AUTH default wrong
    GET k
    HELLO 2 SETNAME a SETNAME b
    CLIENT GETNAME
    RESET
    AUTH secret
    CONFIG SET requirepass ""
    PING
    HELLO
    RESET
    HELLO
  `,
  RESET: `
    SET k 0
    SELECT 1
    SET k 1
    HELLO 3 SETNAME me
    CLIENT NO-EVICT ON
    RESET
    GET k
    GET missing
    CLIENT GETNAME
    RESET x
    RESET
  `,
  'CLIENT LIST and KILL': `
    CLIENT LIST TYPE normal
    CLIENT LIST TYPE SLAVE
    CLIENT LIST TYPE replica
    CLIENT LIST TYPE master
    CLIENT LIST TYPE pubsub
    CLIENT LIST ID 0
    CLIENT LIST ID -1
    CLIENT LIST ID 9223372036854775807
    CLIENT LIST ID 99999999999999999999
    CLIENT LIST ID 999999 999998
    CLIENT LIST ID 999999 x
    CLIENT LIST ID 999999 x 5
    CLIENT LIST ID 999999 ADDR
    CLIENT LIST ID ""
    CLIENT LIST TYPE
    CLIENT LIST TYPE ""
    CLIENT LIST TYPE normal x
    CLIENT LIST x y z
    CLIENT KILL ""
    CLIENT KILL ID -1
    CLIENT KILL ID 99999999999999999999
    CLIENT KILL ID -9223372036854775808
    CLIENT KILL ID 9223372036854775807
    CLIENT KILL ID 999999 x
    CLIENT KILL ID 999999 ADDR
    CLIENT KILL ID 999999 ADDR 1.2.3.4:5 LADDR 1.2.3.4:5 USER default TYPE normal SKIPME no
    CLIENT KILL TYPE master
    CLIENT KILL type SLAVE skipme NO
    CLIENT KILL USER nobody ID x
    CLIENT KILL TYPE foo USER nobody
    CLIENT KILL x y z w
    CLIENT KILL SKIPME
    CLIENT KILL x y z
  `,
  'CLIENT UNBLOCK': `
    CLIENT UNBLOCK
    CLIENT UNBLOCK 999999
    CLIENT UNBLOCK 0
    CLIENT UNBLOCK -1
    CLIENT UNBLOCK x
    CLIENT UNBLOCK 99999999999999999999
    CLIENT UNBLOCK 9223372036854775807
    CLIENT UNBLOCK 999999 TIMEOUT
    CLIENT UNBLOCK 999999 error
    CLIENT UNBLOCK 999999 foo
    CLIENT UNBLOCK x foo
    CLIENT UNBLOCK 999999 ERROR x
    CLIENT unBlock x ERROR x
  `,
  'CLIENT PAUSE': `
    CLIENT PAUSE
    CLIENT PAUSE x
    CLIENT PAUSE -1
    CLIENT PAUSE 1.5
    CLIENT PAUSE ""
    CLIENT PAUSE 99999999999999999999
    CLIENT PAUSE x foo
    CLIENT PAUSE 1 foo
    CLIENT PAUSE 1 WRITE x
    CLIENT UNPAUSE x
    CLIENT UNPAUSE
    CLIENT PAUSE 0
    CLIENT PAUSE 0 ALL
    CLIENT PAUSE 0 write
    SET k 1 PX 60000
    CLIENT PAUSE 30 WRITE
    GET k
    SET k
    nosuch
    SET k 2
    GET k
    CLIENT PAUSE 30
    GET k
    CLIENT PAUSE 20 WRITE
    PFCOUNT missing
    DEL k
    CLIENT PAUSE 60000 WRITE
    CLIENT PAUSE 10 WRITE
    EXISTS k
    CLIENT UNPAUSE
    SET k 3
    GET k
    SET e 1 PX 1
    CLIENT PAUSE 20 WRITE
    CLIENT PAUSE 30 ALL
    GET e
    DBSIZE
  `,
  'CLIENT modes': `
    CLIENT NO-EVICT
    CLIENT NO-EVICT ON
    CLIENT NO-EVICT off
    CLIENT NO-EVICT maybe
    CLIENT NO-EVICT ON x
    CLIENT REPLY
    CLIENT REPLY maybe
    CLIENT REPLY ON
    CLIENT REPLY ON x
    CLIENT GETREDIR
    CLIENT GETREDIR x
    CLIENT TRACKINGINFO
    CLIENT TRACKINGINFO x
    CLIENT TRACKING
    CLIENT TRACKING OFF
    CLIENT TRACKING off
    CLIENT TRACKING maybe
    CLIENT TRACKING off BCAST
    CLIENT TRACKING off optin prefix a noloop
    CLIENT TRACKING off prefix
    CLIENT TRACKING off REDIRECT x
    CLIENT TRACKING off foo
    CLIENT TRACKING foo bar
    CLIENT TRACKING on foo
    CLIENT CACHING
    CLIENT CACHING YES
    CLIENT CACHING maybe
    CLIENT CACHING YES x
  `,
  'maxmemory-clients': `
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients 5%
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients 100%
    CONFIG SET maxmemory-clients 101%
    CONFIG SET maxmemory-clients -5%
    CONFIG SET maxmemory-clients %
    CONFIG SET maxmemory-clients 5%%
    CONFIG SET maxmemory-clients 1.5%
    CONFIG SET maxmemory-clients abc
    CONFIG SET maxmemory-clients -1
    CONFIG SET maxmemory-clients 1gb
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients 0%
    CONFIG GET maxmemory-clients
    CONFIG SET maxmemory-clients 0
    CONFIG SET maxclients 0
    CONFIG SET maxclients 5000
    CONFIG GET maxclients
    CONFIG SET maxclients 10000
    CONFIG SET tcp-keepalive 0
    CONFIG SET tcp-keepalive -1
    CONFIG SET tcp-keepalive 300
  `,
};
