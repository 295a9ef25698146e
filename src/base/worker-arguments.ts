/**
 * Node's own arguments for the threads that a server starts.
 *
 * A worker inherits those of its process, which is right for all but one kind of process: with a program given as text
 * (`node --input-type=module -e ...`) a worker, which is a file, would be taken for such a program, too. It then gets none: it
 * would refuse the others as well if they are for V8, which all threads have anyway.
 */

const PROGRAM = /^--(?:experimental-default-type|input-type)(?:=|$)|^(?:-e|-p|-pe|--eval|--print)$/;

/** For the option `execArgv` of a worker that runs a file; undefined: those of the process. */
export function workerArguments(own: readonly string[] = process.execArgv): string[] | undefined {
  return own.some((argument) => PROGRAM.test(argument)) ? [] : undefined;
}
