import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SimulatedDisk, seededRandom } from './simulated-disk.case.js';

const SEEDS = 200;

/** The different things that a power cut may leave of a disk, each told by `tell`. */
function leftovers(disk: SimulatedDisk, tell: (left: SimulatedDisk) => string): string[] {
  const seen = new Set<string>();
  for (let seed = 0; seed < SEEDS; seed++) seen.add(tell(disk.crashed(seededRandom(seed))));
  return [...seen].sort();
}

function names(disk: SimulatedDisk): string {
  return disk.list('/d').toSorted().join(' ');
}

function write(disk: SimulatedDisk, file: number, text: string): void {
  disk.write(file, [Buffer.from(text)], 0);
}

describe('SimulatedDisk', () => {
  it('has any of the changes of names after a power cut, those of one name in order, and all once they are synced', () => {
    const disk = new SimulatedDisk();
    disk.put('/d/a', Buffer.from('1'));
    disk.put('/d/x', Buffer.from('2'));
    disk.losesAnyNames = true;
    disk.rename('/d/a', '/d/b');
    disk.rename('/d/b', '/d/c');
    disk.remove('/d/x');
    assert.deepEqual(leftovers(disk, names), ['a', 'a x', 'b', 'b x', 'c', 'c x']);
    disk.syncDirectory();
    assert.deepEqual(leftovers(disk, names), ['c']);
  });

  it('may lose what was not synced, and a file that was made, but nothing that was synced', () => {
    const disk = new SimulatedDisk();
    disk.put('/d/a', Buffer.from('old'));
    write(disk, disk.open('/d/a', 'r+'), 'new');
    assert.deepEqual(
      leftovers(disk, (left) => left.contents('/d/a').toString()),
      ['new', 'old'],
    );
    disk.sync(disk.open('/d/a', 'r+'));
    disk.open('/d/b', 'w+');
    assert.deepEqual(leftovers(disk, names), ['a', 'a b']);
    assert.deepEqual(
      leftovers(disk, (left) => left.contents('/d/a').toString()),
      ['new'],
    );
  });

  it('keeps or loses each sector by itself', () => {
    const disk = new SimulatedDisk();
    disk.put('/d/a', Buffer.alloc(1024, 'o'));
    write(disk, disk.open('/d/a', 'r+'), 'n'.repeat(1024));
    const seen = leftovers(disk, (left) => {
      const text = left.contents('/d/a').toString();
      return `${text[0]}${text[511]} ${text[512]}${text[1023]}`;
    });
    assert.deepEqual(seen, ['nn nn', 'nn oo', 'oo nn', 'oo oo']);
  });

  it('loses for good what a failed sync has not written, though a sync after it succeeds', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < SEEDS; seed++) {
      const disk = new SimulatedDisk();
      disk.put('/d/a', Buffer.from('old'));
      disk.damage = seededRandom(seed);
      const file = disk.open('/d/a', 'r+');
      write(disk, file, 'new');
      disk.failAt = disk.operations + 1;
      assert.throws(() => disk.sync(file), { code: 'EIO' });
      disk.sync(file);
      assert.equal(disk.contents('/d/a').toString(), 'new', 'the system still shows it');
      seen.add(disk.crashed(disk.damage).contents('/d/a').toString());
    }
    assert.deepEqual([...seen].sort(), ['new', 'old']);
  });

  it('ends in the middle of a write, and goes on in the next process with what was written', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < SEEDS; seed++) {
      const disk = new SimulatedDisk();
      disk.put('/d/a', Buffer.from('1234'));
      disk.damage = seededRandom(seed);
      const file = disk.open('/d/a', 'r+');
      disk.haltAt = 1;
      assert.throws(() => write(disk, file, 'abcd'));
      assert.throws(() => disk.sync(file));
      const next = disk.restarted();
      assert.throws(() => next.sync(file), { code: 'EBADF' }, 'nothing is open any more');
      seen.add(next.contents('/d/a').toString());
    }
    assert.deepEqual([...seen].sort(), ['1234', 'a234', 'ab34', 'abc4']);
  });
});
