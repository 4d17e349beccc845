#!/usr/bin/env node
/** The command line on plain Node. */
import { pathToFileURL } from 'node:url';
import { bundledCommandLine } from './cli-bundle.mjs';

const { runCommandLine } = await import(pathToFileURL(await bundledCommandLine()).href);
process.exitCode = await runCommandLine(process.argv.slice(2));
