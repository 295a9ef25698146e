import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { limitProcessors, usableProcessors } from './processors.js';

const V2_MOUNT = '30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n';

/** The processors of 16 that a machine with these files leaves. */
function processorsWith(files: Readonly<Record<string, string>>): number {
  return limitProcessors(16, (path) => files[path]);
}

test('without quotas all processors are used that threads may run on', () => {
  assert.equal(processorsWith({}), 16);
  assert.equal(
    processorsWith({
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': V2_MOUNT,
      '/sys/fs/cgroup/cpu.max': 'max 100000\n',
    }),
    16,
  );
});

test('a quota of a container is rounded up to whole processors, at least one', () => {
  for (const [quota, processors] of [
    ['400000 100000', 4],
    ['250000 100000', 3],
    ['100000 100000', 1],
    ['20000 100000', 1],
    ['100000 50000', 2],
    ['9900000 100000', 16],
  ] as const) {
    const files = {
      '/proc/self/cgroup': '0::/\n',
      '/proc/self/mountinfo': V2_MOUNT,
      '/sys/fs/cgroup/cpu.max': `${quota}\n`,
    };
    assert.equal(processorsWith(files), processors, quota);
  }
});

test('the lowest quota among a group and its ancestors counts', () => {
  const files = {
    '/proc/self/cgroup': '0::/crab.slice/crabkv.service/own\n',
    '/proc/self/mountinfo': `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n${V2_MOUNT}`,
    '/sys/fs/cgroup/crab.slice/cpu.max': '300000 100000\n',
    '/sys/fs/cgroup/crab.slice/crabkv.service/cpu.max': '500000 100000\n',
    '/sys/fs/cgroup/crab.slice/crabkv.service/own/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/other.slice/cpu.max': '100000 100000\n',
  };
  assert.equal(processorsWith(files), 3);
  assert.equal(processorsWith({ ...files, '/sys/fs/cgroup/cpu.max': '200000 100000\n' }), 2);
});

test('version 1: quota and period are two files, and -1 is no quota', () => {
  const files = {
    '/proc/self/cgroup': '5:memory:/m\n4:cpu,cpuacct:/a/b\n3:cpuset:/s\n1:name=systemd:/x\n',
    '/proc/self/mountinfo':
      '31 30 0:27 / /sys/fs/cgroup/cpuset rw shared:9 - cgroup cgroup rw,cpuset\n' +
      '32 30 0:28 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 - cgroup cgroup rw,cpu,cpuacct\n',
    '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_quota_us': '250000\n',
    '/sys/fs/cgroup/cpu,cpuacct/a/cpu.cfs_period_us': '50000\n',
    '/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_quota_us': '-1\n',
    '/sys/fs/cgroup/cpu,cpuacct/a/b/cpu.cfs_period_us': '100000\n',
    '/sys/fs/cgroup/cpuset/s/cpu.cfs_quota_us': '100000\n',
    '/sys/fs/cgroup/cpuset/s/cpu.cfs_period_us': '100000\n',
  };
  assert.equal(processorsWith(files), 5);
});

test('a container that sees its own group as the top finds its quota there', () => {
  const quota = {
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
  };
  const mount = (root: string) => `40 30 0:28 ${root} /sys/fs/cgroup/cpu ro - cgroup cgroup rw,cpu\n`;
  for (const [group, root] of [
    ['/docker/4f1e', '/docker/4f1e'],
    ['/docker/4f1e', '/'],
    ['/', '/docker/4f1e'],
    ['/../4f1e', '/'],
    ['/docker/4f1e', '/docker/4f1'],
  ] as const) {
    const files = { '/proc/self/cgroup': `4:cpu:${group}\n`, '/proc/self/mountinfo': mount(root), ...quota };
    assert.equal(processorsWith(files), 2, `${group} in ${root}`);
  }
  const below = {
    '/proc/self/cgroup': '4:cpu:/docker/4f1e/sub:1\n',
    '/proc/self/mountinfo': mount('/docker/4f1e'),
    '/sys/fs/cgroup/cpu/sub:1/cpu.cfs_quota_us': '100000\n',
    '/sys/fs/cgroup/cpu/sub:1/cpu.cfs_period_us': '100000\n',
  };
  assert.equal(processorsWith({ ...below, ...quota }), 1, 'a group of its own inside the container');
});

test('with both versions mounted, the one that has the controller limits', () => {
  const files = {
    '/proc/self/cgroup': '2:cpu:/a\n0::/a\n',
    '/proc/self/mountinfo':
      '33 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n' +
      '32 30 0:28 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n',
    '/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us': '600000\n',
    '/sys/fs/cgroup/cpu/a/cpu.cfs_period_us': '100000\n',
  };
  assert.equal(processorsWith(files), 6);
});

test("names with a backslash, as systemd's, are found", () => {
  const files = {
    '/proc/self/cgroup': '0::/a\\x2db.slice/c\n',
    '/proc/self/mountinfo': '30 23 0:26 /a\\134x2db.slice /sys/fs/my\\040groups rw - cgroup2 none rw\n',
    '/sys/fs/my groups/c/cpu.max': '700000 100000\n',
  };
  assert.equal(processorsWith(files), 7);
});

test('files that say something else set no limit', () => {
  for (const text of ['', 'max', '-1 100000', '0 100000', 'lots 100000', '100000 0', '100000']) {
    const files = {
      '/proc/self/cgroup': 'nonsense\n0::/\n',
      '/proc/self/mountinfo': `nonsense\n${V2_MOUNT}`,
      '/sys/fs/cgroup/cpu.max': text,
    };
    assert.equal(processorsWith(files), 16, `'${text}'`);
  }
});

test('this machine has at least one processor, and not more than threads may run on', () => {
  const processors = usableProcessors();
  assert.ok(Number.isInteger(processors) && processors >= 1 && processors <= availableParallelism());
});
