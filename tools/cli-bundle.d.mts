/** The file of the bundled command line, made first if it is not there. */
export function bundledCommandLine(): Promise<string>;
