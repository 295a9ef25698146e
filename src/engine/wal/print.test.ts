import assert from 'node:assert/strict';
import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { viewOf } from '../../base/bytes.js';
import { checkLog } from './check.js';
import { DIRECTORY, LogHarness } from './log-harness.case.js';
import { printLog } from './print.js';
import { escaped } from './print-text.js';
import {
  FLAG_EXPIRED,
  FLAG_NEW,
  OP_HASH_DELETE,
  OP_HASH_EXPIREAT,
  OP_HASH_SET,
  OP_HASH_UPDATE,
  OP_LIST_INSERT,
  OP_LIST_POP_LEFT,
  OP_LIST_POP_RIGHT,
  OP_LIST_PUSH_LEFT,
  OP_LIST_PUSH_RIGHT,
  OP_LIST_REMOVE,
  OP_LIST_SET,
  OP_LIST_TRIM,
  OP_SET_ADD,
  OP_SET_REMOVE,
  OP_ZSET_REMOVE,
  OP_ZSET_SET,
} from './record.js';
import { SimulatedDisk } from './simulated-disk.case.js';

/** Puts the log of a harness into a real directory for the length of `operation`. */
function onDisk(harness: LogHarness, operation: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), 'crabkv-wal-'));
  try {
    for (const name of harness.disk.list(DIRECTORY)) {
      writeFileSync(join(directory, name), harness.disk.contents(`${DIRECTORY}/${name}`));
    }
    operation(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function run(tool: (directory: string, out: { write(text: string): void }) => number, directory: string) {
  let text = '';
  const code = tool(directory, { write: (piece) => (text += piece) });
  return { code, text };
}

function example(): LogHarness {
  const harness = new LogHarness(new SimulatedDisk());
  harness.set('user:1', 'rust"acean\n\x00\xff');
  harness.set('a', 'b', 1_700_000_005_000);
  harness.drain();
  harness.rotate();
  harness.nowMs += 1500;
  harness.setGroup(['x', 'y'], '1', 100);
  const key = Buffer.from('key');
  harness.log.appendDelete(2, viewOf(key), 0, 3, false);
  harness.log.appendDelete(2, viewOf(key), 0, 3, true);
  harness.log.appendExpireAt(0, 1_700_000_009_000, viewOf(key), 0, 3);
  harness.log.appendPersist(0, viewOf(key), 0, 3);
  harness.log.appendAppend(0, viewOf(key), 0, 3, viewOf(key), 1, 2);
  harness.log.appendFlushDb(3);
  harness.log.appendFlushAll();
  harness.log.appendSetRange(0, false, viewOf(key), 0, 3, 70_000, viewOf(key), 1, 2);
  harness.log.appendSwapDb(1, 2);
  harness.drain();
  harness.set('large', 'L'.repeat(100_000));
  harness.drain();
  return harness;
}

test('the log is printed as commands with LSN, time and database', () => {
  onDisk(example(), (directory) => {
    const { code, text } = run(printLog, directory);
    assert.equal(code, 0);
    const first = '2023-11-14T22:13:20.000Z';
    const second = '2023-11-14T22:13:21.500Z';
    const lines = text.split('\n');
    assert.ok(
      lines.at(-2) === `344 ${second} 0 SET "large" "${'L'.repeat(100_000)}"`,
      lines.at(-2)!.slice(0, 80),
    );
    assert.deepEqual(lines.slice(0, -2), [
      `0 ${first} 0 SET "user:1" "rust\\"acean\\n\\x00\\xff"`,
      `40 ${first} 0 SET "a" "b" PXAT 1700000005000`,
      `72 ${second} - MULTI`,
      `80 ${second} 0 SET "x" "1"`,
      `104 ${second} 0 SET "y" "1"`,
      `72 ${second} - EXEC`,
      `184 ${second} 2 DEL "key"`,
      `200 ${second} 2 DEL "key" # expired`,
      `216 ${second} 0 PEXPIREAT "key" 1700000009000`,
      `240 ${second} 0 PERSIST "key"`,
      `256 ${second} 0 APPEND "key" "ey"`,
      `280 ${second} 3 FLUSHDB`,
      `288 ${second} 0 FLUSHALL`,
      `296 ${second} 0 SETRANGE "key" 70000 "ey"`,
      `328 ${second} 1 SWAPDB 1 2`,
    ]);
  });
});

test('records of collections are printed with their items', () => {
  const harness = new LogHarness(new SimulatedDisk());
  const { log } = harness;
  const key = viewOf(Buffer.from('key'));
  const record = (op: number, flags: number, put: () => void): void => {
    log.beginItems(op, flags, 0, key, 0, 3, 1000);
    put();
    log.endItems();
  };
  const item = (text: string): void => log.putItem(viewOf(Buffer.from(text, 'latin1')), 0, text.length);
  const items = (): void => {
    item('a b');
    item('\xff');
  };
  const numbers = (...list: number[]): void => {
    for (const number of list) log.putUint32(number);
  };
  record(OP_LIST_PUSH_LEFT, FLAG_NEW, items);
  record(OP_LIST_PUSH_RIGHT, 0, () => log.putInteger(-5));
  record(OP_LIST_POP_LEFT, 0, () => numbers(1));
  record(OP_LIST_POP_RIGHT, 0, () => numbers(20));
  record(OP_LIST_SET, 0, () => {
    numbers(3);
    item('x');
  });
  record(OP_LIST_INSERT, 0, () => {
    numbers(0);
    item('');
  });
  record(OP_LIST_REMOVE, 0, () => numbers(1, 4, 9));
  record(OP_LIST_TRIM, 0, () => numbers(10, 5));
  record(OP_SET_ADD, 0, items);
  record(OP_SET_REMOVE, 0, items);
  record(OP_ZSET_SET, FLAG_NEW, () => {
    log.putDouble(-0.5);
    item('m');
    log.putDouble(Number.POSITIVE_INFINITY);
    item('n');
  });
  record(OP_ZSET_REMOVE, 0, items);
  record(OP_HASH_SET, 0, items);
  record(OP_HASH_DELETE, FLAG_EXPIRED, items);
  record(OP_HASH_EXPIREAT, 0, () => {
    log.putDouble(1_700_000_009_000);
    items();
  });
  record(OP_HASH_UPDATE, 0, items);
  harness.drain();
  onDisk(harness, (directory) => {
    const { code, text } = run(printLog, directory);
    assert.equal(code, 0);
    const commands = text.split('\n').map((line) => line.replace(/^\d+ \S+ 0 /, ''));
    assert.deepEqual(commands, [
      'LPUSH "key" "a b" "\\xff" # new',
      'RPUSH "key" "-5"',
      'LPOP "key" 1',
      'RPOP "key" 20',
      'LSET "key" 3 "x"',
      'LINSERT "key" 0 ""',
      'LREMOVE "key" 1 4 9',
      'LTRIM "key" 10 5',
      'SADD "key" "a b" "\\xff"',
      'SREM "key" "a b" "\\xff"',
      'ZADD "key" -0.5 "m" inf "n" # new',
      'ZREM "key" "a b" "\\xff"',
      'HSET "key" "a b" "\\xff"',
      'HDEL "key" "a b" "\\xff" # expired',
      'HPEXPIREAT "key" 1700000009000 "a b" "\\xff"',
      'HUPDATE "key" "a b" "\\xff"',
      '',
    ]);
  });
});

test('a healthy log is reported segment by segment, and nothing is changed', () => {
  onDisk(example(), (directory) => {
    const before = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mtimeMs]);
    const { code, text } = run(checkLog, directory);
    assert.equal(code, 0);
    assert.match(
      text,
      /^wal-0000000000000000\.log: LSN 0 to 72, 1 blocks, 2 records, 4232 bytes used of \d+$/m,
    );
    assert.match(text, /^wal\.log: LSN 72 to 360, 2 blocks, 12 records, \d+ bytes used of \d+$/m);
    assert.match(text, /^log ok: LSN 0 to 360, 3 blocks, 14 records$/m);
    const after = readdirSync(directory).map((name) => [name, statSync(join(directory, name)).mtimeMs]);
    assert.deepEqual(after, before);
  });
});

test('a torn tail is said to be one, and is no error', () => {
  onDisk(example(), (directory) => {
    const path = join(directory, 'wal.log');
    const bytes = readFileSync(path);
    writeFileSync(path, bytes.subarray(0, bytes.lastIndexOf(Buffer.from('LLLL'))));
    const { code, text } = run(checkLog, directory);
    assert.equal(code, 0);
    assert.match(
      text,
      /^wal\.log: torn tail at offset \d+ \(the file ends within the block\); the next start cuts it$/m,
    );
    assert.equal(run(printLog, directory).code, 0);
  });
});

test('damage is an error with file and offset, for both tools', () => {
  onDisk(example(), (directory) => {
    const path = join(directory, 'wal.log');
    const bytes = readFileSync(path);
    bytes[4096 + 80]! ^= 1;
    writeFileSync(path, bytes);
    for (const tool of [checkLog, printLog]) {
      const { code, text } = run(tool, directory);
      assert.equal(code, 1);
      assert.match(text, /^error: .*wal\.log is damaged at offset 4096: /m);
    }
  });
});

test('a missing segment is an error, unless a snapshot holds it', () => {
  onDisk(example(), (directory) => {
    rmSync(join(directory, 'wal-0000000000000000.log'));
    assert.match(
      run(checkLog, directory).text,
      /^error: the log begins at LSN 72, but no snapshot holds what came before$/m,
    );
    assert.equal(run((path, out) => checkLog(path, out, 72), directory).code, 0);
  });
});

test('a directory without a log, and a file that is none', () => {
  onDisk(new LogHarness(new SimulatedDisk()), (directory) => {
    rmSync(join(directory, 'wal.log'));
    assert.deepEqual(run(checkLog, directory), { code: 0, text: `no log in ${directory}\n` });
    assert.equal(run(printLog, directory).code, 1);
    appendFileSync(join(directory, 'wal.log'), 'x'.repeat(5000));
    assert.match(run(checkLog, directory).text, /error: .*wal\.log is damaged at offset 0/);
  });
  const { code, text } = run(checkLog, '/does/not/exist');
  assert.equal(code, 1);
  assert.match(text, /^error: can't list the directory: \/does\/not\/exist: ENOENT/);
});

test('strings are quoted as redis-cli does', () => {
  const bytes = Buffer.from('a\\"\n\r\t\x07\b\x1b \x7f\xe4', 'latin1');
  assert.equal(escaped(bytes, 0, bytes.length), 'a\\\\\\"\\n\\r\\t\\a\\b\\x1b \\x7f\\xe4');
});
