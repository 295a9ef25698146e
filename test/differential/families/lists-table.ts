/** Hand-picked programs about lists, one request a line; `table.ts` tells how they are written. */

const numbered = (count: number) => Array.from({ length: count }, (_, i) => i).join(' ');

/** LRANGE and LTRIM over every pair of ends. */
function ranges(): string {
  const lines = ['RPUSH l a b c d e'];
  const ends = [
    '0',
    '1',
    '4',
    '5',
    '6',
    '-1',
    '-2',
    '-5',
    '-6',
    '-7',
    '9223372036854775807',
    '-9223372036854775808',
  ];
  for (const start of ends) {
    for (const stop of ends) {
      lines.push(
        `LRANGE l ${start} ${stop}`,
        'COPY l t REPLACE',
        `LTRIM t ${start} ${stop}`,
        'LRANGE t 0 -1',
      );
    }
    lines.push(`LINDEX l ${start}`, `LSET l ${start} x`);
  }
  return lines.join('\n');
}

export const LIST_PROGRAMS: Readonly<Record<string, string>> = {
  'pushes and pops': `
    LPUSH l a b c
    RPUSH l d e
    LRANGE l 0 -1
    LPUSHX l x y
    RPUSHX l z
    LPUSHX missing x
    RPUSHX missing x
    EXISTS missing
    LLEN l
    LLEN missing
    LPOP l
    RPOP l
    LPOP l 2
    RPOP l 0
    LPOP l 0
    LPOP missing
    LPOP missing 0
    LPOP missing 2
    RPOP missing
    LPOP l -1
    LPOP l abc
    LPOP l 9223372036854775808
    LPOP missing -1
    LPOP missing abc
    LPOP l 1 2
    RPOP l 100
    EXISTS l
    RPUSH l "" "\\x00\\r\\n" 007 -0 12 9223372036854775807 9223372036854775808
    LRANGE l 0 -1
    OBJECT ENCODING l
    LPUSH
    LPUSH l
    RPUSHX l
    EXPIRE l 100000
    RPUSH l more
    TTL l
    LPOP l 100
    RPUSH l new
    TTL l
  `,
  'LRANGE, LTRIM, LINDEX, LSET: every pair of ends': ranges(),
  'LINDEX, LSET, LINSERT, LREM': `
    LSET missing 0 v
    LSET missing abc v
    LINDEX missing abc
    LINDEX missing 0
    RPUSH l a b c a b c
    LINDEX l abc
    LINDEX l 1.5
    LINDEX l ""
    LSET l abc v
    LSET l 6 v
    LSET l -7 v
    LSET l 0 ${'x'.repeat(9000)}
    LINDEX l 0
    LSET l 0 a
    LINSERT l BEFORE b x
    LINSERT l AFTER b y
    LINSERT l before missing y
    LINSERT missing AFTER b y
    LINSERT l MIDDLE b y
    LINSERT missing MIDDLE b y
    LINSERT l BEFORE b
    LRANGE l 0 -1
    LREM l 0 missing
    LREM l 1 a
    LREM l -1 b
    LREM l 0 c
    LREM l abc c
    LREM l 1.5 c
    LREM missing 0 a
    LREM missing abc a
    LREM l -9223372036854775808 x
    LREM l 9223372036854775807 y
    LRANGE l 0 -1
    LREM l 0 a
    LREM l 0 b
    EXISTS l
    LRANGE missing 0 x
    LRANGE missing x 0
    LTRIM missing x 0
    LTRIM missing 0 1
    RPUSH n 1 01 1.0 1
    LREM n 0 1
    LRANGE n 0 -1
    LPOS n 01
  `,
  LPOS: `
    RPUSH l a b c 1 2 3 c c
    LPOS l c
    LPOS l c RANK 2
    LPOS l c RANK -1
    LPOS l c RANK -4
    LPOS l c RANK 4
    LPOS l c COUNT 0
    LPOS l c COUNT 2
    LPOS l c COUNT 0 RANK -1
    LPOS l c RANK -1 COUNT 2 MAXLEN 2
    LPOS l c MAXLEN 2
    LPOS l c MAXLEN 3
    LPOS l c COUNT 0 MAXLEN 7
    LPOS l missing
    LPOS l missing COUNT 0
    LPOS missing c
    LPOS missing c COUNT 0
    LPOS missing c RANK 0
    LPOS l c RANK 0
    LPOS l c RANK abc
    LPOS l c RANK -9223372036854775808
    LPOS l c RANK 9223372036854775807
    LPOS l c COUNT -1
    LPOS l c COUNT abc
    LPOS l c MAXLEN -1
    LPOS l c MAXLEN abc
    LPOS l c RANK
    LPOS l c junk 1
    LPOS l c RANK 1 RANK 2
    LPOS l c rank 1 Count 0
    LPOS l 1
    LPOS l 01
    LPOS l
  `,
  'LMOVE, RPOPLPUSH, LMPOP': `
    LMOVE missing other LEFT RIGHT
    LMOVE missing other UP RIGHT
    LMOVE missing other LEFT DOWN
    RPUSH l a b c
    LMOVE l l LEFT RIGHT
    LMOVE l l RIGHT LEFT
    LMOVE l l LEFT LEFT
    LMOVE l m left Right
    LMOVE l m RIGHT LEFT
    LMOVE l m LEFT RIGHT
    EXISTS l
    LRANGE m 0 -1
    RPOPLPUSH m m
    RPOPLPUSH m l
    RPOPLPUSH missing l
    RPOPLPUSH m
    SET string v
    LMOVE m string LEFT RIGHT
    LMOVE string m LEFT RIGHT
    LMOVE missing string LEFT RIGHT
    RPOPLPUSH m string
    LRANGE m 0 -1
    LMPOP 1 m LEFT
    LMPOP 2 missing m RIGHT COUNT 10
    LMPOP 2 missing m RIGHT COUNT 10
    LMPOP 1 string LEFT
    LMPOP 2 l string LEFT
    LMPOP 2 string l LEFT
    LMPOP 0 l LEFT
    LMPOP -1 l LEFT
    LMPOP abc l LEFT
    LMPOP 2 l LEFT
    LMPOP 1 l UP
    LMPOP 1 l LEFT COUNT 0
    LMPOP 1 l LEFT COUNT -1
    LMPOP 1 l LEFT COUNT abc
    LMPOP 1 l LEFT COUNT
    LMPOP 1 l LEFT COUNT 1 COUNT 2
    LMPOP 1 l LEFT junk
    LMPOP 1 l
    LMPOP 9223372036854775807 l LEFT
    LMPOP 1 missing left count 5
  `,
  'blocking commands that need not wait, or wait in vain': `
    RPUSH l a b c d e f
    BLPOP l 0
    BRPOP missing l 0
    BLPOP missing 0.01
    BRPOP missing other 0.01
    BLMOVE l m LEFT RIGHT 0
    BLMOVE missing m LEFT RIGHT 0.01
    BRPOPLPUSH l m 0
    BRPOPLPUSH missing m 0.01
    BLMPOP 0 1 l LEFT COUNT 5
    BLMPOP 0.01 1 missing LEFT
    BLPOP l -1
    BLPOP l abc
    BLPOP l inf
    BLPOP l nan
    BLPOP l 1e400
    BLPOP l 9223372036854775807
    BLPOP l ""
    BLPOP l
    BLMOVE l m LEFT RIGHT -1
    BLMOVE l m UP RIGHT abc
    BLMOVE l m LEFT UP abc
    BLMOVE l m LEFT RIGHT abc
    BRPOPLPUSH l m abc
    BRPOPLPUSH l m -1
    BLMPOP abc 1 l LEFT
    BLMPOP -1 1 l LEFT
    BLMPOP 0.01 0 l LEFT
    BLMPOP 0.01 1 l UP
    BLMPOP 0.01 2 l LEFT
    BLMPOP abc 0 l UP
    SET string v
    BLPOP missing string 0.01
    BLPOP string missing 0.01
    BLMOVE string m LEFT RIGHT 0.01
    BRPOPLPUSH string m 0.01
    BLMOVE m string LEFT RIGHT 0.01
    BLMPOP 0.01 2 missing string LEFT
    HELLO 3
    BLPOP missing 0.01
    BLMOVE missing m LEFT RIGHT 0.01
    BLMPOP 0.01 1 missing LEFT
    RPUSH l a
    BLPOP l 0
  `,
  'lists that grow large': `
    RPUSH l ${numbered(700)}
    LLEN l
    LRANGE l 0 -1
    LINDEX l 350
    LINDEX l -350
    LREM l 0 350
    LPOS l 351
    LSET l 100 ${'x'.repeat(5000)}
    LINSERT l AFTER 400 ${'y'.repeat(5000)}
    LRANGE l 95 105
    LTRIM l 50 -50
    LLEN l
    COPY l m
    LRANGE m 340 370
    DUMP m
    OBJECT ENCODING m
    LPOP l 500
    RPOP l 500
    EXISTS l
  `,
  'COMMAND INFO of lists': `
    COMMAND INFO lpush rpush lpushx rpushx lpop rpop llen lrange lindex lset linsert lrem ltrim lpos
    COMMAND INFO lmove rpoplpush lmpop blpop brpop blmove brpoplpush blmpop
    COMMAND GETKEYS LMPOP 2 a b LEFT
    COMMAND GETKEYS BLMPOP 0 2 a b LEFT
    COMMAND GETKEYS BLPOP a b 0
    COMMAND GETKEYSANDFLAGS LMOVE a b LEFT RIGHT
    COMMAND GETKEYSANDFLAGS BLPOP a b 0
  `,
};
