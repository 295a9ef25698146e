/** Hand-picked programs on strings: their parts, floats, several at once, and what is read and changed in one go. */

const RNA_1 =
  'CACCTTCCCAGGTAACAAACCAACCAACTTTCGATCTCTTGTAGATCTGTTCTCTAAACGAACTTTAAAATCTGTGTGGCTGTCACTCGGCTGCATGCTTAGTGCACTC';
const RNA_2 =
  'ATTAAAGGTTTATACCTTCCCAGGTAACAAACCAACCAACTTTCGATCTCTTGTAGATCTGTTCTCTAAACGAACTTTAAAATCTGTGTGGCTGTCACTCGGCTGCATG';

export const STRING_PROGRAMS: Readonly<Record<string, string>> = {
  'GETSET, GETDEL, SETNX': `
    GETSET k a
    GETSET k b
    GET k
    SET k c EX 100000
    GETSET k 7
    TTL k
    GETDEL k
    GETDEL k
    EXISTS k
    SETNX k x
    SETNX k y
    GET k
    SET k v EXAT 1
    SETNX k w
    SET k v EXAT 1
    GETDEL k
    SET k v EXAT 1
    GETSET k w
    GETSET k
    GETSET k a b
    GETDEL
    GETDEL a b
    SETNX k
    SETNX k v NX
  `,
  GETEX: `
    GETEX missing
    GETEX missing EX abc
    GETEX missing EX 0
    GETEX missing EX
    GETEX missing junk
    SET k v
    GETEX k
    GETEX k PERSIST
    TTL k
    GETEX k EX 100000
    TTL k
    GETEX k
    TTL k
    GETEX k PX 200000000
    PTTL k
    GETEX k EXAT 4000000000
    EXPIRETIME k
    GETEX k PXAT 4000000000123
    PEXPIRETIME k
    GETEX k PERSIST PERSIST
    TTL k
    GETEX k EX 10 EX 100000
    TTL k
    GETEX k EX 10 PX 10
    GETEX k EX 10 PERSIST
    GETEX k PERSIST EX 10
    GETEX k EX
    GETEX k KEEPTTL
    GETEX k GET
    GETEX k NX
    GETEX k EX 0
    GETEX k EX -1
    GETEX k PXAT -5
    GETEX k EX 1.5
    GETEX k EX 9223372036854775807
    GETEX k PX 9223372036854775807
    GETEX k persist
    TTL k
    GETEX k EXAT 1
    EXISTS k
    SET k v
    GETEX k PXAT 1
    GET k
    GETEX
    SET k ""
    GETEX k ex 100000
    TTL k
  `,
  'GETRANGE and SUBSTR': `
    GETRANGE missing 0 -1
    SET k "Hello World"
    GETRANGE k 0 3
    GETRANGE k 0 -1
    GETRANGE k -4 -1
    GETRANGE k 5 3
    GETRANGE k 5 5000
    GETRANGE k -5000 10000
    GETRANGE k 0 -100
    GETRANGE k 1 -100
    GETRANGE k -1 -100
    GETRANGE k -100 -99
    GETRANGE k -100 -100
    GETRANGE k -100 -101
    GETRANGE k 10 10
    GETRANGE k 11 11
    GETRANGE k 0 4294967297
    GETRANGE k -9223372036854775808 9223372036854775807
    GETRANGE k -9223372036854775807 -9223372036854775808
    GETRANGE k -9223372036854775808 -9223372036854775807
    GETRANGE k -9223372036854775808 -9223372036854775808
    GETRANGE k 9223372036854775807 9223372036854775807
    GETRANGE k 9223372036854775808 1
    GETRANGE k x 1
    GETRANGE k 1 1.0
    GETRANGE k 1
    GETRANGE k 1 2 3
    GETRANGE missing x 1
    SET n 1234
    GETRANGE n 0 2
    GETRANGE n -3 -1
    SET e ""
    GETRANGE e 0 0
    GETRANGE e -1 -1
    SUBSTR k 0 3
    SUBSTR k -4 -1
    SUBSTR missing 0 1
    SUBSTR k 1
  `,
  SETRANGE: `
    SETRANGE k 0 ""
    EXISTS k
    SETRANGE k 5 ""
    SETRANGE k 1 foo
    GET k
    SETRANGE k 0 a
    SETRANGE k 2 XYZ
    GET k
    SETRANGE k 10 end
    GET k
    STRLEN k
    SETRANGE k 0 ""
    SETRANGE k 100 ""
    STRLEN k
    SETRANGE k -1 a
    SETRANGE k -1 ""
    SETRANGE k abc a
    SETRANGE k 1.0 a
    SETRANGE k 536870911 ab
    SETRANGE missing 536870911 ab
    SETRANGE missing 536870912 ""
    SETRANGE k 536870912 ""
    SETRANGE k 9223372036854775807 a
    SETRANGE k 9223372036854775808 a
    SETRANGE k 4611686018427387904 a
    EXISTS missing
    SET n 1234 EX 100000
    SETRANGE n 1 99
    TTL n
    INCR n
    SETRANGE n 0 ""
    SET t v EXAT 1
    SETRANGE t 1 x
    GET t
    TTL t
    SETRANGE k 0
    SETRANGE k 0 a b
    SET long 0
    SETRANGE long 20000 end
    STRLEN long
    GETRANGE long 0 10
    GETRANGE long -5 -1
    CONFIG SET proto-max-bulk-len 1048576
    SETRANGE k 1048575 a
    SETRANGE k 1048576 a
    APPEND k a
    CONFIG SET proto-max-bulk-len 536870912
  `,
  INCRBYFLOAT: `
    INCRBYFLOAT n 10.50
    INCRBYFLOAT n 0.1
    INCRBYFLOAT n -5
    INCRBYFLOAT n 5.0e3
    SET n 5.0e3
    INCRBYFLOAT n 2.0e2
    SET n 3.0
    INCRBYFLOAT n 1.1
    INCRBYFLOAT n 1.1
    SET n 17179869184
    INCRBYFLOAT n 1.5
    SET n 9223372036854775807
    INCRBYFLOAT n 1
    INCRBYFLOAT n 1
    SET n 18446744073709551615
    INCRBYFLOAT n 1
    INCRBYFLOAT n 1
    SET n 0.1
    INCRBYFLOAT n 0.2
    INCRBYFLOAT n -0.3
    SET n 0
    INCRBYFLOAT n 1e-17
    INCRBYFLOAT n -1e-18
    SET n 0
    INCRBYFLOAT n -1e-20
    INCRBYFLOAT n 5e-18
    INCRBYFLOAT n -0
    SET n 0
    INCRBYFLOAT n 1e4932
    STRLEN n
    INCRBYFLOAT n 1e4932
    INCRBYFLOAT n 1.7e4931
    INCRBYFLOAT n -1e4932
    INCRBYFLOAT x 1e4933
    INCRBYFLOAT x -1e4933
    INCRBYFLOAT x inf
    INCRBYFLOAT x -inf
    INCRBYFLOAT x Infinity
    INCRBYFLOAT x nan
    INCRBYFLOAT x nan(1)
    INCRBYFLOAT x +inf
    INCRBYFLOAT x 1e-4960
    INCRBYFLOAT x 0e99999
    INCRBYFLOAT x 0x10
    INCRBYFLOAT x 0x1.8p1
    INCRBYFLOAT x 0x1p-20
    INCRBYFLOAT x +1
    INCRBYFLOAT x .5
    INCRBYFLOAT x 5.
    INCRBYFLOAT x .
    INCRBYFLOAT x ""
    INCRBYFLOAT x " 1"
    INCRBYFLOAT x "1 "
    INCRBYFLOAT x "1\\x00"
    INCRBYFLOAT x "\\n1"
    INCRBYFLOAT x abc
    INCRBYFLOAT x 1e
    INCRBYFLOAT x 1e+
    INCRBYFLOAT x 1_000
    SET s inf
    INCRBYFLOAT s 1
    INCRBYFLOAT s -inf
    INCRBYFLOAT s abc
    SET s nan
    INCRBYFLOAT s 1
    SET s abc
    INCRBYFLOAT s 1
    INCRBYFLOAT s inf
    SET s " 1"
    INCRBYFLOAT s 1
    SET s ""
    INCRBYFLOAT s 1
    SET t 1.5 EX 100000
    INCRBYFLOAT t 1
    TTL t
    SET t 1.5 EXAT 1
    INCRBYFLOAT t 1
    TTL t
    SET i 5
    INCRBYFLOAT i 1
    INCR i
    INCRBYFLOAT i 0.5
    INCR i
    INCRBYFLOAT
    INCRBYFLOAT i
    INCRBYFLOAT i 1 2
    SET d ${'1'.repeat(5118)}
    INCRBYFLOAT d 1
    SET d ${`0.${'3'.repeat(5117)}`}
    INCRBYFLOAT d 1
    SET d ${`0.${'3'.repeat(5118)}`}
    INCRBYFLOAT d 1
    INCRBYFLOAT e ${`0.${'3'.repeat(5118)}`}
  `,
  'OBJECT ENCODING of strings': `
    SET k 007
    OBJECT ENCODING k
    SET k 7
    OBJECT ENCODING k
    INCRBYFLOAT k 1
    OBJECT ENCODING k
    INCR k
    OBJECT ENCODING k
    APPEND new 12
    OBJECT ENCODING new
    APPEND new 3
    OBJECT ENCODING new
    APPEND new ""
    EXPIRE new 100000
    OBJECT ENCODING new
    PERSIST new
    OBJECT ENCODING new
    GETSET new 12
    OBJECT ENCODING new
    APPEND new ""
    OBJECT ENCODING new
    SETRANGE range 0 12
    OBJECT ENCODING range
    DECR range
    OBJECT ENCODING range
    SETRANGE range 0 ""
    OBJECT ENCODING range
    SETRANGE range 0 5
    OBJECT ENCODING range
    GETEX range EX 100000
    OBJECT ENCODING range
    GETSET get 5
    OBJECT ENCODING get
    SETNX nx 5
    OBJECT ENCODING nx
    SETEX ex 100000 5
    OBJECT ENCODING ex
    MSET m 1 n abc
    OBJECT ENCODING m
    OBJECT ENCODING n
    MSETNX o 1 p abc
    OBJECT ENCODING o
    SET q 5 KEEPTTL
    OBJECT ENCODING q
    SET s -9223372036854775808
    OBJECT ENCODING s
    SET s 9223372036854775807
    OBJECT ENCODING s
    SET s 9223372036854775808
    OBJECT ENCODING s
    SET s -0
    OBJECT ENCODING s
    SET s ""
    OBJECT ENCODING s
    SET s " 1"
    OBJECT ENCODING s
    SET s ${'x'.repeat(44)}
    OBJECT ENCODING s
    SET s ${'x'.repeat(45)}
    OBJECT ENCODING s
    INCRBYFLOAT f 1e60
    OBJECT ENCODING f
    OBJECT ENCODING missing
  `,
  'COMMAND INFO of string commands': `
    COMMAND INFO get set setnx setex psetex getset getdel getex
    COMMAND INFO incr decr incrby decrby incrbyfloat
    COMMAND INFO getrange substr setrange append strlen
    COMMAND INFO mget mset msetnx lcs
  `,
  'MSETNX, and keys named twice': `
    MSETNX a 1 b 2
    MSETNX c 3 a 4
    MGET a b c
    MSETNX c 1 c 2
    GET c
    MSETNX c 3 c 4
    MSETNX d
    MSETNX d 1 e
    MSETNX
    EXISTS d
    SET x old EXAT 1
    MSETNX x 1 y 2
    MGET x y
    TTL x
    MSET a 1 a 2 a 3
    GET a
  `,
  LCS: `
    LCS a b
    LCS a b LEN
    LCS a b IDX
    MSET a ohmytext b mynewtext
    LCS a b
    LCS a b LEN
    LCS a b IDX
    LCS a b IDX MINMATCHLEN 4
    LCS a b IDX MINMATCHLEN 4 WITHMATCHLEN
    LCS a b IDX WITHMATCHLEN
    LCS a b WITHMATCHLEN
    LCS a b MINMATCHLEN 3
    LCS a b LEN WITHMATCHLEN MINMATCHLEN 3
    LCS a b idx withmatchlen minmatchlen -1
    LCS a b IDX MINMATCHLEN -9223372036854775808
    LCS a b IDX MINMATCHLEN 9223372036854775807
    LCS a b IDX MINMATCHLEN x
    LCS a b IDX MINMATCHLEN 9223372036854775808
    LCS a b MINMATCHLEN
    LCS a b LEN IDX
    LCS a b IDX LEN junk
    LCS a b junk
    LCS a
    LCS a b IDX IDX
    LCS a a
    LCS a a IDX
    LCS a missing
    LCS a missing IDX
    LCS missing a LEN
    MSET virus1 ${RNA_1} virus2 ${RNA_2}
    LCS virus1 virus2
    LCS virus2 virus1
    LCS virus1 virus2 LEN
    LCS virus1 virus2 IDX
    LCS virus2 virus1 IDX WITHMATCHLEN
    LCS virus1 virus2 IDX WITHMATCHLEN MINMATCHLEN 5
    MSET p abcabba q cbabac
    LCS p q
    LCS q p
    LCS p q IDX
    LCS q p IDX
    MSET z "\\x00\\xff\\x00" y "\\xff\\x00\\xff"
    LCS z y
    LCS z y IDX WITHMATCHLEN
    SETRANGE long 12000 x
    LCS long long LEN
    LCS long long
    LCS long a LEN
  `,
};
