import { type KeyboardEvent, type PointerEvent, useEffect, useId, useLayoutEffect, useRef, useState } from 'react';
import { createCanvasPainter, forgetFont } from './canvas-painter.ts';
import { frameLoop } from './frame-loop.ts';
import { onShown } from './live.ts';
import type { Painter, Size } from './painter.ts';
import type { Theme } from './theme.ts';
import { useTheme } from './use-theme.ts';
import './surface.css';

/** A place on the canvas in CSS pixels from its top left corner. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export type Arrow = 'left' | 'right' | 'up' | 'down';

export interface SurfaceProps {
  /** Name for assistive technology: what the picture shows. */
  readonly label: string;
  /** Draws everything. Pure: called again whenever version, theme or size changes. */
  readonly draw: (painter: Painter, size: Size, theme: Theme) => void;
  /** Compared by identity (arrays: item by item); a new one means the picture is out of date. */
  readonly version: unknown;
  /** `draw` reads the shown step itself (`Live`): drawn again with every step, without being rendered. */
  readonly isLive?: boolean;
  /** What lies under `draw` and stays while that moves: drawn once for a version (compared by identity), theme and size. */
  readonly ground?: { readonly version: unknown; readonly draw: SurfaceProps['draw'] };
  /** The state in words, spoken politely when it changes while the surface has the focus. Leave out while playing. */
  readonly description?: string;
  /** The picture is a position on a scale that arrow keys of the page move: shown to assistive technology as a slider. */
  readonly slider?: { readonly value: number; readonly min: number; readonly max: number; readonly text: string };
  /** The text beside it says the same: hidden from assistive technology and out of the tab order. */
  readonly isDecoration?: boolean;
  readonly className?: string;
  readonly cursor?: 'default' | 'pointer' | 'crosshair' | 'col-resize';
  /** Pointer over the surface, with no button held. */
  readonly onPointerMove?: (at: Point) => void;
  readonly onPointerLeave?: () => void;
  /** A click or a tap. */
  readonly onClick?: (at: Point) => void;
  /** Touch held for half a second without moving. */
  readonly onLongPress?: (at: Point) => void;
  /** Pointer down, then every move until it is up. */
  readonly onDrag?: (at: Point, phase: 'start' | 'move' | 'end', size: Size) => void;
  /** An arrow key; return true where it was used. The key is then not a command of the page. */
  readonly onArrow?: (arrow: Arrow, withShift: boolean) => boolean;
  /** Any other key by its `event.key`; return true where it was used. */
  readonly onKey?: (key: string, withShift: boolean) => boolean;
}

const longPressMs = 500;
/** A touch that moves further than this is a drag or a scroll, not a tap. */
const tapSlop = 8;

const arrows: Readonly<Record<string, Arrow>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};

/** The canvas of a panel: sharp at any pixel ratio, drawn by the page's one frame loop, usable by keyboard and reader. */
export function Surface(props: SurfaceProps) {
  const { label, draw, version, description, onPointerMove, onPointerLeave, onClick, onLongPress, onDrag } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const { size, zoom } = useBox(canvas);
  const press = useRef<{ at: Point; timer: number; isOver: boolean } | null>(null);
  const descriptionId = useId();
  const [isFocused, setFocused] = useState(false);
  const versions = Array.isArray(version) ? version : [version];

  // The drawing waits for the next frame; what it draws is then the newest.
  const { ground, isLive = false } = props;
  const newest = useRef<Picture>({ draw, ground, size, zoom, theme });
  newest.current = { draw, ground, size, zoom, theme };
  const layer = useRef<Layer | null>(null);
  const [redraw] = useState(() => () => {
    const element = canvas.current;
    const { width, height } = newest.current.size;
    if (element === null || width === 0 || height === 0) return;
    frameLoop.requestDraw(element, () => paint(element, newest.current, layer));
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for all that `draw` reads
  useLayoutEffect(redraw, [size, zoom, theme, ground?.version, versions.length, ...versions]);
  // With the drawing, not after paint: no step that is shown in between is missed.
  useLayoutEffect(() => (isLive ? onShown(redraw) : undefined), [isLive, redraw]);

  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    const observer = new IntersectionObserver((entries) => {
      for (const entry of entries) frameLoop.setVisible(element, entry.isIntersecting);
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      frameLoop.cancelDraw(element);
    };
  }, []);

  function endPress(): void {
    if (press.current !== null) window.clearTimeout(press.current.timer);
    press.current = null;
  }

  function handleDown(event: PointerEvent<HTMLCanvasElement>): void {
    if (event.button !== 0) return;
    const at = place(event);
    const timer =
      onLongPress === undefined || event.pointerType === 'mouse'
        ? 0
        : window.setTimeout(() => {
            if (press.current !== null) press.current.isOver = true;
            onLongPress(at);
          }, longPressMs);
    press.current = { at, timer, isOver: false };
    if (onDrag !== undefined) {
      event.currentTarget.setPointerCapture(event.pointerId);
      onDrag(at, 'start', size);
    }
  }

  function handleMove(event: PointerEvent<HTMLCanvasElement>): void {
    const at = place(event);
    const start = press.current;
    if (start === null) {
      onPointerMove?.(at);
      return;
    }
    if (Math.hypot(at.x - start.at.x, at.y - start.at.y) > tapSlop) {
      window.clearTimeout(start.timer);
      start.isOver = true;
    }
    onDrag?.(at, 'move', size);
  }

  function handleUp(event: PointerEvent<HTMLCanvasElement>): void {
    const start = press.current;
    endPress();
    if (start === null) return;
    onDrag?.(place(event), 'end', size);
    if (!start.isOver) onClick?.(start.at);
  }

  function handleKey(event: KeyboardEvent<HTMLCanvasElement>): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = arrows[event.key];
    const wasUsed =
      arrow === undefined ? props.onKey?.(event.key, event.shiftKey) : props.onArrow?.(arrow, event.shiftKey);
    if (wasUsed === true) event.preventDefault();
  }

  const isInteractive = props.onArrow !== undefined || props.onKey !== undefined || onClick !== undefined;
  const { slider } = props;
  return (
    <div className={props.className === undefined ? 'surface' : `surface ${props.className}`}>
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: the values are set with the role slider only */}
      <canvas
        ref={canvas}
        role={slider !== undefined ? 'slider' : isInteractive ? 'application' : 'img'}
        aria-valuenow={slider?.value}
        aria-valuemin={slider?.min}
        aria-valuemax={slider?.max}
        aria-valuetext={slider?.text}
        aria-label={label}
        aria-describedby={description === undefined ? undefined : descriptionId}
        aria-hidden={props.isDecoration}
        tabIndex={props.isDecoration === true ? -1 : 0}
        style={{ cursor: props.cursor }}
        data-drags={onDrag !== undefined}
        onPointerDown={handleDown}
        onPointerMove={handleMove}
        onPointerUp={handleUp}
        onPointerCancel={endPress}
        onPointerLeave={() => {
          if (onDrag === undefined) endPress();
          onPointerLeave?.();
        }}
        onContextMenu={(event) => {
          // Touch systems open their menu on a long press; here it means something else.
          if (onLongPress !== undefined && press.current !== null) event.preventDefault();
        }}
        onKeyDown={handleKey}
        onFocus={() => setFocused(true)}
        onBlur={() => setFocused(false)}
      />
      {description !== undefined && (
        <span id={descriptionId} className="visually-hidden" aria-live={isFocused ? 'polite' : 'off'}>
          {description}
        </span>
      )}
    </div>
  );
}

function place(event: PointerEvent<HTMLCanvasElement>): Point {
  const box = event.currentTarget.getBoundingClientRect();
  const zoom = zoomOf(event.currentTarget);
  return { x: (event.clientX - box.left) / zoom, y: (event.clientY - box.top) / zoom };
}

/** How much larger an element is shown than it is laid out: the page zooms its panels in a presentation. */
function zoomOf(element: HTMLElement): number {
  const { width } = element.getBoundingClientRect();
  const { offsetWidth } = element;
  // Within a pixel it is rounding.
  return offsetWidth > 0 && Math.abs(width - offsetWidth) > 1 ? width / offsetWidth : 1;
}

interface Picture {
  readonly draw: SurfaceProps['draw'];
  readonly ground: SurfaceProps['ground'];
  readonly size: Size;
  /** As `zoomOf`: to ask for it with every picture would lay the page out at once. */
  readonly zoom: number;
  readonly theme: Theme;
}

/** The ground as it was drawn last. */
interface Layer {
  readonly canvas: HTMLCanvasElement;
  version: unknown;
  theme: Theme | null;
}

function paint(canvas: HTMLCanvasElement, picture: Picture, layer: { current: Layer | null }): void {
  const { draw, ground, size, zoom, theme } = picture;
  const context = canvas.getContext('2d');
  if (context === null) return;
  const ratio = (window.devicePixelRatio || 1) * zoom;
  const width = Math.round(size.width * ratio);
  const height = Math.round(size.height * ratio);
  if (canvas.width !== width || canvas.height !== height) {
    canvas.width = width;
    canvas.height = height;
    forgetFont(context);
  }
  if (ground === undefined) clear(context, size, theme, ratio);
  else {
    layer.current ??= { canvas: document.createElement('canvas'), version: null, theme: null };
    const under = layer.current;
    const isKept = under.version === ground.version && under.theme === theme;
    if (!isKept || under.canvas.width !== width || under.canvas.height !== height) {
      Object.assign(under.canvas, { width, height });
      Object.assign(under, { version: ground.version, theme });
      const below = under.canvas.getContext('2d');
      if (below === null) return;
      forgetFont(below);
      clear(below, size, theme, ratio);
      ground.draw(painterOn(below, theme, ratio), size, theme);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.drawImage(under.canvas, 0, 0);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
  }
  draw(painterOn(context, theme, ratio), size, theme);
}

/** Where colours are the system's few, textures tell apart what they cannot. */
function painterOn(context: CanvasRenderingContext2D, theme: Theme, ratio: number): Painter {
  const painter = createCanvasPainter(context, theme.page, ratio);
  return theme.through?.(painter, theme) ?? painter;
}

function clear(context: CanvasRenderingContext2D, size: Size, theme: Theme, ratio: number): void {
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.fillStyle = theme.surface;
  context.fillRect(0, 0, size.width, size.height);
}

interface Box {
  /** In whole CSS pixels; zero until the element is laid out. */
  readonly size: Size;
  readonly zoom: number;
}

/** Content size of an element, and how it is zoomed. */
function useBox(element: React.RefObject<HTMLElement | null>): Box {
  const [box, setBox] = useState<Box>({ size: { width: 0, height: 0 }, zoom: 1 });
  useLayoutEffect(() => {
    const target = element.current;
    if (target === null) return;
    const update = (exactWidth: number, exactHeight: number) => {
      const size = { width: Math.floor(exactWidth), height: Math.floor(exactHeight) };
      const zoom = zoomOf(target);
      setBox((old) => {
        const isSameSize = old.size.width === size.width && old.size.height === size.height;
        if (isSameSize && old.zoom === zoom) return old;
        return { size: isSameSize ? old.size : size, zoom };
      });
    };
    update(target.clientWidth, target.clientHeight);
    const observer = new ResizeObserver(([entry]) => update(entry.contentRect.width, entry.contentRect.height));
    observer.observe(target);
    return () => observer.disconnect();
  }, [element]);
  return box;
}
