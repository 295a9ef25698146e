/**
 * The command table: every command there is. A new family adds its list here.
 */

import type { CommandSpec } from '../engine/command.js';
import { ACL_COMMANDS } from './acl.js';
import { BITFIELD_COMMANDS } from './bitfield.js';
import { BITMAP_COMMANDS } from './bitmaps.js';
import { CLIENT_COMMANDS } from './client.js';
import { COMPARISON_COMMANDS } from './comparison.js';
import { CONFIG_COMMANDS } from './config.js';
import { CONNECTION_COMMANDS } from './connection.js';
import { COUNTER_COMMANDS } from './counters.js';
import { DEBUG_COMMANDS } from './debug.js';
import { DUMP_COMMANDS } from './dump.js';
import { EXPIRY_COMMANDS } from './expiry.js';
import { GEO_COMMANDS } from './geo.js';
import { GEO_SEARCH_COMMANDS } from './geo-search.js';
import { HASH_COUNTER_COMMANDS } from './hash-counters.js';
import { HASH_EXPIRY_COMMANDS } from './hash-expiry.js';
import { HASH_OPTION_COMMANDS } from './hash-options.js';
import { HASH_SCAN_COMMANDS } from './hash-scan.js';
import { HASH_COMMANDS } from './hashes.js';
import { HYPERLOGLOG_COMMANDS } from './hyperloglog.js';
import { INTROSPECTION_COMMANDS } from './introspection.js';
import { KEY_COMMANDS } from './keys.js';
import { LATENCY_COMMANDS } from './latency.js';
import { LCS_COMMANDS } from './lcs.js';
import { LIST_EDIT_COMMANDS } from './list-edits.js';
import { LIST_MOVE_COMMANDS } from './list-moves.js';
import { LIST_COMMANDS } from './lists.js';
import { LOLWUT_COMMANDS } from './lolwut.js';
import { MEMORY_COMMANDS } from './memory.js';
import { MONITOR_COMMANDS } from './monitor.js';
import { MOVE_COMMANDS } from './moves.js';
import { OBJECT_COMMANDS } from './object.js';
import { SCAN_COMMANDS } from './scan.js';
import { SERVER_COMMANDS } from './server.js';
import { SET_CHOICE_COMMANDS } from './set-choices.js';
import { SET_OPERATION_COMMANDS } from './set-operations.js';
import { SET_SCAN_COMMANDS } from './set-scan.js';
import { SET_COMMANDS } from './sets.js';
import { SLOWLOG_COMMANDS } from './slowlog.js';
import { SORT_COMMANDS } from './sort.js';
import { SORTED_SET_OPERATION_COMMANDS } from './sorted-set-operations.js';
import { SORTED_SET_RANGE_COMMANDS } from './sorted-set-ranges.js';
import { SORTED_SET_REMOVAL_COMMANDS } from './sorted-set-removals.js';
import { SORTED_SET_SCAN_COMMANDS } from './sorted-set-scan.js';
import { SORTED_SET_COMMANDS } from './sorted-sets.js';
import { STRING_BATCH_COMMANDS } from './string-batches.js';
import { STRING_RANGE_COMMANDS } from './string-ranges.js';
import { STRING_COMMANDS } from './strings.js';
import { WAIT_COMMANDS } from './wait.js';

export const COMMANDS: readonly CommandSpec[] = [
  ...STRING_COMMANDS,
  ...BITMAP_COMMANDS,
  ...BITFIELD_COMMANDS,
  ...COUNTER_COMMANDS,
  ...STRING_RANGE_COMMANDS,
  ...STRING_BATCH_COMMANDS,
  ...COMPARISON_COMMANDS,
  ...LCS_COMMANDS,
  ...HYPERLOGLOG_COMMANDS,
  ...HASH_COMMANDS,
  ...HASH_COUNTER_COMMANDS,
  ...HASH_SCAN_COMMANDS,
  ...HASH_EXPIRY_COMMANDS,
  ...HASH_OPTION_COMMANDS,
  ...SORTED_SET_COMMANDS,
  ...SORTED_SET_RANGE_COMMANDS,
  ...SORTED_SET_REMOVAL_COMMANDS,
  ...SORTED_SET_OPERATION_COMMANDS,
  ...SORTED_SET_SCAN_COMMANDS,
  ...LIST_COMMANDS,
  ...LIST_EDIT_COMMANDS,
  ...LIST_MOVE_COMMANDS,
  ...GEO_COMMANDS,
  ...GEO_SEARCH_COMMANDS,
  ...SET_COMMANDS,
  ...SET_CHOICE_COMMANDS,
  ...SET_SCAN_COMMANDS,
  ...SET_OPERATION_COMMANDS,
  ...KEY_COMMANDS,
  ...EXPIRY_COMMANDS,
  ...SCAN_COMMANDS,
  ...MOVE_COMMANDS,
  ...SORT_COMMANDS,
  ...OBJECT_COMMANDS,
  ...WAIT_COMMANDS,
  ...CONNECTION_COMMANDS,
  ...CLIENT_COMMANDS,
  ...SERVER_COMMANDS,
  ...CONFIG_COMMANDS,
  ...ACL_COMMANDS,
  ...MONITOR_COMMANDS,
  ...DEBUG_COMMANDS,
  ...INTROSPECTION_COMMANDS,
  ...DUMP_COMMANDS,
  ...MEMORY_COMMANDS,
  ...SLOWLOG_COMMANDS,
  ...LATENCY_COMMANDS,
  ...LOLWUT_COMMANDS,
];
