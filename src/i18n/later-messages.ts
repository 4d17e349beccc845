/** All areas that the page loads later, at once: for tests, which load no dialogs. */

import { addMessages } from './i18n.ts';
import { calibrate } from './messages/calibrate.ts';
import { engines } from './messages/engines.ts';
import { headlines } from './messages/headlines.ts';
import { learned } from './messages/learned.ts';
import { policy } from './messages/policy.ts';

for (const area of [calibrate, engines, headlines, learned, policy]) addMessages(area);
