/** The dedicated worker of the page: one simulator behind a port. */

import { type Port, serve } from '../protocol/rpc.ts';
import { createSimulator } from './simulator.ts';

serve(globalThis as unknown as Port, createSimulator());
