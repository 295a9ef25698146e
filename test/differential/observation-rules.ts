/**
 * When INFO, SLOWLOG and LATENCY count as the same: what is measured differs from run to run, but not what is measured and how it
 * is shown.
 */

import type { Frame } from '../support/resp.js';

/** Fields of Redis that CrabKV leaves out, because they would say nothing true: see docs/differences.md. */
const LEFT_OUT = [
  'atomicvar_api',
  'gcc_version',
  'clients_in_timeout_table',
  'lazyfreed_objects',
  'reply_buffer_shrinks',
  'reply_buffer_expands',
];
/** Fields that depend on what the server has done so far. */
const HISTORY = /^(?:cmdstat_|errorstat_|latency_percentiles_usec_|db\d+$)/;
/** Of sections that are asked for alone, after CONFIG RESETSTAT: what of their lines is measured. The rest is the same. */
const MEASURED: Readonly<Record<string, RegExp>> = {
  COMMANDSTATS: /usec=\d+,usec_per_call=\d+\.\d\d/g,
  ERRORSTATS: /$^/g,
  LATENCYSTATS: /(?<==)\d+\.\d{3}(?=[,\r])/g,
};

/** INFO: the same sections in the same order, each with all of Redis's fields. What there is about commands is the same. */
export function sameInformation(subject: Frame, reference: Frame, words: readonly string[]): boolean {
  if (subject.type !== reference.type) return false;
  const measured = words.length === 2 ? MEASURED[words[1]?.toUpperCase() ?? ''] : undefined;
  if (measured === undefined) return sameSections(subject, reference);
  const lines = ({ text }: Frame) => text.replaceAll(measured, '').split('\r\n').sort().join('\n');
  return lines(subject) === lines(reference);
}

function sameSections(subject: Frame, reference: Frame): boolean {
  const ours = sections(subject);
  const theirs = sections(reference);
  if ([...ours.keys()].join() !== [...theirs.keys()].join()) return false;
  return [...theirs].every(([title, fields]) => {
    const known = ours.get(title) ?? [];
    return fields.every((name) => known.includes(name) || LEFT_OUT.includes(name) || HISTORY.test(name));
  });
}

/** SLOWLOG GET: the same commands in the same order; ids go down; id, time, duration and address are each server's own. */
export function sameSlowCommands(subject: Frame, reference: Frame): boolean {
  const shown = ({ items }: Frame) =>
    JSON.stringify(items.map((entry) => entry.items.slice(3).map(shownPart)));
  const isWhole = ({ items }: Frame) =>
    items.every((entry, i) => {
      const idBefore = Number(items[i - 1]?.items[0]?.text ?? Number.POSITIVE_INFINITY);
      return (
        entry.items.slice(0, 3).every(({ type }) => type === ':') && Number(entry.items[0]?.text) < idBefore
      );
    });
  return isWhole(subject) && isWhole(reference) && shown(subject) === shown(reference);
}

/** ACL LOG: the same refusals, as often and in the same order; age and client are each server's own. */
export function sameRefusals(subject: Frame, reference: Frame): boolean {
  const shown = ({ items }: Frame) =>
    JSON.stringify(
      items.map((entry) => [
        entry.items.length,
        entry.items.map(({ type, text }, index) => (index === 11 || index === 13 ? type : text)),
      ]),
    );
  return shown(subject) === shown(reference);
}

/** Arguments and name, but not the address, which is the second part from the end. */
function shownPart(part: Frame, index: number): unknown {
  return index === 1 ? part.type : [part.type, part.text, part.items.map(({ type, text }) => [type, text])];
}

/** LATENCY HISTOGRAM: the same commands, as often called; how long they took is each server's own. */
export function sameHistogramCommands(subject: Frame, reference: Frame): boolean {
  return histogramCommands(subject) === histogramCommands(reference);
}

function histogramCommands(frame: Frame): string {
  const commands: string[] = [];
  for (let i = 0; i < frame.items.length; i += 2) {
    const fields = frame.items[i + 1]?.items.slice(0, 3).map(({ type, text }) => type + text);
    const buckets = frame.items[i + 1]?.items[3];
    const isRising =
      (buckets?.items.length ?? 0) % 2 === 0 && buckets?.items.every(({ type }) => type === ':');
    commands.push(`${frame.items[i]?.text} ${fields} ${buckets?.type} ${isRising}`);
  }
  return `${frame.type} ${commands.sort()}`;
}

function sections(frame: Frame): Map<string, string[]> {
  const found = new Map<string, string[]>();
  let fields: string[] = [];
  for (const line of frame.text.split('\r\n')) {
    if (line.startsWith('# ')) {
      fields = [];
      found.set(line, fields);
    } else if (line !== '') {
      fields.push(line.slice(0, line.indexOf(':')));
    }
  }
  return found;
}
