/** Loaded before a server: what a command only looks at need not be in the log when it replies. Broken on purpose. */

import { Call } from '../../../src/engine/call.js';

const { observe } = Call.prototype;

Call.prototype.observe = function (this: Call, shard: number): void {
  if (this.command.isWrite) observe.call(this, shard);
};
