/**
 * Hand-picked programs about bitmaps and bit fields, one request a line; `table.ts` tells how they are written.
 */

/** BITPOS and BITCOUNT over every kind of range, for values that `make` sets at `k`. */
function ranges(make: string): string {
  const edges = [
    '0',
    '1',
    '2',
    '3',
    '7',
    '8',
    '9',
    '16',
    '23',
    '24',
    '100',
    '-1',
    '-2',
    '-3',
    '-8',
    '-9',
    '-24',
    '-100',
  ];
  const lines = [make, 'BITCOUNT k', 'BITPOS k 0', 'BITPOS k 1'];
  for (const start of edges) {
    lines.push(`BITCOUNT k ${start}`, `BITPOS k 0 ${start}`, `BITPOS k 1 ${start}`);
    for (const end of edges) {
      for (const unit of ['', ' BYTE', ' BIT']) {
        for (const name of ['BITCOUNT k', 'BITPOS k 0', 'BITPOS k 1'])
          lines.push(`${name} ${start} ${end}${unit}`);
      }
    }
  }
  return lines.join('\n');
}

/** Every width, signed and not: how a counter behaves at both of its limits, for each kind of overflow. */
function limits(): string {
  const lines: string[] = [];
  for (let bits = 1; bits <= 64; bits++) {
    for (const isSigned of [true, false]) {
      if (!isSigned && bits === 64) continue;
      const type = `${isSigned ? 'i' : 'u'}${bits}`;
      const max = 2n ** BigInt(isSigned ? bits - 1 : bits) - 1n;
      const min = isSigned ? -max - 1n : 0n;
      for (const overflow of ['WRAP', 'SAT', 'FAIL']) {
        const over = `BITFIELD k OVERFLOW ${overflow}`;
        lines.push(
          `${over} SET ${type} 3 ${max} INCRBY ${type} 3 0 INCRBY ${type} 3 1 GET ${type} 3`,
          `${over} SET ${type} 3 ${min} INCRBY ${type} 3 -1 GET ${type} 3 GET u8 0`,
          `${over} SET ${type} 3 ${max} INCRBY ${type} 3 9223372036854775807 GET ${type} 3`,
          `${over} SET ${type} 3 ${min} INCRBY ${type} 3 -9223372036854775808 GET ${type} 3`,
          `${over} SET ${type} 3 9223372036854775807 GET ${type} 3 SET ${type} 3 -1 GET ${type} 3`,
          `${over} SET ${type} #1 -9223372036854775808 GET ${type} #1 GET ${type} #0 GET ${type} #2`,
          `${over} SET ${type} 3 ${BigInt.asIntN(64, max + 1n)} GET ${type} 3 SET ${type} 3 ${min} GET ${type} 3`,
        );
      }
    }
  }
  return [...lines, 'GET k'].join('\n');
}

export const BITMAP_PROGRAMS: Readonly<Record<string, string>> = {
  'SETBIT and GETBIT': `
    SETBIT k 7 1
    GET k
    SETBIT k 7 1
    SETBIT k 7 0
    GET k
    STRLEN k
    SETBIT k 100 0
    STRLEN k
    SETBIT k 99 1
    STRLEN k
    GET k
    OBJECT ENCODING k
    GETBIT k 99
    SET same a
    GETBIT same 1
    OBJECT ENCODING same
    SETBIT same 1 1
    OBJECT ENCODING same
    SET same a
    BITFIELD same GET u8 0
    OBJECT ENCODING same
    BITFIELD same OVERFLOW FAIL SET u8 0 256
    OBJECT ENCODING same
    GETBIT k 98
    GETBIT k 103
    GETBIT k 104
    GETBIT k 4294967295
    GETBIT missing 0
    SETBIT new 15 0
    GET new
    SET n 12
    SETBIT n 6 1
    GET n
    SET n 5 EX 1000
    SETBIT n 30 1
    TTL n
    GET n
    setbit k 0 1
    GETBIT k 0
  `,
  'SETBIT and GETBIT: bad arguments': `
    SETBIT k
    SETBIT k 0
    SETBIT k 0 1 2
    GETBIT k
    GETBIT k 0 0
    SETBIT k -1 1
    SETBIT k 4294967296 1
    SETBIT k 9223372036854775807 1
    SETBIT k 9223372036854775808 1
    SETBIT k x 1
    SETBIT k "" 1
    SETBIT k 1.5 1
    SETBIT k 01 1
    SETBIT k #1 1
    SETBIT k " 1" 1
    SETBIT k x x
    SETBIT k 0 2
    SETBIT k 0 -1
    SETBIT k 0 x
    SETBIT k 0 ""
    SETBIT k 0 9223372036854775807
    SETBIT k 0 9223372036854775808
    GETBIT k -1
    GETBIT k 4294967296
    GETBIT k x
    GETBIT missing -1
    EXISTS k
  `,
  'BITCOUNT and BITPOS: every range of zeros and ones': ranges('SET k "\\x00\\xff\\xf0"'),
  'BITCOUNT and BITPOS: every range of ones': ranges('SET k "\\xff\\xff\\xff"'),
  'BITCOUNT and BITPOS: every range of zeros': ranges('SETBIT k 23 0'),
  'BITCOUNT and BITPOS: every range of a byte': ranges('SET k "\\x08"'),
  'BITCOUNT and BITPOS: every range of nothing': ranges('SET k ""'),
  'BITCOUNT and BITPOS: every range of a missing key': ranges('DEL k'),
  'BITCOUNT and BITPOS: an integer': ranges('SET k 123'),
  'BITCOUNT and BITPOS: bad arguments': `
    BITCOUNT
    BITCOUNT missing x
    BITCOUNT missing x y
    BITCOUNT missing 0 0 junk junk
    BITPOS missing 1 x
    BITPOS missing 0 x y z
    BITPOS missing 2
    BITPOS missing x
    BITPOS k
    SET k abc
    BITCOUNT k x
    BITCOUNT k x 0
    BITCOUNT k 0 x
    BITCOUNT k 0 0 x
    BITCOUNT k x 0 y
    BITCOUNT k 0 0 BIT x
    BITCOUNT k -1 -2 junk
    BITCOUNT k -1 -1 junk
    BITCOUNT k -9223372036854775807 -9223372036854775808
    BITCOUNT k -9223372036854775808 -9223372036854775807
    BITCOUNT k -9223372036854775808 9223372036854775807
    BITCOUNT k -9223372036854775808 9223372036854775807 BIT
    BITCOUNT k 9223372036854775807 9223372036854775807
    BITCOUNT k 0 9223372036854775808
    BITPOS k 2
    BITPOS k -1
    BITPOS k 9223372036854775807
    BITPOS k 9223372036854775808
    BITPOS k x
    BITPOS k 1 x
    BITPOS k 1 x 0
    BITPOS k 1 0 x
    BITPOS k 1 0 x BIT
    BITPOS k 1 0 x y
    BITPOS k 1 x 0 y
    BITPOS k 1 0 0 y
    BITPOS k 1 0 0 BIT y
    BITPOS k 1 -9223372036854775808 9223372036854775807
    BITPOS k 1 -9223372036854775808 9223372036854775807 BIT
    BITPOS k 0 9223372036854775807
  `,
  'BITOP: lengths and missing keys': `
    SET a "\\xff\\x0f\\x00\\xaa\\x55 and so on, so that whole words of it are combined, and some bytes after them"
    SET b "\\x0f\\xff\\x01 something else of another length"
    SET c "\\x33"
    SET empty ""
    BITOP AND d a
    GET d
    BITOP AND d a b
    GET d
    BITOP AND d a b c
    GET d
    BITOP AND d a b c missing
    GET d
    BITOP OR d a b c missing
    GET d
    BITOP XOR d a b c empty
    GET d
    BITOP XOR d a a
    GET d
    BITOP NOT d a
    GET d
    BITOP NOT d missing
    EXISTS d
    BITOP NOT d c
    BITOP AND d missing empty
    EXISTS d
    BITOP OR d missing
    BITOP XOR c a b c
    GET c
    BITOP NOT a a
    GET a
    BITOP OR b b
    GET b
    SET d v EX 1000
    BITOP OR d a b
    TTL d
    OBJECT ENCODING d
    SET n 12345
    BITOP NOT d n
    GET d
    BITOP OR d n
    OBJECT ENCODING d
    DEL d
    BITOP XOR d n
    OBJECT ENCODING d
  `,
  'BITOP: bad arguments': `
    BITOP
    BITOP AND
    BITOP AND d
    BITOP NOT d
    BITOP NAND d a
    BITOP "" d a
    BITOP NOT d a b
    BITOP NOT d a a
    BITOP not d a b c
    SET d v
    BITOP FOO d a b
    GET d
  `,
  'BITFIELD: reads and writes': `
    BITFIELD k
    BITFIELD k GET u8 0
    EXISTS k
    BITFIELD k SET u8 0 255 GET u8 0 GET i8 0 GET u4 4 GET u16 0
    GET k
    STRLEN k
    BITFIELD k SET u8 #3 1
    STRLEN k
    BITFIELD k INCRBY i5 100 1 GET u4 0
    STRLEN k
    BITFIELD k SET i64 1 -2 GET i64 1 GET u63 2 GET i64 0
    BITFIELD k GET u1 0 GET u1 7 GET u1 1000000 GET i64 30
    BITFIELD new OVERFLOW FAIL SET u2 100 4
    STRLEN new
    BITFIELD zeros SET u1 20 0
    STRLEN zeros
    BITFIELD k OVERFLOW SAT INCRBY u8 0 300 OVERFLOW FAIL INCRBY u8 0 1 OVERFLOW WRAP INCRBY u8 0 1
    SET n 100
    BITFIELD n GET u8 0 INCRBY u8 0 1
    GET n
    OBJECT ENCODING n
    SET t 1 EX 1000
    BITFIELD t INCRBY u32 0 1
    TTL t
    GET t
    bitfield k get u8 0 Overflow Sat incrby u8 0 1
    BITFIELD_RO k
    BITFIELD_RO k GET u8 0 GET i64 0 GET u8 #2
    BITFIELD_RO missing GET u8 0
    BITFIELD_RO k OVERFLOW SAT
    BITFIELD_RO k OVERFLOW SAT GET u8 0
  `,
  'BITFIELD: bad arguments, of which nothing comes': `
    BITFIELD
    BITFIELD_RO
    BITFIELD k FOO
    BITFIELD k GET
    BITFIELD k GET u8
    BITFIELD k SET u8 0
    BITFIELD k INCRBY u8 0
    BITFIELD k OVERFLOW
    BITFIELD k OVERFLOW FOO
    BITFIELD k OVERFLOW FOO GET u8 0
    BITFIELD k OVERFLOW SAT OVERFLOW
    BITFIELD k SET u8 0 1 GET
    BITFIELD k SET u8 0 1 OVERFLOW
    BITFIELD k SET u8 0 1 GET u64 0
    BITFIELD k GET u64 0
    BITFIELD k GET i65 0
    BITFIELD k GET u0 0
    BITFIELD k GET i0 0
    BITFIELD k GET u-1 0
    BITFIELD k GET U8 0
    BITFIELD k GET 8 0
    BITFIELD k GET u 0
    BITFIELD k GET "" 0
    BITFIELD k GET u08 0
    BITFIELD k GET u8 -1
    BITFIELD k GET u8 4294967296
    BITFIELD k GET u8 x
    BITFIELD k GET u8 ""
    BITFIELD k GET u8 #
    BITFIELD k GET u8 #-1
    BITFIELD k GET u8 #x
    BITFIELD k GET u8 #536870912
    BITFIELD k GET u8 #536870911
    BITFIELD k GET i64 #67108863
    BITFIELD k GET i64 4294967295
    BITFIELD k SET u8 0 x
    BITFIELD k SET u8 x x
    BITFIELD k SET x x x
    BITFIELD k SET u8 0 9223372036854775808
    BITFIELD k INCRBY u8 0 -9223372036854775809
    BITFIELD k INCRBY u8 0 1.5
    BITFIELD_RO k SET u8 0 1
    BITFIELD_RO k INCRBY u8 0 1
    BITFIELD_RO k GET u8 0 SET u8 0 1
    BITFIELD_RO k SET u8 0 x
    BITFIELD_RO k FOO
    EXISTS k
    BITFIELD k GET u8 #2305843009213693951
    BITFIELD k SET u8 #2305843009213693952 1
  `,
  'BITFIELD: the limits of every type': limits(),
  'bitmaps: what COMMAND says of them': `
    COMMAND INFO setbit getbit bitcount bitpos bitop bitfield bitfield_ro
    COMMAND DOCS setbit getbit bitcount bitpos bitop bitfield bitfield_ro
    COMMAND GETKEYS BITOP AND d a b
    COMMAND GETKEYSANDFLAGS BITOP AND d a b
    COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 OVERFLOW SAT
    COMMAND GETKEYSANDFLAGS BITFIELD k GET u8 0 SET u8 0 1
    COMMAND GETKEYSANDFLAGS BITFIELD k GET
    COMMAND GETKEYSANDFLAGS BITFIELD_RO k GET u8 0
    COMMAND GETKEYSANDFLAGS SETBIT k 0 1
    COMMAND LIST FILTERBY ACLCAT bitmap
  `,
};
