/**
 * Replies of the soak campaign as they have to be: a value, and its bytes in each protocol. Written apart from the server's own
 * writer on purpose, as `resp.ts` is: a shared mistake would not show.
 */

export type Protocol = 'resp2' | 'resp3' | 'text';

/** How much of a long text a message shows. */
const SHOWN_BYTES = 100;

/** A reply before it is written down in a protocol; a number that is a span is right anywhere in it. */
export type Expected =
  | { readonly simple: string }
  | { readonly error: string }
  | { readonly atLeast: number; readonly atMost: number }
  | string
  | number
  | undefined
  | readonly (string | undefined)[];

/** A reply as bytes of a protocol, one character a byte. The text protocol's lines all end in LF here. */
export function write(expected: Expected, protocol: Protocol): string {
  const isText = protocol === 'text';
  if (expected === undefined) return isText ? '(nil)\n' : protocol === 'resp3' ? '_\r\n' : '$-1\r\n';
  if (typeof expected === 'string')
    return isText ? `${expected}\n` : `$${expected.length}\r\n${expected}\r\n`;
  if (typeof expected === 'number') return isText ? `${expected}\n` : `:${expected}\r\n`;
  if ('simple' in expected) return isText ? `${expected.simple}\n` : `+${expected.simple}\r\n`;
  if ('error' in expected) return isText ? `${expected.error}\n` : `-${expected.error}\r\n`;
  if ('atLeast' in expected) return `${expected.atLeast} to ${expected.atMost}`;
  const items = expected.map((item) => write(item, protocol)).join('');
  return isText ? items : `*${expected.length}\r\n${items}`;
}

/** Whether a raw reply, one character a byte, is the expected one. */
export function isRight(expected: Expected, raw: string, protocol: Protocol): boolean {
  if (typeof expected !== 'object' || !('atLeast' in expected)) return raw === write(expected, protocol);
  const number = protocol === 'text' ? /^(-?\d+)\n$/.exec(raw) : /^:(-?\d+)\r\n$/.exec(raw);
  return number !== null && Number(number[1]) >= expected.atLeast && Number(number[1]) <= expected.atMost;
}

/** For messages: escapes visible, long ones cut. */
export function abbreviate(text: string): string {
  const shown = JSON.stringify(text.slice(0, SHOWN_BYTES));
  return text.length <= SHOWN_BYTES ? shown : `${shown}... (${text.length} bytes)`;
}

/** For messages, about two long texts that begin in the same way. */
export function whereDifferent(raw: string, right: string): string {
  let at = 0;
  while (at < raw.length && raw[at] === right[at]) at++;
  if (at < SHOWN_BYTES) return '';
  return ` (from byte ${at}: got ${abbreviate(raw.slice(at))} instead of ${abbreviate(right.slice(at))})`;
}
