/**
 * Hand-picked programs about the memory limit and what eviction goes by, one request a line; `table.ts` tells how they are
 * written. Which key is evicted is nobody's promise, so that none is here. A counter of LFU grows for sure only up to 6.
 */

export const EVICTION_PROGRAMS: Readonly<Record<string, string>> = {
  'maxmemory and noeviction': `
    SET a 1
    SET ends 1 EX 1000
    CONFIG SET maxmemory 1
    SET b 1
    SET a 2
    APPEND a x
    INCR a
    MSET a 1 b 2
    SETRANGE a 0 x
    SETBIT a 1 1
    GETSET a 2
    COPY a b
    GET a
    STRLEN a
    EXISTS a b
    EXPIRE a 100
    PERSIST a
    GETDEL a
    DEL ends
    DEL nothing
    CONFIG SET maxmemory 0
    SET a 1
    DBSIZE
  `,
  'volatile policies without a key that has an expiry': `
    SET a 1
    CONFIG SET maxmemory-policy volatile-lru maxmemory 1
    SET b 1
    CONFIG SET maxmemory-policy volatile-lfu
    SET b 1
    CONFIG SET maxmemory-policy volatile-random
    SET b 1
    CONFIG SET maxmemory-policy volatile-ttl
    SET b 1
    CONFIG SET maxmemory-policy noeviction maxmemory 0
    KEYS *
    CONFIG GET maxmemory-policy
  `,
  'eviction options': `
    CONFIG GET maxmemory-policy
    CONFIG SET maxmemory-policy ALLKEYS-LRU
    CONFIG GET maxmemory-policy
    CONFIG SET maxmemory-policy allkeys-lfu
    CONFIG SET maxmemory-policy allkeys-random
    CONFIG SET maxmemory-policy volatile-lru
    CONFIG SET maxmemory-policy volatile-lfu
    CONFIG SET maxmemory-policy volatile-random
    CONFIG SET maxmemory-policy volatile-ttl
    CONFIG SET maxmemory-policy noeviction
    CONFIG SET maxmemory-policy lru
    CONFIG SET maxmemory-policy ""
    CONFIG GET maxmemory-samples
    CONFIG SET maxmemory-samples 0
    CONFIG SET maxmemory-samples 2147483648
    CONFIG SET maxmemory-samples 10
    CONFIG GET maxmemory-samples
    CONFIG SET maxmemory-samples 5
    CONFIG GET maxmemory-eviction-tenacity
    CONFIG SET maxmemory-eviction-tenacity 101
    CONFIG SET maxmemory-eviction-tenacity -1
    CONFIG SET maxmemory-eviction-tenacity 100
    CONFIG SET maxmemory-eviction-tenacity 10
    CONFIG GET lfu-*
    CONFIG SET lfu-log-factor -1
    CONFIG SET lfu-log-factor 0
    CONFIG SET lfu-decay-time x
    CONFIG SET lfu-decay-time 0
    CONFIG GET lfu-*
    CONFIG SET lfu-log-factor 10 lfu-decay-time 1
  `,
  'LFU counters': `
    SET before 1
    OBJECT FREQ before
    CONFIG SET maxmemory-policy allkeys-lfu
    SET k v
    OBJECT FREQ k
    OBJECT FREQ k
    TYPE k
    EXISTS k
    TTL k
    STRLEN nothing
    OBJECT FREQ k
    SET k w
    OBJECT FREQ k
    OBJECT IDLETIME k
    OBJECT FREQ nothing
    SET g v
    GET g
    OBJECT FREQ g
    MSET m v n v
    OBJECT FREQ m
    MSET m w
    OBJECT FREQ m
    SET a v
    APPEND a w
    OBJECT FREQ a
    SET t v
    TOUCH t
    OBJECT FREQ t
    SET e v
    EXPIRE e 100
    OBJECT FREQ e
    SET x v
    SETRANGE x 1 y
    OBJECT FREQ x
    SET r v
    RENAME r s
    OBJECT FREQ s
    SET c v
    COPY c d
    OBJECT FREQ c
    OBJECT FREQ d
    CONFIG SET maxmemory-policy volatile-lfu
    OBJECT FREQ s
    CONFIG SET maxmemory-policy noeviction
    OBJECT FREQ s
    SET k v
    OBJECT IDLETIME k
  `,
  'keys that are only looked at': `
    SET k v
    OBJECT IDLETIME k
    OBJECT IDLETIME nothing
    TYPE k
    EXISTS k
    PTTL nothing
  `,
};
