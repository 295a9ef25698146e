/**
 * Loaded before every test file (scripts/test.mjs): property tests that name no seed take the run's, so that a run of the tests
 * can be repeated, and a change is blamed for what it has changed, not for a case that nobody had met before. Campaigns meet
 * those: each of their runs is another one.
 */

import fc from 'fast-check';
import { chooseSeed } from './random.js';

const seed = process.env['TEST_SEED'];
if (seed !== undefined && seed !== '') fc.configureGlobal({ seed: chooseSeed(seed) });
