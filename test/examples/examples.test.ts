/**
 * Every example in the documents and docstrings, as one test each: it compiles against the package's types, runs, and shows what
 * it says that it shows. blocks.ts has the rules of the format.
 */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { projectBlocks } from './blocks.js';
import { DOORS } from './doors.js';
import { execute, ServerPool } from './execution.js';
import { type CompiledProgram, compile } from './project.js';

/** Most of an example's time is the start of a process. */
const CONCURRENCY = 2;

describe('examples', { concurrency: CONCURRENCY }, () => {
  const blocks = projectBlocks(process.cwd());
  const servers = new ServerPool();
  let programs: CompiledProgram[] = [];

  before(async () => {
    programs = await compile(blocks);
  });
  after(() => servers.stop());

  for (const block of blocks) {
    it(`${block.file}:${block.line} (${block.kind})`, async () => {
      const own = programs.filter((program) => program.block === block);
      assert.notEqual(own.length, 0);
      for (const program of own) await execute(program, servers, DOORS);
    });
  }
});
