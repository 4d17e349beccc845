import type { PaletteKind } from './entry.ts';
import { bookmarks } from './kinds/bookmarks.ts';
import { commandKind } from './kinds/commands.ts';
import { engineKind } from './kinds/engines.ts';
import { galleryKind } from './kinds/gallery.ts';
import { knobs } from './kinds/knobs.ts';
import { presetKind } from './kinds/presets.ts';
import { requests } from './kinds/requests.ts';
import { steps } from './kinds/steps.ts';
import { termKind } from './kinds/terms.ts';

/** Everything that the palette can find. Another kind is one file more, and its name here. */
export const kinds: readonly PaletteKind[] = [
  steps,
  requests,
  bookmarks,
  commandKind,
  knobs,
  presetKind,
  engineKind,
  termKind,
  galleryKind,
];
