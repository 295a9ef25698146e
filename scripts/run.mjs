/**
 * Sets up, then runs a program of this project: `node scripts/run.mjs src/main.ts --port 4000`.
 *
 * The program is loaded into this very process, not into a child: signals, standard streams and the exit code are
 * its own, with nothing to pass on.
 */

import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { DIST, setup } from './setup.mjs';

const [node, , source, ...args] = process.argv;
if (source === undefined || !source.endsWith('.ts')) {
  process.stderr.write('usage: node scripts/run.mjs <program.ts> [argument ...]\n');
  process.exit(1);
}
setup();
const program = path.join(DIST, source.replace(/\.ts$/, '.js'));
process.argv = [node, program, ...args];
await import(pathToFileURL(program).href);
