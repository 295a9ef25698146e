/**
 * Memory sizes as redis.conf writes them: `512`, `1k` (1000), `1kb` (1024), `64mb`, `2gb`; case does not
 * matter.
 *
 * A unit without a `b` is decimal and one with a `b` is binary, and no digits are 0: Redis's rules (`memtoull` in util.c).
 */

const UNIT_BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 2 ** 10,
  m: 1e6,
  mb: 2 ** 20,
  g: 1e9,
  gb: 2 ** 30,
};

/** Bytes that `text` names, or undefined when it is not a memory value or does not fit a safe integer. */
export function parseMemory(text: string): number | undefined {
  const match = /^(\d*)([a-z]*)$/i.exec(text);
  if (match === null) return undefined;
  const unitBytes = UNIT_BYTES[(match[2] ?? '').toLowerCase()];
  if (unitBytes === undefined) return undefined;
  const bytes = Number(match[1]) * unitBytes;
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}

/** The shortest exact way to write `bytes` for people: 536870912 is `512mb`, 1500 is `1500`. */
export function formatMemory(bytes: number): string {
  for (const unit of ['gb', 'mb', 'kb']) {
    const unitBytes = UNIT_BYTES[unit] ?? 1;
    if (bytes >= unitBytes && bytes % unitBytes === 0) return `${bytes / unitBytes}${unit}`;
  }
  return String(bytes);
}
