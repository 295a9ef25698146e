/**
 * How many processors the process may use: the default of `threads`.
 *
 * Two things limit it, and the smaller one counts. The scheduler's affinity says on which processors a thread may
 * run (taskset, `docker --cpuset-cpus`); Node knows it. A quota of the control group says how much processor time
 * all threads get together in a period (`docker --cpus`, a Kubernetes limit, systemd's CPUQuota). More reactors
 * than the quota has room for would use it up early in each period and then all stand still until the next one,
 * which clients see as pauses of up to 100 ms.
 *
 * A quota binds whatever is below it, so those of all ancestors are read as well, as far up as this mount
 * namespace shows them:
 *
 *     /proc/self/cgroup      which group the process is in     0::/a/b          4:cpu,cpuacct:/a/b
 *     /proc/self/mountinfo   where its hierarchy is mounted    /sys/fs/cgroup   /sys/fs/cgroup/cpu
 *     cpu.max                version 2: quota and period       150000 100000    max 100000
 *     cpu.cfs_quota_us, cpu.cfs_period_us   version 1          150000           -1, no quota
 *
 * A file that is missing or says something else sets no limit: a wrong number of threads is no reason not to start.
 *
 * Sources: cgroups(7), proc(5); the kernel's admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.
 */

import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** The text of the file at a path, or undefined when there is none. */
export type ReadText = (path: string) => string | undefined;

const GROUP_FILE = '/proc/self/cgroup';
const MOUNT_FILE = '/proc/self/mountinfo';
/** Fields of mountinfo before the ` - `: which folder of the file system is mounted, and where. */
const MOUNT_ROOT_FIELD = 3;
const MOUNT_POINT_FIELD = 4;

/** A folder of a group, in which its limits are files. */
interface GroupFolder {
  readonly version: 1 | 2;
  readonly mountPoint: string;
  /** Below the mount point: empty for the topmost group that can be seen, else `/a/b`. */
  readonly path: string;
}

/** The processors that this process may use; at least 1. Reads a handful of small files on Linux. */
export function usableProcessors(): number {
  const processors = availableParallelism();
  return process.platform === 'linux' ? limitProcessors(processors, readText) : processors;
}

/** `processors`, or what the quotas found with `read` leave of them: rounded up, at least 1. */
export function limitProcessors(processors: number, read: ReadText): number {
  let limit = processors;
  for (const folder of findGroupFolders(read)) limit = Math.min(limit, lowestQuota(folder, read));
  return Math.max(1, Math.ceil(limit));
}

/** Where the groups that hold this process keep their processor limits: at most one of each version. */
function findGroupFolders(read: ReadText): GroupFolder[] {
  const groups = parseGroups(read(GROUP_FILE) ?? '');
  const folders: GroupFolder[] = [];
  for (const line of lines(read(MOUNT_FILE) ?? '')) {
    const [before = '', after = ''] = line.split(' - ');
    const fields = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    const version = type === 'cgroup2' ? 2 : type === 'cgroup' && options.split(',').includes('cpu') ? 1 : 0;
    const group = groups.get(version);
    if (version === 0 || group === undefined || folders.some((known) => known.version === version)) continue;
    const root = unescapeMount(fields[MOUNT_ROOT_FIELD] ?? '');
    const mountPoint = unescapeMount(fields[MOUNT_POINT_FIELD] ?? '');
    folders.push({ version, mountPoint, path: pathBelow(root, group) });
  }
  return folders;
}

/** The paths of the groups, by version: `hierarchy:controllers:path`, where version 2 is hierarchy 0 without names. */
function parseGroups(text: string): Map<number, string> {
  const groups = new Map<number, string>();
  for (const line of lines(text)) {
    const [, hierarchy, controllers = '', path = ''] = /^(\d+):([^:]*):(.*)$/.exec(line) ?? [];
    if (hierarchy === '0' && controllers === '') groups.set(2, path);
    else if (controllers.split(',').includes('cpu')) groups.set(1, path);
  }
  return groups;
}

/**
 * A group's path below the mounted root. A container often sees its own group as the top while the path is that
 * of the host, or one with `..` in it; then the top is all there is.
 */
function pathBelow(root: string, group: string): string {
  const prefix = root === '/' ? '' : root;
  const isBelow = group === prefix || group.startsWith(`${prefix}/`);
  return isBelow && !group.includes('/..') ? group.slice(prefix.length).replace(/\/$/, '') : '';
}

/** The lowest quota from the group to the topmost one, in processors; Infinity when there is none. */
function lowestQuota({ version, mountPoint, path }: GroupFolder, read: ReadText): number {
  let lowest = Number.POSITIVE_INFINITY;
  for (let below = path; ; below = below.slice(0, below.lastIndexOf('/'))) {
    const folder = mountPoint + below;
    lowest = Math.min(lowest, version === 2 ? readQuota2(folder, read) : readQuota1(folder, read));
    if (below === '') return lowest;
  }
}

function readQuota2(folder: string, read: ReadText): number {
  const [quotaUs = '', periodUs = ''] = (read(`${folder}/cpu.max`) ?? '').trim().split(' ');
  return quotient(quotaUs, periodUs);
}

function readQuota1(folder: string, read: ReadText): number {
  const quotaUs = read(`${folder}/cpu.cfs_quota_us`) ?? '';
  const periodUs = read(`${folder}/cpu.cfs_period_us`) ?? '';
  return quotient(quotaUs.trim(), periodUs.trim());
}

/** Infinity for `max`, `-1` and everything else that is no quota. */
function quotient(quotaUs: string, periodUs: string): number {
  const processors = Number(quotaUs) / Number(periodUs);
  return processors > 0 ? processors : Number.POSITIVE_INFINITY;
}

/** Spaces and backslashes are octal in mountinfo; systemd puts backslashes into the names of its groups. */
function unescapeMount(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
