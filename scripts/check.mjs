/**
 * Everything that is checked without running the tests: types (by the build), formatting and lint, unused code and
 * dependencies, and whether the generated pages are up to date. Type errors end it at once; the other checks all run,
 * even after one has failed. The exit code says whether all passed.
 */

import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { ROOT, setup } from './setup.mjs';

const CHECKS = [
  ['format and lint', 'node_modules/@biomejs/biome/bin/biome', 'check', '--error-on-warnings'],
  ['unused code', 'node_modules/knip/bin/knip.js', '--no-progress'],
  ['generated pages', 'scripts/docs.mjs', '--check'],
];

setup();
const failed = [];
for (const [title, program, ...args] of CHECKS) {
  const { status } = spawnSync(process.execPath, [path.join(ROOT, program), ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) failed.push(title);
}
if (failed.length > 0) {
  process.stderr.write(`Checks failed: ${failed.join(', ')}.\n`);
  process.exit(1);
}
process.stdout.write(`Checks passed: types, ${CHECKS.map(([title]) => title).join(', ')}.\n`);
