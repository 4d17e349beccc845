/** All texts that the page loads later, at once: for tests, which load no dialogs and show both languages. */

import { addMessages, loadLanguage } from './i18n.ts';
import { band } from './messages/band.ts';
import { calibrate } from './messages/calibrate.ts';
import { calibrateFit } from './messages/calibrate-fit.ts';
import { comparison } from './messages/comparison.ts';
import { engines } from './messages/engines.ts';
import { gallery } from './messages/gallery.ts';
import { headlines } from './messages/headlines.ts';
import { learned } from './messages/learned.ts';
import { lecture } from './messages/lecture.ts';
import { own } from './messages/own.ts';
import { policy } from './messages/policy.ts';
import { roofline } from './messages/roofline.ts';
import { sweep } from './messages/sweep.ts';
import { tree } from './messages/tree.ts';

for (const area of [
  band,
  calibrate,
  calibrateFit,
  comparison,
  engines,
  gallery,
  headlines,
  learned,
  lecture,
  own,
  policy,
  roofline,
  sweep,
  tree,
])
  addMessages(area);
await loadLanguage('zh');
