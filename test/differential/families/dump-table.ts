/** Hand-picked programs about DUMP and RESTORE; the payloads are what redis-server 7.0.15 has written. */

const ABC = '"\\x00\\x03abc\\x0a\\x00\\xd9\\xac0=Ar\\xa2\\xe2"';
const INTEGER = '"\\x00\\xc0\\x07\\x0a\\x00t\\xcdH\\xa2\\x83\\xab\\xce\\x92"';

export const DUMP_PROGRAMS: Readonly<Record<string, string>> = {
  'DUMP: short strings': `
    DUMP missing
    DUMP
    DUMP a b
    SET k abc
    DUMP k
    SET k ""
    DUMP k
    SET k 0
    DUMP k
    SET k -1
    DUMP k
    SET k 127
    DUMP k
    SET k 128
    DUMP k
    SET k -128
    DUMP k
    SET k -129
    DUMP k
    SET k 32767
    DUMP k
    SET k 32768
    DUMP k
    SET k -32768
    DUMP k
    SET k -32769
    DUMP k
    SET k 2147483647
    DUMP k
    SET k 2147483648
    DUMP k
    SET k -2147483648
    DUMP k
    SET k -2147483649
    DUMP k
    SET k 007
    DUMP k
    SET k -0
    DUMP k
    SET k 12345678901234567890
    DUMP k
    SET k 01234567890123456789
    DUMP k
    SET k "\\x00\\xff\\r\\n"
    DUMP k
    APPEND k x
    DUMP k
  `,
  'RESTORE: options and their order': `
    RESTORE k 0 ${ABC}
    GET k
    TTL k
    RESTORE k 0 ${INTEGER}
    GET k
    RESTORE k 0 ${INTEGER} REPLACE
    GET k
    INCR k
    RESTORE k 100000 ${ABC} REPLACE
    TTL k
    RESTORE k 4000000000000 ${ABC} REPLACE ABSTTL
    PEXPIRETIME k
    RESTORE k 1 ${ABC} REPLACE ABSTTL
    EXISTS k
    RESTORE k 1 ${ABC} ABSTTL
    EXISTS k
    RESTORE k -1 ${ABC}
    RESTORE k abc ${ABC}
    RESTORE k 1.5 ${ABC}
    RESTORE k 99999999999999999999 ${ABC}
    RESTORE k 0 ${ABC} junk
    RESTORE k 0 ${ABC} IDLETIME
    RESTORE k 0 ${ABC} IDLETIME abc
    RESTORE k 0 ${ABC} IDLETIME -1
    RESTORE k 0 ${ABC} IDLETIME 1000
    OBJECT IDLETIME k
    RESTORE k 0 ${ABC} REPLACE FREQ
    RESTORE k 0 ${ABC} REPLACE FREQ abc
    RESTORE k 0 ${ABC} REPLACE FREQ -1
    RESTORE k 0 ${ABC} REPLACE FREQ 256
    RESTORE k 0 ${ABC} REPLACE FREQ 255
    RESTORE k 0 ${ABC} REPLACE FREQ 1 IDLETIME 1
    RESTORE k 0 ${ABC} REPLACE IDLETIME 1 FREQ 1
    RESTORE k 0 ${ABC} REPLACE IDLETIME 1 IDLETIME 2
    OBJECT IDLETIME k
    SET k old
    RESTORE k abc junk REPLACE
    RESTORE k -1 junk REPLACE
    RESTORE k 0 junk REPLACE
    RESTORE k 0 junk
    RESTORE k abc junk
    RESTORE k 0
    RESTORE
    GET k
  `,
  'RESTORE: payloads that are none': `
    RESTORE k 0 ""
    RESTORE k 0 short
    RESTORE k 0 "\\x00\\x03abd\\x0a\\x00\\xd9\\xac0=Ar\\xa2\\xe2"
    RESTORE k 0 "\\x00\\x03abc\\x0b\\x00\\xd9\\xac0=Ar\\xa2\\xe2"
    RESTORE k 0 "\\x00\\x03abc\\x0a\\x00\\xd9\\xac0=Ar\\xa2\\xe3"
    RESTORE k 0 "\\x00\\x00\\x03abc\\x0a\\x00\\xd9\\xac0=Ar\\xa2\\xe2"
    GET k
    EXISTS k
  `,
  'COMMAND GETKEYS': `
    COMMAND GETKEYS
    COMMAND GETKEYS nosuch a
    COMMAND GETKEYS get
    COMMAND GETKEYS get a
    COMMAND GETKEYS GET a b
    COMMAND GETKEYS ping a
    COMMAND GETKEYS mset a 1 b 2
    COMMAND GETKEYS mset a 1 b
    COMMAND GETKEYS config get a
    COMMAND GETKEYS set k v get
    COMMAND GETKEYS memory usage a
    COMMAND GETKEYS object encoding a
    COMMAND GETKEYS bitop and d a b
    COMMAND GETKEYSANDFLAGS
    COMMAND GETKEYSANDFLAGS set k v
    COMMAND GETKEYSANDFLAGS set k v get
    COMMAND GETKEYSANDFLAGS SET k v EX 10 GET
    COMMAND GETKEYSANDFLAGS rename a b
    COMMAND GETKEYSANDFLAGS copy a b
    COMMAND GETKEYSANDFLAGS bitop not d a
    COMMAND GETKEYSANDFLAGS bitfield k get u8 0
    COMMAND GETKEYSANDFLAGS bitfield k get u8 0 set u8 0 1
    COMMAND GETKEYSANDFLAGS pfmerge d a b
    COMMAND GETKEYSANDFLAGS mget a b
    COMMAND LIST FILTERBY
    COMMAND LIST FILTERBY PATTERN
    COMMAND LIST FILTERBY nosuch x
    COMMAND LIST FILTERBY MODULE nosuch
    COMMAND LIST FILTERBY PATTERN xnosuch*
    COMMAND LIST FILTERBY PATTERN expire*
    COMMAND LIST FILTERBY ACLCAT bitmap
    COMMAND INFO dump restore memory lolwut copy bitop
    COMMAND INFO command|getkeys memory|usage memory|stats memory|purge memory|doctor
    LOLWUT VERSION x
    LOLWUT VERSION
    MEMORY
    MEMORY nosuch
    MEMORY USAGE
    MEMORY USAGE missing
    MEMORY USAGE missing SAMPLES
    MEMORY USAGE missing SAMPLES x
    MEMORY USAGE missing SAMPLES -1
    MEMORY USAGE missing SAMPLES 0
    MEMORY USAGE missing junk 1
    MEMORY USAGE missing SAMPLES 1 SAMPLES 2
    MEMORY PURGE
    MEMORY PURGE x
    MEMORY STATS x
    MEMORY DOCTOR
  `,
};
