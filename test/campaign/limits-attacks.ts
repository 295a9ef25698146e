/** All attacks of the limits campaign, in the order in which they are made. */

import type { Attack } from './limits-attack.js';
import { COMMAND_ATTACKS } from './limits-commands.js';
import { CONNECTION_ATTACKS } from './limits-connections.js';
import { OUTPUT_ATTACKS } from './limits-output.js';
import { REQUEST_ATTACKS } from './limits-requests.js';

export const ATTACKS: readonly Attack[] = [
  ...CONNECTION_ATTACKS,
  ...REQUEST_ATTACKS,
  ...OUTPUT_ATTACKS,
  ...COMMAND_ATTACKS,
];
