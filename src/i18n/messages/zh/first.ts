/** The Chinese texts of what the page needs at once; loaded when Chinese is chosen. */

import { app } from './app.ts';
import { decisions } from './decisions.ts';
import { knobs } from './knobs.ts';
import { panelsA } from './panels-a.ts';
import { panelsB } from './panels-b.ts';

export const first = { ...app, ...decisions, ...knobs, ...panelsA, ...panelsB };
