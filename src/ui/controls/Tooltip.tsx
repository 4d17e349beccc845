import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import './controls.css';

export interface TooltipProps {
  /** The one control that is explained; it has its own accessible name. */
  readonly children: ReactNode;
  readonly text: string;
  readonly shortcut?: string;
}

const delayMs = 500;
const margin = 8;

/**
 * Repeats a control's name for sighted users, after a moment of pointing or on keyboard focus. Escape hides it.
 * It is not announced: the control carries the same words as its name.
 */
export function Tooltip({ children, text, shortcut }: TooltipProps) {
  const anchor = useRef<HTMLSpanElement>(null);
  const [isOpen, setOpen] = useState(false);
  const timer = useRef(0);

  function show(afterMs: number): void {
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => setOpen(true), afterMs);
  }
  function hide(): void {
    window.clearTimeout(timer.current);
    setOpen(false);
  }
  useEffect(() => () => window.clearTimeout(timer.current), []);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: it only watches the control inside
    <span
      ref={anchor}
      className="tooltip-anchor"
      onPointerEnter={(event) => event.pointerType === 'mouse' && show(delayMs)}
      onPointerLeave={hide}
      onPointerDown={hide}
      onFocus={(event) => event.target.matches(':focus-visible') && show(0)}
      onBlur={hide}
      onKeyDown={(event) => event.key === 'Escape' && hide()}
    >
      {children}
      {isOpen && <Bubble anchor={anchor} text={text} shortcut={shortcut} />}
    </span>
  );
}

interface BubbleProps {
  readonly anchor: React.RefObject<HTMLElement | null>;
  readonly text: string;
  readonly shortcut?: string;
}

/** The text itself, below its control or above where there is no room, never over the window's edge. */
function Bubble({ anchor, text, shortcut }: BubbleProps) {
  const bubble = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const own = bubble.current;
    // The anchor itself has no box; what it wraps has one.
    const target = anchor.current?.firstElementChild ?? null;
    if (own === null || target === null) return;
    const at = target.getBoundingClientRect();
    const left = at.left + at.width / 2 - own.offsetWidth / 2;
    const below = at.bottom + 4;
    const fitsBelow = below + own.offsetHeight + margin <= window.innerHeight;
    own.style.left = `${Math.max(margin, Math.min(left, window.innerWidth - own.offsetWidth - margin))}px`;
    own.style.top = `${fitsBelow ? below : at.top - own.offsetHeight - 4}px`;
  }, [anchor]);
  return createPortal(
    <div ref={bubble} className="tooltip" aria-hidden="true">
      {text}
      {shortcut !== undefined && <kbd>{shortcut}</kbd>}
    </div>,
    // A modal dialog lies over everything outside it.
    anchor.current?.closest('dialog') ?? document.body,
  );
}
