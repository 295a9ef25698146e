/**
 * Hand-picked programs about INFO, SLOWLOG and LATENCY, one request a line; `table.ts` tells how they are written.
 */

const LONG = 'x'.repeat(200);

export const OBSERVABILITY_PROGRAMS: Readonly<Record<string, string>> = {
  'INFO: sections': `
    INFO
    INFO server
    INFO SERVER
    INFO nosuch
    INFO nosuch server clients
    INFO keyspace memory server
    INFO all
    INFO everything
    INFO default
    INFO default commandstats
    INFO modules
    INFO module_list
    INFO errorstats latencystats
    INFO ""
    INFO all nosuch
  `,
  'INFO: what commands were called, and how they ended': `
    CONFIG RESETSTAT
    SET a 1
    SET b x
    GET a
    get a
    Get nosuch
    INCR b
    INCR a
    GET
    GET a b
    MGET a b c
    DEL a b nosuch
    NOSUCH
    CONFIG GET maxmemory
    CONFIG SET nosuch 1
    CONFIG SET timeout 0
    CONFIG NOSUCH
    CONFIG
    CONFIG GET
    AUTH a b
    HELLO 9
    OBJECT ENCODING a
    SLOWLOG GET x
    LATENCY GRAPH command
    INFO commandstats
    INFO errorstats
    INFO latencystats
    CONFIG RESETSTAT
    INFO commandstats
    INFO errorstats
  `,
  'INFO: percentiles': `
    CONFIG RESETSTAT
    CONFIG GET latency-tracking
    CONFIG GET latency-tracking-info-percentiles
    SET a 1
    GET a
    CONFIG SET latency-tracking-info-percentiles "50.0 99.123456789 100 0 1e1"
    CONFIG GET latency-tracking-info-percentiles
    INFO latencystats
    CONFIG SET latency-tracking-info-percentiles "50 a"
    CONFIG SET latency-tracking-info-percentiles "50 100.1"
    CONFIG SET latency-tracking-info-percentiles "-1"
    CONFIG SET latency-tracking-info-percentiles ""
    CONFIG GET latency-tracking-info-percentiles
    INFO latencystats
    CONFIG SET latency-tracking no
    INFO latencystats
    CONFIG SET latency-tracking yes
    CONFIG SET latency-tracking-info-percentiles "50 99 99.9"
    INFO latencystats
  `,
  SLOWLOG: `
    CONFIG GET slowlog*
    CONFIG SET slowlog-log-slower-than -1
    SLOWLOG RESET
    SLOWLOG LEN
    SLOWLOG GET
    CONFIG SET slowlog-log-slower-than 0
    SLOWLOG RESET
    SLOWLOG LEN
    SLOWLOG GET
    CLIENT SETNAME me
    SET a 1
    SET a "\\x00\\xff\\r\\n"
    SET a ${LONG}
    SET b ${'x'.repeat(128)}
    SET b ${'x'.repeat(129)}
    MGET 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    MGET 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32
    MGET 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 33 34 35
    NOSUCH a
    GET
    INCR b
    SLOWLOG GET 3
    SLOWLOG GET -1
    SLOWLOG GET 0
    SLOWLOG LEN
    AUTH word
    AUTH user word
    HELLO 3 AUTH user word
    HELLO 2 AUTH default "" SETNAME you
    CONFIG SET requirepass ""
    CONFIG SET timeout 0 requirepass ""
    CONFIG SET timeout x requirepass b
    PING
    SLOWLOG GET 9
    CONFIG SET slowlog-max-len 3
    PING 1
    PING 2
    PING 3
    PING 4
    SLOWLOG LEN
    SLOWLOG GET 9
    CONFIG SET slowlog-max-len 128
    CONFIG SET slowlog-log-slower-than 10000
    SLOWLOG RESET
    PING
    SLOWLOG GET
  `,
  'SLOWLOG: errors': `
    SLOWLOG
    SLOWLOG NOSUCH
    SLOWLOG GET x
    SLOWLOG GET -2
    SLOWLOG GET 1.5
    SLOWLOG GET ""
    SLOWLOG GET 99999999999999999999
    SLOWLOG GET 1 2
    SLOWLOG get 1 2
    SLOWLOG LEN x
    SLOWLOG RESET x
    SLOWLOG HELP x
    SLOWLOG HELP
    CONFIG SET slowlog-log-slower-than -2
    CONFIG SET slowlog-log-slower-than x
    CONFIG SET slowlog-max-len -1
    CONFIG SET slowlog-max-len x
    COMMAND INFO slowlog slowlog|get slowlog|len slowlog|reset slowlog|help
    COMMAND DOCS slowlog
  `,
  LATENCY: `
    CONFIG GET latency-monitor-threshold
    CONFIG SET latency-monitor-threshold -1
    CONFIG SET latency-monitor-threshold x
    CONFIG SET latency-monitor-threshold 100000
    LATENCY
    LATENCY NOSUCH
    LATENCY LATEST
    LATENCY LATEST x
    LATENCY HISTORY
    LATENCY HISTORY command
    LATENCY HISTORY nosuch
    LATENCY HISTORY command x
    LATENCY GRAPH
    LATENCY GRAPH command
    LATENCY GRAPH "no such"
    LATENCY GRAPH "a\\r\\nb"
    LATENCY RESET
    LATENCY RESET command nosuch
    LATENCY DOCTOR
    LATENCY DOCTOR x
    LATENCY HELP
    LATENCY HELP x
    CONFIG SET latency-monitor-threshold 0
    LATENCY DOCTOR
    COMMAND INFO latency latency|doctor latency|graph latency|history latency|latest latency|reset
    COMMAND INFO latency|histogram latency|help info
    COMMAND DOCS latency info
  `,
  'LATENCY HISTOGRAM': `
    CONFIG RESETSTAT
    SET a 1
    SET a 2
    GET a
    INCR a
    GET a b
    CONFIG GET timeout
    LATENCY HISTOGRAM set
    LATENCY HISTOGRAM SET get
    LATENCY HISTOGRAM nosuch
    LATENCY HISTOGRAM strlen
    LATENCY HISTOGRAM config
    LATENCY HISTOGRAM config|get
    LATENCY HISTOGRAM config|nosuch
    LATENCY HISTOGRAM get get
    LATENCY HISTOGRAM
    CONFIG SET latency-tracking no
    SET a 3
    LATENCY HISTOGRAM set
    CONFIG SET latency-tracking yes
    CONFIG RESETSTAT
    LATENCY HISTOGRAM get
  `,
};
