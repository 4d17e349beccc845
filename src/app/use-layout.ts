import { matches, useMediaQuery } from '../ui/use-motion.ts';

/** `wide`: rail, stage and side column. `medium`: the rail is a drawer. `narrow`: the side column is tabs. `phone`: one panel at a time. */
export type Layout = 'wide' | 'medium' | 'narrow' | 'phone';

const wide = '(min-width: 1100px)';
const medium = '(min-width: 900px)';
// A phone on its side is wide enough but far too low for several panels.
const phone = '(max-width: 639px), (max-height: 479px)';

export function useLayout(): Layout {
  return layoutOf(useMediaQuery(phone), useMediaQuery(wide), useMediaQuery(medium));
}

/** The layout of the window at present. */
export function layoutNow(): Layout {
  return layoutOf(matches(phone), matches(wide), matches(medium));
}

function layoutOf(isPhone: boolean, isWide: boolean, isMedium: boolean): Layout {
  if (isPhone) return 'phone';
  if (isWide) return 'wide';
  return isMedium ? 'medium' : 'narrow';
}

/** Whether the panels stand in columns with dividers. */
export function hasColumns(layout: Layout): boolean {
  return layout === 'wide' || layout === 'medium';
}
