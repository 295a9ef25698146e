/**
 * A store that was opened in a process, and listens there: the program of `--door embedded`, with directives as the server takes
 * them. Its commands run in the thread that has opened it, or in `threads` more.
 */

import { open } from '../../src/index.js';

const directives: Record<string, string> = {};
for (let i = 2; i + 1 < process.argv.length; i += 2) {
  directives[process.argv[i]!.replace(/^--/, '')] = process.argv[i + 1]!;
}
const { threads = '1', port = '0', ...others } = directives;
const kv = await open(others);
await kv.listen({ port: Number(port), host: '127.0.0.1', threads: Number(threads) - 1 });
