/**
 * Hand-picked programs about CONFIG, MONITOR, DEBUG and SHUTDOWN, one request a line; `table.ts` tells how they are written.
 */

export const CONFIG_PROGRAMS: Readonly<Record<string, string>> = {
  'CONFIG GET of several patterns': `
    CONFIG GET maxmemory timeout
    CONFIG GET timeout maxmemory timeout
    CONFIG GET TIMEOUT timeout
    CONFIG GET timeout TIMEOUT
    CONFIG GET timeo* timeout
    CONFIG GET timeout timeo*
    CONFIG GET TIMEO*
    CONFIG GET tcp-k* nosuch timeout
    CONFIG GET tcp-keepaliv?
    CONFIG GET [t]imeout
    CONFIG GET tim\\\\eout
    CONFIG GET "" timeout
    CONFIG GET unixsocket unixsocketperm
    CONFIG GET enable-debug-command
    CONFIG GET client-output-buffer-limit
    HELLO 3
    CONFIG GET timeout maxmemory
    CONFIG GET nosuch
    HELLO 2
    CONFIG HELP
    CONFIG HELP x
    CONFIG GET
    CONFIG nosuch
    CONFIG RESETSTAT x
    CONFIG RESETSTAT
    CONFIG REWRITE x
  `,
  'CONFIG REWRITE without a file': `
    CONFIG REWRITE
  `,
  'CONFIG SET of several options': `
    CONFIG SET timeout 10 tcp-keepalive 20
    CONFIG GET timeout tcp-keepalive
    CONFIG SET timeout 11 tcp-keepalive abc
    CONFIG GET timeout tcp-keepalive
    CONFIG SET tcp-keepalive abc timeout 11
    CONFIG GET timeout tcp-keepalive
    CONFIG SET timeout 11 nosuch 1
    CONFIG SET nosuch 1 timeout 11
    CONFIG SET nosuch 1 other 2
    CONFIG SET timeout abc nosuch 1
    CONFIG SET timeout 11 timeout 12
    CONFIG SET timeout 11 TIMEOUT 12
    CONFIG SET timeout 11 tcp-keepalive 21 timeout 12
    CONFIG SET databases 3 timeout 11
    CONFIG SET timeout 11 databases 3
    CONFIG SET databases 3 nosuch 1
    CONFIG SET unixsocket /tmp/x
    CONFIG SET unixsocketperm 777
    CONFIG SET enable-debug-command no
    CONFIG SET timeout 11 hz
    CONFIG SET TimeOut 12
    CONFIG GET timeout
    CONFIG SET maxmemory 1gb maxmemory-policy noeviction
    CONFIG GET maxmemory maxmemory-policy
    CONFIG SET maxmemory 100
    CONFIG SET maxmemory 100b
    CONFIG SET maxmemory 100k
    CONFIG SET maxmemory 100kb
    CONFIG GET maxmemory
    CONFIG SET maxmemory 1.5gb
    CONFIG SET maxmemory " 1gb"
    CONFIG SET maxmemory ""
    CONFIG SET maxmemory 0
    CONFIG SET hz 501
    CONFIG GET hz
    CONFIG SET hz 0
    CONFIG GET hz
    CONFIG SET hz 10
    CONFIG SET loglevel WARNING
    CONFIG GET loglevel
    CONFIG SET loglevel nosuch
    CONFIG SET loglevel notice
    CONFIG SET save "900 1 300 10"
    CONFIG GET save
    CONFIG SET save "900"
    CONFIG SET save "900 1 "
    CONFIG SET save "0 1"
    CONFIG SET save "900 -1"
    CONFIG SET save ""
    CONFIG GET save
    CONFIG SET client-output-buffer-limit "normal 1mb 2mb 3"
    CONFIG GET client-output-buffer-limit
    CONFIG SET client-output-buffer-limit "normal 0 0 0 replica 1 2 3 pubsub 4 5 6"
    CONFIG GET client-output-buffer-limit
    CONFIG SET client-output-buffer-limit "normal 1 2"
    CONFIG SET client-output-buffer-limit "nosuch 1 2 3"
    CONFIG SET client-output-buffer-limit "normal a 2 3"
    CONFIG SET client-output-buffer-limit "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"
    CONFIG SET timeout 0 tcp-keepalive 300
  `,
  'SHUTDOWN that is refused': `
    SHUTDOWN NOSAVE SAVE
    SHUTDOWN SAVE NOSAVE
    SHUTDOWN ABORT
    SHUTDOWN abort ABORT
    SHUTDOWN ABORT NOW
    SHUTDOWN NOW ABORT
    SHUTDOWN FORCE ABORT
    SHUTDOWN ABORT SAVE
    SHUTDOWN NOSUCH
    SHUTDOWN SAVE NOW FORCE NOSUCH
  `,
  'MONITOR takes no commands on data': `
    MONITOR x
    COMMAND INFO monitor debug shutdown config
    COMMAND INFO config|get config|set config|rewrite config|resetstat config|help
  `,
  'DEBUG that is refused': `
    DEBUG
    DEBUG NOSUCH
    DEBUG JMAP
    DEBUG nosuch a b c
    DEBUG SLEEP
    DEBUG SLEEP 1 2
    DEBUG SLEEP abc
    DEBUG SLEEP -1
    DEBUG SLEEP 0
    DEBUG OBJECT
    DEBUG OBJECT nosuch
    DEBUG OBJECT a b
    DEBUG SET-ACTIVE-EXPIRE
    DEBUG SET-ACTIVE-EXPIRE 1 2
    DEBUG SET-ACTIVE-EXPIRE abc
    DEBUG SET-ACTIVE-EXPIRE 1
    DEBUG ERROR
    DEBUG ERROR "a b"
    DEBUG ERROR "ERR a\\r\\nb"
    DEBUG ERROR ""
    DEBUG LOG
    DEBUG LOG x
    DEBUG DIGEST x
    DEBUG POPULATE
    DEBUG POPULATE abc
    DEBUG POPULATE -1
    DEBUG POPULATE 1 a -1
    DEBUG POPULATE 1 a abc
    DEBUG POPULATE 1 a 1 1
    DEBUG RELOAD nosuch
    DEBUG PROTOCOL
    DEBUG PROTOCOL nosuch
    DEBUG HELP x
  `,
  'DEBUG PROTOCOL': `
    DEBUG PROTOCOL string
    DEBUG PROTOCOL INTEGER
    DEBUG PROTOCOL double
    DEBUG PROTOCOL null
    DEBUG PROTOCOL array
    DEBUG PROTOCOL set
    DEBUG PROTOCOL map
    DEBUG PROTOCOL verbatim
    DEBUG PROTOCOL true
    DEBUG PROTOCOL false
    DEBUG PROTOCOL bignum
  `,
  'DEBUG DIGEST, POPULATE and RELOAD': `
    DEBUG DIGEST
    SET s hello
    SET n 12345
    SET e ""
    SET "\\x00\\xff" "\\xfe\\x00"
    SET t x EX 1000
    APPEND s !
    DEBUG DIGEST
    SELECT 5
    SET s hello
    DEBUG DIGEST
    DEBUG DIGEST-VALUE
    DEBUG DIGEST-VALUE s
    DEBUG DIGEST-VALUE n nosuch s
    SELECT 0
    DEBUG DIGEST-VALUE s t "\\x00\\xff"
    DEBUG OBJECT s
    DEBUG OBJECT n
    DEBUG OBJECT e
    DEBUG POPULATE 10
    DEBUG POPULATE 10 p 20
    DEBUG POPULATE 3 q 2
    DEBUG POPULATE 2 "" 0
    DEBUG POPULATE 0
    DBSIZE
    MGET key:0 key:9 p:0 p:9 q:1 :0
    DEBUG DIGEST
    DEBUG RELOAD
    DEBUG DIGEST
    DBSIZE
    DEBUG RELOAD MERGE
    DEBUG RELOAD NOFLUSH MERGE
    DEBUG DIGEST
    FLUSHALL
    DEBUG DIGEST
  `,
};
