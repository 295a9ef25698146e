/**
 * LATENCY: what took long (engine/latency.ts), and how long commands take (engine/command-statistics.ts), in all threads.
 */

import type { Call } from '../engine/call.js';
import type { ArgumentSpec, Command, CommandFlag, CommandSpec } from '../engine/command.js';
import * as errors from '../engine/errors.js';
import { cumulativeCounts } from '../engine/histogram.js';
import { EVENT_NAMES, type LatencySeries } from '../engine/latency.js';
import { replyHelp } from './connection.js';
import { latencyGraph } from './latency-graph.js';
import { latencyReport } from './latency-report.js';

const FLAGS: readonly CommandFlag[] = ['admin', 'noscript', 'loading', 'stale'];
const TIPS: readonly string[] = [
  'nondeterministic_output',
  'request_policy:all_nodes',
  'response_policy:special',
];
const EVENT: ArgumentSpec = { name: 'event', type: 'string' };

/** What is known of the event that argument `index` names, in this very spelling. */
function namedSeries(call: Call, index: number): LatencySeries | undefined {
  const event = EVENT_NAMES.indexOf(call.byteText(index));
  return event < 0 ? undefined : call.services.instruments.latency.series(event);
}

function latest(call: Call): void {
  const { reply, services } = call;
  const all = EVENT_NAMES.map((name, event) => ({
    name,
    series: services.instruments.latency.series(event),
  }));
  const known = all.filter(({ series }) => series !== undefined);
  reply.arrayHeader(known.length);
  for (const { name, series } of known) {
    const last = series?.samples.at(-1);
    reply.arrayHeader(4);
    reply.bulkText(name);
    reply.integer(last?.unixSeconds ?? 0);
    reply.integer(last?.ms ?? 0);
    reply.integer(series?.longestMs ?? 0);
  }
}

function history(call: Call): void {
  const samples = namedSeries(call, 2)?.samples ?? [];
  call.reply.arrayHeader(samples.length);
  for (const { unixSeconds, ms } of samples) {
    call.reply.arrayHeader(2);
    call.reply.integer(unixSeconds);
    call.reply.integer(ms);
  }
}

function graph(call: Call): void {
  const series = namedSeries(call, 2);
  if (series === undefined) {
    call.reply.error(errors.noLatencySamples(call.bytes, call.offset(2), call.size(2)));
  } else {
    call.reply.verbatim(latencyGraph(call.byteText(2), series, call.keyspace.now), 'txt');
  }
}

function reset(call: Call): void {
  const { latency } = call.services.instruments;
  let count = 0;
  for (const [event, name] of EVENT_NAMES.entries()) {
    const isWanted = call.count === 2 || isNamed(call, name);
    if (isWanted && latency.reset(event)) count += 1;
  }
  call.reply.integer(count);
}

/** True when one of the arguments from 2 on is `name`, in any case. */
function isNamed(call: Call, name: string): boolean {
  for (let index = 2; index < call.count; index++) {
    if (call.is(index, name.toUpperCase())) return true;
  }
  return false;
}

/** Of commands asked for that don't exist, or have not been called, nothing is said. */
function histogram(call: Call): void {
  const { reply, commands, services } = call;
  const wanted = call.count === 2 ? commands.indexed : askedFor(call);
  const known = wanted.flatMap((command) => {
    const counts = services.instruments.commands.histogram(command.index);
    return counts === undefined ? [] : [{ name: command.fullName, counts }];
  });
  reply.mapHeader(known.length);
  for (const { name, counts } of known) {
    const pairs = cumulativeCounts(counts);
    reply.bulkText(name);
    reply.mapHeader(2);
    reply.bulkText('calls');
    reply.integer(pairs.at(-1)?.[1] ?? 0);
    reply.bulkText('histogram_usec');
    reply.mapHeader(pairs.length);
    for (const [boundUs, count] of pairs) {
      reply.integer(boundUs);
      reply.integer(count);
    }
  }
}

/** The commands that the arguments name, each as often as it is named; a command with subcommands stands for these. */
function askedFor(call: Call): Command[] {
  const asked: Command[] = [];
  for (let index = 2; index < call.count; index++) {
    const command = call.commands.named(call.byteText(index));
    if (command !== undefined) asked.push(command, ...command.subcommands);
  }
  return asked;
}

const HELP = [
  'LATENCY <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'DOCTOR',
  '    Return a human readable latency analysis report.',
  'GRAPH <event>',
  '    Return an ASCII latency graph for the <event> class.',
  'HISTORY <event>',
  '    Return time-latency samples for the <event> class.',
  'LATEST',
  '    Return the latest latency samples for all events.',
  'RESET [<event> ...]',
  '    Reset latency data of one or more <event> classes.',
  '    (default: reset all data for all event classes)',
  'HISTOGRAM [COMMAND ...]',
  '    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.',
  '    If no commands are specified then all histograms are replied.',
  'HELP',
  '    Prints this help.',
];

export const LATENCY_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'latency',
    arity: -2,
    flags: [],
    group: 'server',
    since: '2.8.13',
    summary: 'Commands on what took long.',
    complexity: 'Depends on the subcommand.',
    subcommands: [
      {
        name: 'doctor',
        arity: 2,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Says what took long, and what can be done about it.',
        complexity: 'O(1)',
        tips: TIPS,
        reply: 'string',
        run: (call) => {
          const { services, keyspace, reply } = call;
          reply.verbatim(latencyReport(services.instruments.latency, services.config, keyspace.now), 'txt');
        },
      },
      {
        name: 'graph',
        arity: 3,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Draws how long an event took.',
        complexity: 'O(1)',
        tips: TIPS,
        arguments: [EVENT],
        reply: 'string',
        run: graph,
      },
      {
        name: 'history',
        arity: 3,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Returns when an event took how long.',
        complexity: 'O(1)',
        tips: TIPS,
        arguments: [EVENT],
        reply: 'array<{timestamp:integer,latencyMs:integer}>',
        run: history,
      },
      {
        name: 'latest',
        arity: 2,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Returns how long each event took the last time.',
        complexity: 'O(1)',
        tips: TIPS,
        reply: 'array<{event:string,timestamp:integer,latestMs:integer,maxMs:integer}>',
        run: latest,
      },
      {
        name: 'reset',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '2.8.13',
        summary: 'Forgets some or all events.',
        complexity: 'O(1)',
        tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
        arguments: [{ ...EVENT, flags: ['optional', 'multiple'] }],
        reply: 'integer',
        run: reset,
      },
      {
        name: 'histogram',
        arity: -2,
        flags: FLAGS,
        group: 'server',
        since: '7.0.0',
        summary: 'Returns how long commands take, as cumulative counts.',
        complexity: 'O(N) with the number of commands asked for',
        tips: TIPS,
        arguments: [{ name: 'command', type: 'string', flags: ['optional', 'multiple'] }],
        reply: 'map<string,map{calls:integer,histogram_usec:map<integer,integer>}>',
        run: histogram,
      },
      {
        name: 'help',
        arity: 2,
        flags: ['loading', 'stale'],
        group: 'server',
        since: '2.8.13',
        summary: 'Lists the subcommands.',
        complexity: 'O(1)',
        reply: 'array<string>',
        run: (call) => replyHelp(call, HELP),
      },
    ],
  },
];
