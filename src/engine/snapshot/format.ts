/**
 * The snapshot's file format: JSON lines, one entry a line, that both `jq` and a byte loop read. All of it is
 * described in docs/formats/snapshot.md; this file has its names, its limits, and its first and last line.
 *
 *     {"format":"crabkv-snapshot","version":1,"lsn":8192,"created":"2031-01-01T00:00:00.000Z","databases":16}
 *     {"key":"user:1","value":"rustacean"}
 *     {"db":1,"key":"session","value64":"/wAB","expiresAt":1924992000000}
 *     {"entries":2,"sections":[[108,107,2,3735928559]],"crc32":305419896}
 *
 * Entry lines lie in *sections* of about 4 MiB, whole lines each, that the trailer lists with offset, size, count
 * and CRC-32: threads load them in parallel, and each verifies its own. The trailer's own checksum covers the header
 * line and the trailer up to `,"crc32":`, so that every byte of the file is covered by one.
 */

import { crc32 } from 'node:zlib';
import { CrabError } from '../../base/errors.js';
import { DATABASE_COUNT_MAX } from '../../memory/layout.js';

export const SNAPSHOT_FILE = 'snapshot.json';
/** What is being written has this name, and is not a snapshot before it has the other. */
export const SNAPSHOT_TEMPORARY_FILE = 'snapshot.json.tmp';
export const FORMAT_NAME = 'crabkv-snapshot';
export const FORMAT_VERSION = 1;

/** A section ends with the line that fills it: small enough to share out evenly, large enough for its seek. */
export const SECTION_BYTES = 4 * 1024 * 1024;
/**
 * A section of one huge entry is as long as its line. An entry's key and value are at most 1 GiB together, and no
 * writer expands them by more than base64's 4/3: always less than this, beyond which typed arrays are slow.
 */
export const SECTION_BYTES_MAX = 2 ** 31 - 1;
/** Bytes of a header line; and a trailer of this size describes far more data than 32 GiB. */
export const HEADER_BYTES_MAX = 4096;
export const TRAILER_BYTES_MAX = 64 * 1024 * 1024;

const NEWLINE = 0x0a;
const TRAILER_CRC_MEMBER = ',"crc32":';

export interface SnapshotHeader {
  /** Everything in the log before this position is in the snapshot, and nothing after it. */
  readonly lsn: number;
  /** ISO 8601. */
  readonly created: string;
  /** How many databases the store had; entries name one below it. */
  readonly databases: number;
}

/** Whole lines of a snapshot. */
export interface SnapshotSection {
  /** Bytes from the file's start. */
  readonly offset: number;
  readonly bytes: number;
  readonly entries: number;
  readonly crc32: number;
}

export interface SnapshotTrailer {
  readonly entries: number;
  readonly sections: readonly SnapshotSection[];
}

/** What a damaged snapshot is refused with: code SNAPSHOT_DAMAGED, or SNAPSHOT_VERSION for a newer format. */
export class SnapshotError extends CrabError {
  readonly file: string;
  /** Bytes from the file's start. */
  readonly offset: number;

  constructor(code: string, what: string, file: string, offset: number, advice: string, cause?: unknown) {
    super(code, `${file} at offset ${offset}: ${what}; ${advice}`, cause);
    this.name = 'SnapshotError';
    this.file = file;
    this.offset = offset;
  }
}

const ADVICE =
  'put back an undamaged copy of the file, or, if the log goes back to the beginning, move the file away and ' +
  'start from the log alone';

/** The error of damage at `offset` of `file`. */
export function damaged(file: string, offset: number, what: string, cause?: unknown): SnapshotError {
  return new SnapshotError('SNAPSHOT_DAMAGED', what, file, offset, ADVICE, cause);
}

/** The header line, newline included. */
export function headerLine(header: SnapshotHeader): Buffer {
  const { lsn, created, databases } = header;
  const members = { format: FORMAT_NAME, version: FORMAT_VERSION, lsn, created, databases };
  return Buffer.from(`${JSON.stringify(members)}\n`);
}

/** The trailer line, newline included; `header` is the header line's bytes. */
export function trailerLine(header: Buffer, trailer: SnapshotTrailer): Buffer {
  const sections = trailer.sections.map((section) =>
    [section.offset, section.bytes, section.entries, section.crc32].join(','),
  );
  const list = sections.length === 0 ? '' : `[${sections.join('],[')}]`;
  const covered = `{"entries":${trailer.entries},"sections":[${list}]`;
  return Buffer.concat([Buffer.from(covered), trailerEnd(crc32(covered, crc32(header)))]);
}

/** What follows the part of the trailer that `checksum` covers. */
function trailerEnd(checksum: number): Buffer {
  return Buffer.from(`${TRAILER_CRC_MEMBER}${checksum}}\n`);
}

/**
 * Reads a header line (newline included).
 *
 * @throws SnapshotError when it is none, or of a newer version
 */
export function parseHeader(file: string, line: Buffer): SnapshotHeader {
  const members = parseMembers(file, 0, line, 'the first line is not a snapshot header');
  if (members['format'] !== FORMAT_NAME) {
    throw damaged(file, 0, `the first line does not say "format":"${FORMAT_NAME}"`);
  }
  const version = members['version'];
  if (!isCount(version) || version < 1) throw damaged(file, 0, 'the header has no version');
  if (version > FORMAT_VERSION) {
    throw new SnapshotError(
      'SNAPSHOT_VERSION',
      `the snapshot has format version ${version}, and this CrabKV knows versions up to ${FORMAT_VERSION}`,
      file,
      0,
      'start it with the CrabKV that wrote it, or a newer one',
    );
  }
  const { lsn, created, databases } = members;
  if (!isCount(lsn)) throw damaged(file, 0, 'the header has no "lsn"');
  if (typeof created !== 'string') throw damaged(file, 0, 'the header has no "created"');
  if (!isCount(databases) || databases < 1 || databases > DATABASE_COUNT_MAX) {
    throw damaged(file, 0, `the header's "databases" is not 1 to ${DATABASE_COUNT_MAX}`);
  }
  return { lsn, created, databases };
}

/**
 * Reads a trailer line (newline included) that begins at `offset`, and verifies it against the header line: its
 * checksum, and that the sections lie side by side between both and have as many entries as it says.
 *
 * @throws SnapshotError when anything is wrong
 */
export function parseTrailer(file: string, offset: number, line: Buffer, header: Buffer): SnapshotTrailer {
  const members = parseMembers(file, offset, line, 'the last line is not a snapshot trailer');
  const list = members['sections'];
  if (!isCount(members['entries']) || !Array.isArray(list)) {
    throw damaged(
      file,
      offset,
      'the file ends without a trailer line: it was cut, or never completely written',
    );
  }
  const covered = Math.max(0, line.lastIndexOf(TRAILER_CRC_MEMBER));
  // The line's own end is covered by nothing, so it must be spelled as the writer spells it.
  if (!line.subarray(covered).equals(trailerEnd(crc32(line.subarray(0, covered), crc32(header))))) {
    throw damaged(file, offset, "the trailer's checksum does not match the header and the trailer");
  }
  const sections: SnapshotSection[] = [];
  let expected = header.length;
  let entries = 0;
  for (const item of list as unknown[]) {
    const section = sectionOf(item);
    if (section === undefined || section.offset !== expected) {
      throw damaged(
        file,
        offset,
        `entry ${sections.length} of the trailer's sections is not a valid section`,
      );
    }
    sections.push(section);
    expected += section.bytes;
    entries += section.entries;
  }
  if (expected !== offset || entries !== members['entries']) {
    throw damaged(file, offset, "the trailer's sections do not add up to the file");
  }
  return { entries, sections };
}

/** The bytes of a text of ASCII letters. */
export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function sectionOf(item: unknown): SnapshotSection | undefined {
  if (!Array.isArray(item) || item.length !== 4 || !item.every(isCount)) return undefined;
  const [offset, bytes, entries, crc] = item as [number, number, number, number];
  if (bytes === 0 || bytes > SECTION_BYTES_MAX || entries === 0) return undefined;
  return { offset, bytes, entries, crc32: crc };
}

function parseMembers(file: string, offset: number, line: Buffer, what: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch (cause) {
    throw damaged(file, offset, what, cause);
  }
  if (line.at(-1) !== NEWLINE || typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw damaged(file, offset, what);
  }
  return value as Record<string, unknown>;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
