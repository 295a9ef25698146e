/**
 * Hand-picked programs: the corners of each command that chance would take long to find.
 *
 * One request a line, quoted as redis-cli does: "..." with \xHH, \n, \r, \t, \\ and \" inside. Each program runs from an
 * empty keyspace, once in RESP2 and once in RESP3.
 */

import type { Words } from './compare.js';
import { ACCESS_PROGRAMS } from './families/access-table.js';
import { ACL_PROGRAMS } from './families/acl-table.js';
import { BITMAP_PROGRAMS } from './families/bitmap-table.js';
import { COLLECTION_PROGRAMS } from './families/collections.js';
import { CONFIG_PROGRAMS } from './families/config-table.js';
import { CONNECTION_PROGRAMS } from './families/connection-table.js';
import { DATA_PROGRAMS } from './families/data-table.js';
import { DUMP_PROGRAMS } from './families/dump-table.js';
import { EVICTION_PROGRAMS } from './families/eviction-table.js';
import { HYPERLOGLOG_PROGRAMS } from './families/hyperloglog-table.js';
import { KEY_PROGRAMS } from './families/key-table.js';
import { OBSERVABILITY_PROGRAMS } from './families/observability-table.js';
import { SERVER_PROGRAMS } from './families/server-table.js';
import { STRING_PROGRAMS } from './families/string-table.js';

/** The programs, by title. */
export function tablePrograms(): { title: string; program: Words[] }[] {
  return Object.entries({
    ...DATA_PROGRAMS,
    ...KEY_PROGRAMS,
    ...STRING_PROGRAMS,
    ...BITMAP_PROGRAMS,
    ...HYPERLOGLOG_PROGRAMS,
    ...CONNECTION_PROGRAMS,
    ...SERVER_PROGRAMS,
    ...CONFIG_PROGRAMS,
    ...ACCESS_PROGRAMS,
    ...ACL_PROGRAMS,
    ...OBSERVABILITY_PROGRAMS,
    ...DUMP_PROGRAMS,
    ...EVICTION_PROGRAMS,
    ...COLLECTION_PROGRAMS,
  }).map(([title, text]) => ({
    title,
    program: text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '')
      .map(splitWords),
  }));
}

/** Cuts a line into words as redis-cli does with double quotes. */
export function splitWords(line: string): Words {
  return (line.match(/"(?:[^"\\]|\\.)*"|\S+/g) ?? []).map((word) =>
    word.startsWith('"')
      ? word.slice(1, -1).replace(/\\(x[0-9a-f]{2}|.)/gi, (_, escaped: string) => unescapeCharacter(escaped))
      : word.replaceAll('\\\\', '\\'),
  );
}

function unescapeCharacter(escaped: string): string {
  switch (escaped[0]) {
    case 'x':
      return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      return escaped;
  }
}
