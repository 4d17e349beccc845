import { type RefObject, useLayoutEffect, useRef } from 'react';
import { fadeMs, type Look } from '../motion/pace.ts';

const slideMs = 200;

/**
 * Lets children go from where they were to where they are when their order changes: by sliding, or by a change of
 * opacity. A change under way ends where it was going. Children are known by `data-key`.
 */
export function useSlide(list: RefObject<HTMLElement | null>, look: Look, order: string): void {
  const places = useRef(new Map<string, number>());
  const slides = useRef<Animation[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new order is what calls for a slide
  useLayoutEffect(() => {
    if (list.current === null) return;
    for (const slide of slides.current) slide.cancel();
    slides.current = [];
    if (look === 'none') {
      places.current.clear();
      return;
    }
    const seen = new Map<string, number>();
    const origin = list.current.getBoundingClientRect().left;
    for (const child of list.current.children) {
      if (!(child instanceof HTMLElement) || child.dataset.key === undefined) continue;
      const before = places.current.get(child.dataset.key);
      const now = child.getBoundingClientRect().left - origin;
      seen.set(child.dataset.key, now);
      if (before === undefined || Math.abs(before - now) < 1) continue;
      slides.current.push(
        look === 'travel'
          ? child.animate([{ transform: `translateX(${before - now}px)` }, { transform: 'none' }], {
              duration: slideMs,
              easing: 'ease-out',
            })
          : child.animate([{ opacity: 0.3 }, { opacity: 1 }], fadeMs),
      );
    }
    places.current = seen;
  }, [list, look, order]);
}
