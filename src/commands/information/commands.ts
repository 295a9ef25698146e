/**
 * INFO commandstats, errorstats and latencystats: what commands cost, and which errors they replied with.
 */

import type { Call } from '../../engine/call.js';
import { formatPercentile } from '../../engine/config/value.js';
import { percentileUs } from '../../engine/histogram.js';
import type { Fields } from './field.js';

/** Commands that were called or refused, subcommands on lines of their own: `cmdstat_config|get`. */
export function commandStatsFields(call: Call): Fields {
  const fields: [string, string][] = [];
  for (const command of call.commands.indexed) {
    const { calls, usec, rejected, failed } = call.services.instruments.commands.totals(command.index);
    if (calls === 0 && rejected === 0 && failed === 0) continue;
    const perCall = calls === 0 ? 0 : usec / calls;
    fields.push([
      `cmdstat_${command.fullName}`,
      `calls=${calls},usec=${Math.floor(usec)},usec_per_call=${perCall.toFixed(2)},` +
        `rejected_calls=${rejected},failed_calls=${failed}`,
    ]);
  }
  return fields;
}

export function errorStatsFields(call: Call): Fields {
  return call.services.instruments.errors
    .codes()
    .map(([code, count]) => [`errorstat_${code}`, `count=${count}`] as const);
}

export function latencyStatsFields(call: Call): Fields {
  const { config, instruments } = call.services;
  if (!config.flag('latency-tracking')) return [];
  const percentiles = config.percentiles('latency-tracking-info-percentiles');
  const fields: [string, string][] = [];
  for (const command of call.commands.indexed) {
    const counts = instruments.commands.histogram(command.index);
    if (counts === undefined) continue;
    const values = percentiles.map(
      (percentile) => `p${formatPercentile(percentile)}=${percentileUs(counts, percentile).toFixed(3)}`,
    );
    fields.push([`latency_percentiles_usec_${command.fullName}`, values.join(',')]);
  }
  return fields;
}
