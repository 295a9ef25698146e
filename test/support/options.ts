/** The options of the campaigns that are started by hand: `--name value`, or `--name` alone for a switch. */

/** Reads `--name value` pairs. Throws on anything else, so that a typing error does not start an hour of the wrong campaign. */
export function readOptions<const Name extends string>(
  names: readonly Name[],
  commandLine = process.argv.slice(2),
): Map<Name, string> {
  const options = new Map<Name, string>();
  for (let i = 0; i < commandLine.length; i++) {
    const name = commandLine[i]!.replace(/^--/, '') as Name;
    if (!commandLine[i]!.startsWith('--') || !names.includes(name)) {
      throw new Error(
        `unknown option ${commandLine[i]}: allowed are ${names.map((n) => `--${n}`).join(', ')}`,
      );
    }
    const value = commandLine[i + 1];
    if (value === undefined || value.startsWith('--')) options.set(name, '');
    else {
      options.set(name, value);
      i++;
    }
  }
  return options;
}

/** A number from options read by `readOptions`. */
export function numberOption<Name extends string>(
  options: Map<Name, string>,
  name: Name,
  otherwise: number,
): number {
  const text = options.get(name);
  if (text === undefined) return otherwise;
  const value = Number(text.replaceAll('_', ''));
  if (text === '' || !Number.isFinite(value)) throw new Error(`--${name} wants a number, not '${text}'`);
  return value;
}
