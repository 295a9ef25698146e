/** What many runs have come to. */

import type { Outcome } from './simulation.js';

export class Totals {
  commands = 0;
  powerCuts = 0;
  processEnds = 0;
  faults = 0;
  snapshots = 0;

  add(outcome: Outcome): void {
    this.commands += outcome.commands;
    this.powerCuts += outcome.powerCuts;
    this.processEnds += outcome.processEnds;
    this.faults += outcome.faults;
    this.snapshots += outcome.snapshots;
  }

  toString(): string {
    return (
      `${this.commands} commands, ${this.powerCuts} power cuts, ${this.processEnds} ends of the process alone, ` +
      `${this.faults} errors of the disk, ${this.snapshots} snapshots`
    );
  }
}
