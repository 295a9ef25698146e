import { testReactor } from '../reactor.case.js';
import { NodeReactor } from './node-reactor.js';

testReactor('node reactor', (words, index) => new NodeReactor(words, index));
testReactor(
  "node reactor with 'data' events",
  (words, index) => new NodeReactor(words, index, { sharesReceiveBuffer: false }),
);
