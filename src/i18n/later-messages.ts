/** All texts that the page loads later, at once: for tests, which load no dialogs and show both languages. */

import { addMessages, loadLanguage } from './i18n.ts';
import { band } from './messages/band.ts';
import { calibrate } from './messages/calibrate.ts';
import { calibrateFit } from './messages/calibrate-fit.ts';
import { commandTexts } from './messages/commands.ts';
import { compared } from './messages/compared.ts';
import { comparison } from './messages/comparison.ts';
import { engines } from './messages/engines.ts';
import { events } from './messages/events.ts';
import { fleet } from './messages/fleet.ts';
import { gallery } from './messages/gallery.ts';
import { glossary } from './messages/glossary.ts';
import { guide } from './messages/guide.ts';
import { hashChain } from './messages/hash-chain.ts';
import { headlines } from './messages/headlines.ts';
import { help } from './messages/help.ts';
import { kvColours } from './messages/kv-colours.ts';
import { layouts } from './messages/layouts.ts';
import { learned } from './messages/learned.ts';
import { lecture } from './messages/lecture.ts';
import { memory } from './messages/memory.ts';
import { motion } from './messages/motion.ts';
import { own } from './messages/own.ts';
import { palette } from './messages/palette.ts';
import { policy } from './messages/policy.ts';
import { presetSentences } from './messages/preset-sentences.ts';
import { problems } from './messages/problems.ts';
import { roofline } from './messages/roofline.ts';
import { sheet } from './messages/sheet.ts';
import { strip } from './messages/strip.ts';
import { sweep } from './messages/sweep.ts';
import { timeline } from './messages/timeline.ts';
import { tree } from './messages/tree.ts';
import { why } from './messages/why.ts';

for (const area of [
  band,
  calibrate,
  calibrateFit,
  compared,
  commandTexts,
  comparison,
  engines,
  events,
  fleet,
  gallery,
  glossary,
  hashChain,
  headlines,
  kvColours,
  guide,
  help,
  layouts,
  learned,
  lecture,
  memory,
  motion,
  own,
  palette,
  policy,
  presetSentences,
  problems,
  roofline,
  sheet,
  strip,
  sweep,
  timeline,
  tree,
  why,
])
  addMessages(area);
await loadLanguage('zh');
