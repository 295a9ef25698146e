/**
 * RESP2 and RESP3 as bytes: building requests, finding where a reply ends, reading a reply.
 *
 * Tests compare replies byte by byte, so a reply is kept as the raw frame it arrived in; `decode` is for the tests that want to
 * look inside one. Written apart from the server's own parser on purpose: a shared mistake would not show.
 * Source: https://redis.io/docs/latest/develop/reference/protocol-spec/
 */

export type Argument = string | number | Buffer;

const CR = 13;
const LF = 10;

/** A request: an array of bulk strings. */
export function encodeRequest(args: readonly Argument[]): Buffer {
  const parts: Buffer[] = [Buffer.from(`*${args.length}\r\n`)];
  for (const arg of args) {
    const bytes = Buffer.isBuffer(arg) ? arg : Buffer.from(String(arg));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

/**
 * Where the frame that begins at `from` ends. When it is incomplete: the negative of how many bytes it has at least, counted
 * from `from`, so that the caller need not look again before these have arrived.
 */
export function frameEnd(bytes: Buffer, from: number): number {
  let at = from;
  let pending = 1;
  while (pending > 0) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    if (lineEnd < 0) return -(bytes.length - from + 1);
    const size = Number(bytes.toString('latin1', at + 1, lineEnd));
    const type = String.fromCharCode(bytes[at]!);
    at = lineEnd + 2;
    pending--;
    switch (type) {
      case '+':
      case '-':
      case ':':
      case '_':
      case '#':
      case ',':
      case '(':
        break;
      case '$':
      case '=':
      case '!':
        if (size < 0) break;
        at += size + 2;
        if (at > bytes.length) return -(at - from);
        if (bytes[at - 2] !== CR || bytes[at - 1] !== LF)
          throw new Error('a bulk string does not end in CR LF');
        break;
      case '*':
      case '~':
      case '>':
        pending += Math.max(size, 0);
        break;
      case '%':
        pending += size * 2;
        break;
      case '|':
        pending += size * 2 + 1;
        break;
      default:
        throw new Error(
          `not RESP: ${JSON.stringify(bytes.toString('latin1', from, Math.min(from + 80, bytes.length)))}`,
        );
    }
  }
  return at;
}

/** A frame taken apart, with nothing lost: its type byte, its text (one character a byte), its elements. */
export interface Frame {
  readonly type: string;
  /** What follows the type byte of a line, or the content of a bulk string. */
  readonly text: string;
  /** Elements of arrays, sets and pushes; keys and values in turn of maps. */
  readonly items: readonly Frame[];
  /** RESP2's nil bulk string or nil array. */
  readonly isNil: boolean;
}

/** Takes a whole frame apart. Attributes are skipped. */
export function parseFrame(bytes: Buffer): Frame {
  let at = 0;
  const parse = (): Frame => {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    const type = bytes.toString('latin1', at, at + 1);
    const line = bytes.toString('latin1', at + 1, lineEnd);
    const size = Number(line);
    at = lineEnd + 2;
    switch (type) {
      case '$':
      case '=':
      case '!': {
        if (size < 0) return { type, text: '', items: [], isNil: true };
        const text = bytes.toString('latin1', at, at + size);
        at += size + 2;
        return { type, text, items: [], isNil: false };
      }
      case '*':
      case '>':
      case '~':
        return { type, text: '', items: Array.from({ length: Math.max(size, 0) }, parse), isNil: size < 0 };
      case '%':
        return { type, text: '', items: Array.from({ length: size * 2 }, parse), isNil: false };
      case '|':
        for (let i = 0; i < size * 2; i++) parse();
        return parse();
      default:
        return { type, text: line, items: [], isNil: type === '_' };
    }
  };
  return parse();
}

/** An error reply, as a value: a test may expect one. */
export class ErrorReply {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | ErrorReply
  | Reply[]
  | Map<Reply, Reply>
  | Set<Reply>;

/** Reads a whole frame. Strings are read as UTF-8; RESP3 maps and sets become Map and Set. */
export function decode(bytes: Buffer): Reply {
  return toValue(parseFrame(bytes));
}

function toValue(frame: Frame): Reply {
  if (frame.isNil) return null;
  const text = Buffer.from(frame.text, 'latin1').toString();
  switch (frame.type) {
    case '-':
    case '!':
      return new ErrorReply(text);
    case ':':
      return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text);
    case '(':
      return BigInt(text);
    case ',':
      return Number(text);
    case '#':
      return text === 't';
    case '=':
      return text.slice(4);
    case '*':
    case '>':
      return frame.items.map(toValue);
    case '~':
      return new Set(frame.items.map(toValue));
    case '%': {
      const map = new Map<Reply, Reply>();
      for (let i = 0; i + 1 < frame.items.length; i += 2) {
        map.set(toValue(frame.items[i] as Frame), toValue(frame.items[i + 1] as Frame));
      }
      return map;
    }
    default:
      return text;
  }
}

/** A frame as text for a failure message: escapes visible, long ones cut. */
export function show(frame: Buffer, limit = 400): string {
  const text = JSON.stringify(frame.toString('latin1'));
  return text.length <= limit ? text : `${text.slice(0, limit)}... (${frame.length} bytes)`;
}
