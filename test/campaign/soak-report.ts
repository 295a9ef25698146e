/** The soak campaign's report: what was run where, what was seen over time, and the findings, as a page of Markdown. */

import { writeFileSync } from 'node:fs';
import { arch, cpus, release, totalmem } from 'node:os';
import type { Finding } from './soak-finding.js';

const GIB = 2 ** 30;

interface SoakReport {
  /** As it would be typed. */
  readonly command: string;
  readonly reactor: string;
  readonly directives: Readonly<Record<string, string>>;
  /** The printed table, head and rows. */
  readonly table: readonly string[];
  /** How often each kind of thing was done. */
  readonly counts: ReadonlyMap<string, number>;
  readonly findings: readonly Finding[];
}

export function writeReport(file: string, report: SoakReport): void {
  const badCount = report.findings.filter(({ verdict }) => verdict === 'bad').length;
  const settings = Object.entries(report.directives).map(([name, value]) => `${name} ${value}`);
  const text = `# Soak

Written by the campaign itself, which runs one server under everything at once: pipelines over all data types, clients
that check every reply, others that come and go, are reset, read slowly or not at all, an administrator, snapshots, expiry;
and beside it a second server whose memory is full. \`test/campaign/soak.ts\` describes it.

\`\`\`sh
${report.command}
\`\`\`

| | |
|---|---|
| date | ${new Date().toISOString().slice(0, 10)} |
| machine | ${cpus().length} x ${cpus()[0]?.model.trim() ?? 'unknown'}, ${(totalmem() / GIB).toFixed(0)} GiB, ${arch()} |
| system | ${process.platform} ${release()}, Node.js ${process.version} |
| server | reactor ${report.reactor}, ${settings.join(', ')} |

## Verdict

${badCount === 0 ? 'The server has passed.' : `The server has failed: ${badCount} findings.`}

| | |
|---|---|
${report.findings.map(findingRow).join('\n')}

## Over time

Waits are those of a client that sends one PING after the other; beside them those of the same client at a process that
does nothing but answer: the machine's own noise.

\`\`\`
${report.table.join('\n')}
\`\`\`

## What was done

${[...report.counts].map(([what, count]) => `- ${what}: ${count}`).join('\n')}
`;
  writeFileSync(file, text);
}

function findingRow({ verdict, text }: Finding): string {
  return `| ${verdict} | ${text.replaceAll('\n', '<br>').replaceAll('|', '\\|')} |`;
}
