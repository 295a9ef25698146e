/** How the tests of examples open the two doors. */

import { connect } from '../../src/client/index.js';
import { open } from '../../src/index.js';
import type { Door } from './blocks.js';
import type { OpenDoor } from './execution.js';

export const DOORS: Readonly<Record<Door, OpenDoor>> = {
  client: (port) => connect(`redis://127.0.0.1:${port}`),
  embedded: () => open(),
};
