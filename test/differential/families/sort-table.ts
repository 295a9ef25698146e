/** Hand-picked programs of SORT, one request a line; `table.ts` tells how they are written. */

export const SORT_PROGRAMS: Readonly<Record<string, string>> = {
  'SORT and SORT_RO': `
    RPUSH l 3 1 2 10 -1 1.5
    SORT l
    SORT l DESC
    SORT l ALPHA
    SORT l ALPHA DESC LIMIT 1 2
    SORT l LIMIT -1 2
    SORT l LIMIT 2 -1
    SORT l LIMIT 10 2
    SORT l LIMIT 0 0
    SORT l LIMIT x 1
    SORT l LIMIT 1
    SORT l BY nosort
    SORT l BY nosort DESC LIMIT 0 2
    MSET w:1 5 w:2 4 w:3 3 w:10 2
    HSET o:1 f one
    SORT l BY w:*
    SORT l BY w:* GET # GET w:* GET o:*->f
    SORT l GET x
    SORT l BY w:* STORE d
    TYPE d
    LRANGE d 0 -1
    SORT missing STORE d
    EXISTS d
    SORT missing
    SORT l GET w:* STORE d
    LRANGE d 0 -1
    SORT_RO l STORE d
    SORT_RO l DESC
    RPUSH text b a c
    SORT text
    SORT text ALPHA
    SORT text BY nosort
    SADD s 3 1 2
    SORT s DESC
    SORT s BY nosort STORE d
    LRANGE d 0 -1
    ZADD z 3 1 2 2 1 3
    SORT z BY nosort
    SORT z BY nosort DESC
    SORT z BY nosort LIMIT 1 1
    HSET h f v
    SORT h
    SET string v
    SORT string
    SORT string junk
    SORT l junk
    SORT l BY
    SORT l GET
    SORT
    SORT d STORE d
    EXPIRE d 100000
    SORT l STORE d
    TTL d
    COMMAND INFO sort sort_ro
    COMMAND GETKEYS SORT l BY w:* STORE d
    COMMAND GETKEYSANDFLAGS SORT l STORE d STORE e
  `,
};
