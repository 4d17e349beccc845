import { type RefObject, useLayoutEffect, useRef } from 'react';

const slideMs = 200;

/**
 * Lets children slide from where they were to where they are when their order changes. Only transforms move; a change
 * during a slide starts the next one from where the eye sees the child. Children are known by `data-key`.
 */
export function useSlide(list: RefObject<HTMLElement | null>, isOn: boolean, order: string): void {
  const places = useRef(new Map<string, number>());
  const slides = useRef(new Map<string, Animation>());
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new order is what calls for a slide
  useLayoutEffect(() => {
    if (list.current === null) return;
    const seen = new Map<string, number>();
    const origin = list.current.getBoundingClientRect().left;
    const children = Array.from(list.current.children).filter((child) => child instanceof HTMLElement);
    // The offset is where layout puts the child; the box is where a running slide shows it.
    const shown = new Map(children.map((child) => [child, child.getBoundingClientRect().left - origin]));
    for (const child of children) {
      const key = child.dataset.key;
      if (key === undefined) continue;
      const running = slides.current.get(key);
      const before = running?.playState === 'running' ? shown.get(child) : places.current.get(key);
      running?.cancel();
      const now = child.getBoundingClientRect().left - origin;
      seen.set(key, now);
      if (!isOn || before === undefined || Math.abs(before - now) < 1) continue;
      const frames = [{ transform: `translateX(${before - now}px)` }, { transform: 'none' }];
      slides.current.set(key, child.animate(frames, { duration: slideMs, easing: 'ease-out' }));
    }
    places.current = seen;
    for (const key of slides.current.keys()) if (!seen.has(key)) slides.current.delete(key);
  }, [list, isOn, order]);
}
