/**
 * Makes a clone ready to run: dependencies installed, TypeScript compiled. Does nothing, in a few milliseconds, when
 * both are fresh, so that `npm start` and `npm test` can each begin with it.
 *
 * Plain JavaScript with no dependencies, because it runs before there are any.
 *
 * - *Installed* means: `node_modules` was made from this very `package-lock.json`. A marker file in `node_modules`
 *   holds the lock file's hash. Without the marker (somebody ran npm by hand) the lock file that npm keeps inside
 *   `node_modules` is compared with ours, package by package.
 * - *Built* means: `dist` was made from the sources as they are. A stamp file in `dist` holds a hash of every source's
 *   path, size and modification time, taken before the compiler started, so a file saved meanwhile is not missed.
 *   Outputs whose source is gone are deleted. Nothing is emitted when there are type errors. Then the entries of the package
 *   are put together from it (bundle.mjs).
 *
 * Two of these at once (a server and the tests in a fresh clone) take turns through a lock file.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from './bundle.mjs';

const NODE_VERSION_MIN = [20, 15];
const LOCK_POLL_MS = 100;
/** What `include` in tsconfig.json names. */
const SOURCE_FOLDERS = ['src', 'test', 'bench', 'scripts'];
/** The endings of what the compiler writes for `x.ts`. */
const OUTPUT_ENDINGS = ['.js.map', '.d.ts', '.js'];

/** The project's folder, absolute. */
export const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
/** Where the compiler writes: `dist/src/main.js` for `src/main.ts`. */
export const DIST = path.join(ROOT, 'dist');

const MODULES = path.join(ROOT, 'node_modules');
const INSTALL_MARKER = path.join(MODULES, '.crabkv-installed');
const BUILD_STAMP = path.join(DIST, '.crabkv-built');
const LOCK = path.join(ROOT, '.setup-lock');

/** Installs and builds whatever is stale. Ends the process with one sentence when that is impossible. */
export function setup() {
  requireNodeVersion();
  if (isInstalled() && isBuilt()) return;
  takeLock();
  process.once('exit', giveLock);
  if (!isInstalled()) install();
  if (!isBuilt()) build();
  giveLock();
  process.off('exit', giveLock);
}

/** Paths of all files below `folder` that `wanted` accepts, absolute, in a stable order. */
export function listFiles(folder, wanted) {
  const found = [];
  const visit = (directory) => {
    for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
      const file = path.join(directory, entry.name);
      if (entry.isDirectory()) visit(file);
      else if (wanted(file)) found.push(file);
    }
  };
  if (fs.existsSync(folder)) visit(folder);
  return found.sort();
}

function requireNodeVersion() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [majorMin, minorMin] = NODE_VERSION_MIN;
  if (major > majorMin || (major === majorMin && minor >= minorMin)) return;
  stop(`CrabKV needs Node.js ${NODE_VERSION_MIN.join('.')} or newer; this is ${process.versions.node}.`);
}

// Dependencies

function isInstalled() {
  if (!fs.existsSync(path.join(MODULES, '.package-lock.json'))) return false;
  const wanted = lockHash();
  if (readText(INSTALL_MARKER) === wanted) return true;
  if (!modulesMatchLock()) return false;
  fs.writeFileSync(INSTALL_MARKER, wanted);
  return true;
}

function lockHash() {
  const manifest = readJson(path.join(ROOT, 'package.json'));
  const wanted = [manifest.dependencies, manifest.devDependencies, manifest.optionalDependencies];
  return createHash('sha256')
    .update(JSON.stringify(wanted))
    .update(readText(path.join(ROOT, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
}

/** Whether every package of our lock file that fits this machine is in `node_modules` in the locked version. */
function modulesMatchLock() {
  const locked = readJson(path.join(ROOT, 'package-lock.json')).packages;
  const present = readJson(path.join(MODULES, '.package-lock.json')).packages;
  const manifest = readJson(path.join(ROOT, 'package.json'));
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    if (JSON.stringify(manifest[kind]) !== JSON.stringify(locked[''][kind])) return false;
  }
  for (const [name, entry] of Object.entries(locked)) {
    if (name === '' || !fitsMachine(entry)) continue;
    if (present[name] === undefined || present[name].version !== entry.version) return false;
  }
  return true;
}

function fitsMachine(entry) {
  if (entry.os && !entry.os.includes(process.platform)) return false;
  if (entry.cpu && !entry.cpu.includes(process.arch)) return false;
  // Builds for another C library can't be told apart here; npm leaves them out where they do not fit.
  return !(entry.optional && entry.libc);
}

function install() {
  say('Installing dependencies (npm install) ...');
  // Not `npm ci`, which refuses a lock file that lacks packages made for other machines only.
  // NODE_ENV=production must not leave the compiler out.
  const args = [
    'install',
    '--include=dev',
    '--include=optional',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  ];
  const cli = process.env.npm_execpath;
  const result =
    cli && path.basename(cli) === 'npm-cli.js'
      ? run(process.execPath, [cli, ...args])
      : run('npm', args, { shell: process.platform === 'win32' });
  if (result.error) stop(`npm could not be started (${result.error.message}).`);
  if (result.status !== 0) stop('npm install failed; its message is above.');
  fs.writeFileSync(INSTALL_MARKER, lockHash());
}

// Build

function isBuilt() {
  return readText(BUILD_STAMP) === sourceStamp();
}

function listSources() {
  const isSource = (file) => file.endsWith('.ts');
  return SOURCE_FOLDERS.flatMap((folder) => listFiles(path.join(ROOT, folder), isSource));
}

function sourceStamp() {
  const hash = createHash('sha256').update(readText(INSTALL_MARKER));
  for (const file of [
    path.join(ROOT, 'tsconfig.json'),
    path.join(ROOT, 'scripts', 'bundle.mjs'),
    ...listSources(),
  ]) {
    const { size, mtimeMs } = fs.statSync(file);
    hash.update(`${file}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function build() {
  say('Compiling ...');
  const stamp = sourceStamp();
  fs.rmSync(BUILD_STAMP, { force: true });
  const compiler = path.join(MODULES, 'typescript', 'bin', 'tsc');
  const result = run(process.execPath, [compiler, '--project', ROOT, '--noEmitOnError']);
  if (result.status !== 0) stop('The sources do not compile; the errors are above.');
  removeOrphans();
  bundle(DIST);
  fs.writeFileSync(BUILD_STAMP, stamp);
}

/** Deletes outputs whose source is gone, so that no deleted test is ever run. */
function removeOrphans() {
  for (const file of listFiles(DIST, () => true)) {
    const ending = OUTPUT_ENDINGS.find((candidate) => file.endsWith(candidate));
    const source = path.join(ROOT, path.relative(DIST, file));
    if (!ending || !fs.existsSync(`${source.slice(0, -ending.length)}.ts`)) fs.rmSync(file);
  }
}

// Helpers

function run(program, args, options = {}) {
  // Standard output belongs to what comes after the set-up.
  return spawnSync(program, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
}

/** Creates the lock file, waiting for another set-up that is alive to finish. */
function takeLock() {
  let announced = false;
  for (;;) {
    try {
      fs.writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') stop(`The set-up can't write in ${ROOT} (${error.message}).`);
    }
    if (!isAlive(Number(readText(LOCK)))) {
      giveLock();
      continue;
    }
    if (!announced) say('Waiting for another set-up of this folder ...');
    announced = true;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOCK_POLL_MS);
  }
}

function giveLock() {
  fs.rmSync(LOCK, { force: true });
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function readJson(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8'));
}

function say(text) {
  process.stderr.write(`${text}\n`);
}

function stop(text) {
  say(text);
  process.exit(1);
}

if (path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) setup();
