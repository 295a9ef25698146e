/**
 * Compiles examples: all of them at once, as a project of their own below the system's temporary directory.
 *
 * The project has a `node_modules` with links to the package under test and to its dependencies. So the examples import
 * 'crabkv/client' by the package's own `exports`, as those do who paste them, and nothing is written into the tree.
 */

import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeTemporaryDirectory } from '../support/temporary.js';
import type { Block, Door } from './blocks.js';
import { type Program, programsOf } from './program.js';

/** The package that this file was built into: where package.json is. */
const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url));
const EXPECTATION_MODULE = fileURLToPath(new URL('expectation.js', import.meta.url));
/** All of it takes seconds; a type that the compiler can't come to an end with takes the machine's memory. */
const COMPILE_MS_MAX = 60_000;
/** `file(line,column): error TS2322: text`, and the indented lines that go on with the text. */
const DIAGNOSTIC = /^(\S+)\((\d+),\d+\): (error .*(?:\n\s+.*)*)/gm;

/** A program that has been compiled. */
export interface CompiledProgram extends Program {
  /** The module, for import or as an argument of node. */
  readonly modulePath: string;
  /** What the compiler says against it, one `file:line: message` each. */
  readonly errors: readonly string[];
}

/** Compiles all blocks, which takes a second or two, however many they are. */
export async function compile(blocks: readonly Block[]): Promise<CompiledProgram[]> {
  const directory = makeTemporaryDirectory();
  linkPackages(path.join(directory, 'node_modules'));
  writeFileSync(path.join(directory, 'package.json'), '{ "type": "module" }');
  const programs = blocks.flatMap((block) => programsOf(block, EXPECTATION_MODULE));
  const names = programs.map((program, index) => `${index}-${nameOf(program.block, program.door)}`);
  writeFileSync(path.join(directory, 'tsconfig.json'), JSON.stringify(compilerProject(names)));
  for (const [index, program] of programs.entries())
    writeFileSync(path.join(directory, `${names[index]}.ts`), program.source);

  const output = await runCompiler(directory);
  const diagnostics = [...output.matchAll(DIAGNOSTIC)].map(([, file, line, message]) => ({
    name: path.basename(file!, '.ts'),
    line: Number(line),
    message: message!,
  }));
  if (diagnostics.some(({ name }) => !names.includes(name)) || (diagnostics.length === 0 && output !== ''))
    throw new Error(`the examples can't be compiled:\n${output}`);
  return programs.map((program, index) => ({
    ...program,
    modulePath: path.join(directory, `${names[index]}.js`),
    errors: diagnostics
      .filter(({ name }) => name === names[index])
      .map(({ line, message }) => `${program.block.file}:${program.block.line + line - 2}: ${message}`),
  }));
}

function compilerProject(names: readonly string[]) {
  const { compilerOptions } = JSON.parse(readFileSync(path.join(PACKAGE, 'tsconfig.json'), 'utf8'));
  return {
    compilerOptions: {
      ...compilerOptions,
      rootDir: '.',
      outDir: '.',
      declaration: false,
      sourceMap: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      moduleDetection: 'force',
      typeRoots: ['node_modules/@types'],
    },
    files: names.map((name) => `${name}.ts`),
  };
}

/** The package by its name, and what is installed for it. */
function linkPackages(folder: string): void {
  const { name } = JSON.parse(readFileSync(path.join(PACKAGE, 'package.json'), 'utf8'));
  const installed = path.join(PACKAGE, 'node_modules');
  mkdirSync(folder);
  symlinkSync(PACKAGE, path.join(folder, name), 'junction');
  for (const entry of readdirSync(installed))
    if (!entry.startsWith('.'))
      symlinkSync(path.join(installed, entry), path.join(folder, entry), 'junction');
}

/** What the compiler prints. Errors of types keep it from nothing: the other examples run all the same. */
function runCompiler(directory: string): Promise<string> {
  const compiler = path.join(
    path.dirname(createRequire(import.meta.url).resolve('typescript/package.json')),
    'bin/tsc',
  );
  const child = spawn(process.execPath, [compiler, '--project', directory, '--pretty', 'false'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true, // what node starts here starts the compiler proper: both end as one group
  });
  const overdue = setTimeout(() => process.kill(-child.pid!, 'SIGKILL'), COMPILE_MS_MAX);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  return new Promise((done, fail) => {
    child.once('error', fail);
    child.once('close', (_code, signal) => {
      clearTimeout(overdue);
      if (signal === null) done(output);
      else fail(new Error(`the compiler did not end within ${COMPILE_MS_MAX / 1000} s`));
    });
  });
}

/** `docs-clients-12-embedded`: to know a program by its file name. */
function nameOf(block: Block, door: Door | undefined): string {
  const place = `${block.file.replace(/\.\w+$/, '')}-${block.line}`.replace(/[^\w]+/g, '-');
  return door === undefined ? place : `${place}-${door}`;
}
