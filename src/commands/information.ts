/**
 * INFO: sections of `name:value` lines. Names that Redis has mean what they mean there, or what is most like it here; those of
 * CrabKV's own begin with `crabkv_`, `log_`, `snapshot_`, `shard_`, `baton_` or `reactor`.
 *
 * What Redis counts and CrabKV has none of (replicas, forks, defragmentation, scripts) is 0, because that is so, and because
 * dashboards look for it.
 */

import type { Call } from '../engine/call.js';
import { commandStatsFields, errorStatsFields, latencyStatsFields } from './information/commands.js';
import { cpuFields } from './information/cpu.js';
import type { Fields } from './information/field.js';
import { clusterFields, keyspaceFields, replicationFields } from './information/keyspace.js';
import { memoryFields } from './information/memory.js';
import { persistenceFields } from './information/persistence.js';
import { clientsFields, serverFields } from './information/server.js';
import { statsFields } from './information/stats.js';

interface Section {
  readonly name: string;
  /** Another name, by which Redis knows it, too. */
  readonly alias?: string;
  readonly title: string;
  /** Not among those of INFO without arguments. */
  readonly isExtra?: boolean;
  readonly fields: (call: Call) => Fields;
}

/** In the order in which Redis shows them, however they are asked for. */
const SECTIONS: readonly Section[] = [
  { name: 'server', title: 'Server', fields: serverFields },
  { name: 'clients', title: 'Clients', fields: clientsFields },
  { name: 'memory', title: 'Memory', fields: memoryFields },
  { name: 'persistence', title: 'Persistence', fields: persistenceFields },
  { name: 'stats', title: 'Stats', fields: statsFields },
  { name: 'replication', title: 'Replication', fields: replicationFields },
  { name: 'cpu', title: 'CPU', fields: cpuFields },
  { name: 'modules', alias: 'module_list', title: 'Modules', fields: () => [] },
  { name: 'commandstats', title: 'Commandstats', isExtra: true, fields: commandStatsFields },
  { name: 'errorstats', title: 'Errorstats', fields: errorStatsFields },
  { name: 'latencystats', title: 'Latencystats', isExtra: true, fields: latencyStatsFields },
  { name: 'cluster', title: 'Cluster', fields: clusterFields },
  { name: 'keyspace', title: 'Keyspace', fields: keyspaceFields },
];

/** The text of the sections that the words (in lower case) ask for. Words that ask for none are overlooked, as in Redis. */
export function informationText(call: Call, wanted: readonly string[]): string {
  const isAll = wanted.includes('all') || wanted.includes('everything');
  const isDefault = wanted.length === 0 || wanted.includes('default');
  const isWanted = ({ name, alias = name, isExtra = false }: Section): boolean =>
    isAll || (isDefault && !isExtra) || wanted.includes(name) || wanted.includes(alias);
  return SECTIONS.filter(isWanted)
    .map(({ title, fields }) => `# ${title}\r\n${lines(fields(call))}`)
    .join('\r\n');
}

function lines(fields: Fields): string {
  return fields.map(([name, value]) => `${name}:${value}\r\n`).join('');
}
