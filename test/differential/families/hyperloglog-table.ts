/**
 * Hand-picked programs about HyperLogLogs, one request a line; `table.ts` tells how they are written.
 *
 * Each step is followed by a GET of what it may have changed, in one way or another.
 */

const HEADER = 'HYLL\\x01\\x00\\x00\\x00';
const STALE = '\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x80';

/** A quoted sparse value with a stale cardinality. */
function sparse(...bytes: number[]): string {
  return `"${HEADER}${STALE}${bytes.map(escaped).join('')}"`;
}

/** A quoted dense value whose registers are all the same byte, over and over. */
function dense(byte: number, size = 12288): string {
  return `"HYLL\\x00\\x00\\x00\\x00${STALE}${escaped(byte).repeat(size)}"`;
}

function escaped(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** PFADD of `count` elements in requests of `step`, with a GET after each. */
function adding(key: string, count: number, step: number): string {
  const lines: string[] = [];
  for (let from = 0; from < count; from += step) {
    const elements = Array.from({ length: step }, (_, i) => `element:${from + i}`);
    lines.push(`PFADD ${key} ${elements.join(' ')}`, `GET ${key}`);
  }
  return lines.join('\n');
}

/** What every command says of a value, which is set anew before each. */
function everyCommand(value: string): string {
  const commands = [
    'PFADD k',
    'PFADD k a',
    'PFADD k a b c d e f g h i j k l m n o p q r s t u v w x y z',
    'PFCOUNT k',
    'PFCOUNT k other',
    'PFCOUNT other k',
    'PFMERGE k',
    'PFMERGE k other',
    'PFMERGE other k',
    'PFMERGE new k other',
    'PFDEBUG GETREG k',
    'PFDEBUG DECODE k',
    'PFDEBUG ENCODING k',
    'PFDEBUG TODENSE k',
    'PFDEBUG nosuch k',
  ];
  const lines = commands.flatMap((command) => [
    `SET k ${value}`,
    'DEL other new',
    'PFADD other x y',
    command,
    'GET k',
    'GET other',
    'GET new',
    'OBJECT ENCODING k',
  ]);
  return lines.join('\n');
}

const ALL_ZERO = [0x7f, 0xff];

export const HYPERLOGLOG_PROGRAMS: Readonly<Record<string, string>> = {
  'PFADD and PFCOUNT': `
    PFADD
    PFADD k
    GET k
    TYPE k
    STRLEN k
    OBJECT ENCODING k
    PFADD k
    PFCOUNT k
    GET k
    PFADD k a b c
    GET k
    PFADD k a b c
    PFADD k c c c d
    GET k
    PFCOUNT k
    GET k
    PFCOUNT k
    PFADD k a
    GET k
    PFADD k ""
    PFADD k "\\x00\\xff\\r\\n"
    PFADD new ""
    GET new
    PFCOUNT k new
    PFCOUNT new k missing
    PFCOUNT missing
    PFCOUNT missing absent
    PFCOUNT
    pfcount k
    EXPIRE k 100000
    PFADD k e
    TTL k
    PFCOUNT k
    TTL k
    PFADD k f g h
    TTL k
    OBJECT ENCODING k
  `,
  PFMERGE: `
    PFMERGE
    PFMERGE new
    GET new
    PFMERGE new missing absent
    GET new
    PFADD a 1 2 3
    PFADD b 3 4 5
    PFMERGE c a b
    GET c
    PFCOUNT c
    GET c
    PFMERGE c c
    GET c
    PFMERGE a b
    GET a
    PFMERGE a a a b b
    GET a
    PFCOUNT a b c
    EXPIRE a 100000
    PFMERGE a c
    TTL a
    PFDEBUG TODENSE b
    PFMERGE d a b
    GET d
    PFMERGE b a
    GET b
    PFMERGE a b
    GET a
    TTL a
    SET s string
    PFMERGE s a
    PFMERGE a s
    PFMERGE x a s
    EXISTS x
    GET s
  `,
  PFDEBUG: `
    PFDEBUG
    PFDEBUG GETREG
    PFDEBUG GETREG missing
    PFDEBUG nosuch missing
    PFDEBUG GETREG k k
    SET s string
    PFDEBUG ENCODING s
    PFADD k a b c
    PFDEBUG ENCODING k
    PFDEBUG DECODE k
    PFDEBUG nosuch k
    PFDEBUG "no\\r\\nsuch" k
    PFDEBUG "no\\x00such" k
    PFDEBUG TODENSE k
    GET k
    PFDEBUG TODENSE k
    PFDEBUG DECODE k
    PFDEBUG encoding k
    PFDEBUG getreg k
    PFADD k2 a b c
    EXPIRE k2 100000
    PFDEBUG getreg k2
    GET k2
    TTL k2
    PFSELFTEST
    PFSELFTEST x
  `,
  'PFADD: one element after the other': adding('k', 200, 1),
  'PFADD: from sparse to dense': `
    ${adding('k', 3000, 50)}
    PFCOUNT k
    GET k
    PFADD k element:1 element:2
    PFADD k other:1 other:2 other:3
    GET k
    ${adding('k', 100, 20)}
  `,
  'PFMERGE: from sparse to dense': `
    ${adding('a', 800, 100)}
    PFADD b ${Array.from({ length: 800 }, (_, i) => `other:${i}`).join(' ')}
    PFADD c ${Array.from({ length: 900 }, (_, i) => `third:${i}`).join(' ')}
    PFMERGE d a b
    GET d
    PFCOUNT a b c
    PFMERGE d c
    GET d
    PFCOUNT d
    PFMERGE e a b c
    GET e
    PFMERGE f c b a
    GET f
    PFMERGE a e
    GET a
    PFCOUNT a d e f
  `,
  'hll-sparse-max-bytes': `
    CONFIG GET hll-sparse-max-bytes
    CONFIG SET hll-sparse-max-bytes 0
    PFADD a x
    GET a
    CONFIG SET hll-sparse-max-bytes 24
    ${adding('b', 12, 1)}
    CONFIG SET hll-sparse-max-bytes 300
    ${adding('c', 400, 20)}
    PFADD d ${Array.from({ length: 90 }, (_, i) => `other:${i}`).join(' ')}
    PFADD e ${Array.from({ length: 90 }, (_, i) => `third:${i}`).join(' ')}
    PFMERGE d e
    GET d
    CONFIG SET hll-sparse-max-bytes 20000
    PFADD f ${Array.from({ length: 5000 }, (_, i) => `many:${i}`).join(' ')}
    GET f
    PFCOUNT f
    PFMERGE g f e
    GET g
    CONFIG SET hll-sparse-max-bytes 50
    PFADD f one two three four five
    GET f
    PFMERGE e
    GET e
    CONFIG SET hll-sparse-max-bytes -1
    CONFIG SET hll-sparse-max-bytes x
    CONFIG SET hll-sparse-max-bytes 3000
    CONFIG GET hll-sparse-max-bytes
  `,
  'values that are no HyperLogLogs': [
    '""',
    '12345',
    'HYLL',
    '"HYLL\\x01\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"',
    `"hyll\\x01\\x00\\x00\\x00${STALE}\\x7f\\xff"`,
    `"HYLL\\x02\\x00\\x00\\x00${STALE}\\x7f\\xff"`,
    `"HYLL\\xff\\x00\\x00\\x00${STALE}\\x7f\\xff"`,
    dense(0, 12287),
    dense(0, 12289),
    dense(0, 0),
  ]
    .map(everyCommand)
    .join('\n'),
  'sparse values that are corrupt, or nearly': [
    sparse(),
    sparse(...ALL_ZERO),
    sparse(...ALL_ZERO, 0x84),
    sparse(...ALL_ZERO, 0x00),
    sparse(0x7f, 0xfe),
    sparse(0x7f, 0xfe, 0x40),
    sparse(0x7f, 0xfe, 0x40, 0x00),
    sparse(0x7f, 0xfe, 0x41),
    sparse(0x40, 0x00, 0x7f, 0xfe),
    sparse(0x84, 0x7f, 0xfe),
    sparse(0xff, 0xff, 0xff, 0xff, 0x7f, 0xef),
    sparse(0xff, 0xff, 0xff, 0xff, 0x7f, 0xf0),
    sparse(0x3f, 0x3f, 0x00, 0x7f, 0x7e),
    sparse(0x80),
  ]
    .map(everyCommand)
    .join('\n'),
  'dense values with registers of all kinds': [0x00, 0x41, 0x55, 0x92, 0xc3, 0xcf, 0xf3, 0xff]
    .map((byte) => everyCommand(dense(byte)))
    .join('\n'),
  'cached cardinalities of all sizes': [
    '\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00',
    '\\xff\\xff\\xff\\xff\\x00\\x00\\x00\\x00',
    '\\xff\\xff\\xff\\xff\\xff\\xff\\x1f\\x00',
    '\\x00\\x00\\x00\\x00\\x00\\x00\\x20\\x00',
    '\\x01\\x00\\x00\\x00\\x00\\x00\\x20\\x00',
    '\\xff\\xff\\xff\\xff\\xff\\xff\\xff\\x7f',
  ]
    .map((cached) => `SET k "${HEADER}${cached}\\x7f\\xff"\nPFCOUNT k\nPFADD k a\nGET k\nPFCOUNT k\nGET k`)
    .join('\n'),
  'HyperLogLogs: COMMAND': `
    COMMAND INFO pfadd pfcount pfmerge pfdebug pfselftest
    COMMAND DOCS pfadd pfcount pfmerge pfdebug pfselftest
    COMMAND GETKEYS PFADD k a b
    COMMAND GETKEYS PFCOUNT a b c
    COMMAND GETKEYS PFMERGE a
    COMMAND GETKEYS PFMERGE a b c
    COMMAND GETKEYS PFDEBUG ENCODING k
    COMMAND GETKEYSANDFLAGS PFMERGE a b c
    COMMAND GETKEYS PFSELFTEST
  `,
};
