/** The contract between a policy and the simulation as people read it: its own file. */

import contract from '../sim/policy/custom/contract.ts?raw';

/** The types, without the comment that heads every file of ours. */
export const contractText: string = contract;

/** The same as a file beside a policy: editors then know what `import type { View } from 'tokenyard'` means. */
export const declarationFile = `declare module 'tokenyard' {\n${contract.trimEnd().replace(/^(?=.)/gm, '  ')}\n}\n`;
