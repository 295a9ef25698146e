/**
 * What has to be done when the process ends by itself or by `process.exit()`: nothing asynchronous happens any more then.
 *
 * One listener for all servers of a thread, since Node takes many listeners for a leak.
 */

const works = new Set<() => void>();
let isListening = false;

/** Has `work` done when this thread's process (or worker) exits, until the function returned is called. */
export function atExit(work: () => void): () => void {
  if (!isListening) {
    isListening = true;
    process.on('exit', () => {
      for (const each of works) each();
    });
  }
  works.add(work);
  return () => {
    works.delete(work);
  };
}
