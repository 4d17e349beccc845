/**
 * Before every test file: generated cases are the same ones in each run of the same code, so that a change is judged by its
 * own doing. The deep test (a number of cases in TOKENYARD_CASES) takes new ones each time, and prints the seed of a failure.
 */

import fc from 'fast-check';

if (!process.env.TOKENYARD_CASES) fc.configureGlobal({ seed: 2022 });
