import { useMediaQuery } from '../ui/use-motion.ts';

/** `wide`: rail, stage and side column. `medium`: the rail is a drawer. `narrow`: the side column is tabs. `phone`: one panel at a time. */
export type Layout = 'wide' | 'medium' | 'narrow' | 'phone';

export function useLayout(): Layout {
  const isWide = useMediaQuery('(min-width: 1100px)');
  const isMedium = useMediaQuery('(min-width: 900px)');
  // A phone on its side is wide enough but far too low for several panels.
  const isPhone = useMediaQuery('(max-width: 639px), (max-height: 479px)');
  if (isPhone) return 'phone';
  if (isWide) return 'wide';
  return isMedium ? 'medium' : 'narrow';
}
