/**
 * Strings of the log as people read them: quoted as redis-cli quotes them.
 */

/** Where lines go. */
export interface TextOutput {
  write(text: string): void;
}

/** Long strings are quoted and written in pieces of this. */
const PIECE_BYTES = 16 * 1024;

/** Writes a space and the quoted string. */
export function writeQuoted(out: TextOutput, bytes: Uint8Array, offset: number, size: number): void {
  out.write(' "');
  for (let at = 0; at < size; at += PIECE_BYTES) {
    out.write(escaped(bytes, offset + at, Math.min(PIECE_BYTES, size - at)));
  }
  out.write('"');
}

const ESCAPES: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  13: '\\r',
  34: '\\"',
  92: '\\\\',
};

/** The inside of a quoted string as redis-cli prints it (`sdscatrepr` in Redis's sds.c). */
export function escaped(bytes: Uint8Array, offset: number, size: number): string {
  let text = '';
  for (let index = offset; index < offset + size; index++) {
    const byte = bytes[index]!;
    const isPrintable = byte >= 0x20 && byte < 0x7f;
    text +=
      ESCAPES[byte] ?? (isPrintable ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`);
  }
  return text;
}
