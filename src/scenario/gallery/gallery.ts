/** The gallery: the map of the field, every leaf of it a pair of runs. */

import type { GalleryBranch, GalleryLeaf } from './entry.ts';
import { batching } from './leaves/batching.ts';
import { distributed } from './leaves/distributed.ts';
import { frontier } from './leaves/frontier.ts';
import { memory } from './leaves/memory.ts';
import { phases } from './leaves/phases.ts';
import { queueing } from './leaves/queueing.ts';

export const branches: readonly GalleryBranch[] = [phases, memory, batching, queueing, distributed, frontier];

export const leaves: readonly GalleryLeaf[] = branches.flatMap((branch) => branch.leaves);
