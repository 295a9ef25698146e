/**
 * PFSELFTEST: whether HyperLogLogs work on this machine.
 *
 * Registers must come back as they were written, dense and sparse ones must agree, and an estimate may be off by six standard
 * errors at most, for random elements that are others each time. It takes some 0.1 s, in which its thread does nothing else;
 * Redis takes ten times as many elements, and a second.
 */

import { viewOf } from '../../base/bytes.js';
import { countDense, REGISTER_BYTES, raiseRegister, readRegister } from './dense.js';
import { Draft } from './draft.js';
import { createHistogram, estimateCardinality, type Histogram } from './estimate.js';
import { HEADER_BYTES, isDense, RANK_MAX, REGISTER_COUNT } from './layout.js';
import { elementPlace, placeIndex, placeRank } from './murmur.js';
import { countSparse } from './sparse.js';

const REGISTER_ROUNDS = 20;
const ELEMENTS_MAX = 1_000_000;
const STANDARD_ERROR = 1.04 / Math.sqrt(REGISTER_COUNT);
const ERRORS_ALLOWED = 6;
/** `hll-sparse-max-bytes` as it is by default. */
const SPARSE_BYTES_MAX_DEFAULT = 3000;

/** What is wrong, or undefined. */
export function testHyperLogLogs(): string | undefined {
  return testRegisters() ?? testEstimates();
}

/** Random values in random order: each register must keep the highest that it was given, and its neighbours theirs. */
function testRegisters(): string | undefined {
  const dense = new Uint8Array(REGISTER_BYTES);
  const expected = new Uint8Array(REGISTER_COUNT);
  for (let write = 0; write < REGISTER_COUNT * REGISTER_ROUNDS; write++) {
    const index = Math.floor(Math.random() * REGISTER_COUNT);
    const rank = Math.floor(Math.random() * RANK_MAX) + 1;
    raiseRegister(dense, 0, index, rank);
    expected[index] = Math.max(expected[index]!, rank);
  }
  for (let index = 0; index < REGISTER_COUNT; index++) {
    const actual = readRegister(dense, 0, index);
    if (actual !== expected[index]) return `register ${index} should be ${expected[index]} but is ${actual}`;
  }
  return undefined;
}

function testEstimates(): string | undefined {
  const dense = new Uint8Array(REGISTER_BYTES);
  const denseData = viewOf(dense);
  const draft = new Draft();
  draft.begin();
  const histogram = createHistogram();
  const element = new DataView(new ArrayBuffer(8));
  element.setUint32(4, Math.floor(Math.random() * 2 ** 32));
  for (let count = 1, checkpoint = 1; count <= ELEMENTS_MAX; count++) {
    element.setUint32(0, count);
    const place = elementPlace(element, 0, 8);
    raiseRegister(dense, 0, placeIndex(place), placeRank(place));
    draft.raise(place, SPARSE_BYTES_MAX_DEFAULT);
    if (count !== checkpoint) continue;
    checkpoint *= 10;
    histogram.fill(0);
    countDense(denseData, 0, histogram);
    const estimate = estimateCardinality(histogram);
    const fromDraft = estimateDraft(draft, histogram);
    if (fromDraft !== estimate) return `dense and sparse registers disagree: ${estimate} and ${fromDraft}`;
    // Two of ten elements meet in one register now and then, which the standard error knows nothing of.
    const allowed = Math.max(1, Math.ceil(ERRORS_ALLOWED * STANDARD_ERROR * count));
    if (Math.abs(estimate - count) > allowed) return `too big an error: ${estimate} for ${count} elements`;
  }
  return isDense(draft.bytes, 0) ? undefined : 'a large value stayed sparse';
}

function estimateDraft(draft: Draft, histogram: Histogram): number {
  histogram.fill(0);
  if (isDense(draft.bytes, 0)) countDense(draft.data, HEADER_BYTES, histogram);
  else countSparse(draft.bytes, HEADER_BYTES, draft.size, histogram);
  return estimateCardinality(histogram);
}
