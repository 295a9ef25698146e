/**
 * The command table: every command there is. A new family adds its list here.
 */

import type { CommandSpec } from '../engine/command.js';
import { CONNECTION_COMMANDS } from './connection.js';
import { INTROSPECTION_COMMANDS } from './introspection.js';
import { KEY_COMMANDS } from './keys.js';
import { SERVER_COMMANDS } from './server.js';
import { STRING_COMMANDS } from './strings.js';

export const COMMANDS: readonly CommandSpec[] = [
  ...STRING_COMMANDS,
  ...KEY_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...SERVER_COMMANDS,
  ...INTROSPECTION_COMMANDS,
];
