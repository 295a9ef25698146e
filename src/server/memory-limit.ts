/**
 * How much memory data may take when `maxmemory` does not say.
 *
 * On a machine of its own: what the machine has. In a container: less than its limit, because the kernel ends whoever goes beyond
 * that, and the process itself, the buffers of its connections and the pages of its files count, too. So a write that does not
 * fit gets an error before that.
 */

const MIB = 1024 * 1024;
/** What a server takes beside its data, while it takes a snapshot, too (some 120 MiB); and room for buffers of connections. */
const PROCESS_BYTES = 160 * MIB;
/** What each reactor thread takes: its own JavaScript engine. */
const THREAD_BYTES = 32 * MIB;
/** Data never gets more than this of a container; and never less than the other, however small the container is. */
const SHARE_MAX = 3 / 4;
const SHARE_MIN = 1 / 4;

export interface MemoryLimit {
  /** What there is: of the machine or, if that is less, of the container. */
  readonly bytes: number;
  /** What data may take of it, or undefined: all of it. */
  readonly dataBytes: number | undefined;
}

/** What `memoryLimit` goes by. */
export interface MemoryGiven {
  /** Of the machine. */
  readonly machineBytes: number;
  /** The limit of the control group that the process is in; 0, or more than the machine has, when there is none. */
  readonly containerBytes: number;
  /** `maxmemory`: who sets it knows what the container is for. 0 = not set. */
  readonly chosenBytes: number;
  /** Reactors. */
  readonly threadCount: number;
}

export function memoryLimit(given: MemoryGiven): MemoryLimit {
  const { machineBytes, containerBytes, chosenBytes, threadCount } = given;
  const isContainer = containerBytes > 0 && containerBytes < machineBytes;
  if (!isContainer) return { bytes: machineBytes, dataBytes: undefined };
  if (chosenBytes > 0) return { bytes: containerBytes, dataBytes: undefined };
  const rest = containerBytes - PROCESS_BYTES - threadCount * THREAD_BYTES;
  const dataBytes = Math.max(Math.min(rest, containerBytes * SHARE_MAX), containerBytes * SHARE_MIN);
  return { bytes: containerBytes, dataBytes: Math.floor(dataBytes) };
}
