/** A reporter for Node's test runner: the file of each test that fails, a line each, for scripts/test.mjs to read. */

export default async function* failedFiles(events) {
  for await (const { type, data } of events) if (type === 'test:fail' && data.file) yield `${data.file}\n`;
}
