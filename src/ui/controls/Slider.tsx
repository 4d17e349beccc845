import { type KeyboardEvent, type ReactNode, useRef, useState } from 'react';
import {
  bigStep,
  isWithin,
  neighbour,
  positionOf,
  type SliderScale,
  snap,
  trackSteps,
  valueAt,
} from './slider-scale.ts';
import './controls.css';

export interface SliderProps extends SliderScale {
  readonly label: string;
  readonly value: number;
  /** Value with its unit, as shown and spoken: "512 tokens". */
  readonly format: (value: number) => string;
  /** Called at every move. Moves of one drag, or of one burst of keys, carry the same gesture name. */
  readonly onChange: (value: number, gesture: string) => void;
  /** Typed text that is no number, or one out of range: the value stays. Left out: such text is dropped, or the nearest end taken. */
  readonly onRefused?: (typed: string) => void;
  /** Position of a mark on the track: the preset's value. */
  readonly mark?: number;
  readonly isDisabled?: boolean;
  /** Shown instead of the plain label text. */
  readonly children?: ReactNode;
  readonly describedBy?: string;
}

/** Keys that follow each other faster than this are one gesture. */
const burstMs = 800;

let gestures = 0;

/**
 * A number on a track, linear or logarithmic. The value is also a button: activated, it takes typed entry.
 * A native range input carries it, so touch, keyboard and readers work as everywhere; its text value has the unit.
 */
export function Slider(props: SliderProps) {
  const { label, value, format, onChange, onRefused, mark, isDisabled, children, describedBy } = props;
  const gesture = useRef('');
  const lastKeyMs = useRef(Number.NEGATIVE_INFINITY);
  const position = positionOf(value, props);

  function begin(): void {
    gestures += 1;
    gesture.current = `slider-${gestures}`;
  }

  function handleKey(event: KeyboardEvent<HTMLInputElement>): void {
    const next = valueForKey(event, value, props);
    if (next === null) return;
    event.preventDefault();
    if (event.timeStamp - lastKeyMs.current > burstMs) begin();
    lastKeyMs.current = event.timeStamp;
    onChange(next, gesture.current);
  }

  return (
    <div className="slider" data-disabled={isDisabled}>
      <div className="slider-head">
        <span className="slider-label">{children ?? label}</span>
        <TypedValue
          label={label}
          value={value}
          text={format(value)}
          isDisabled={isDisabled}
          onEnter={(typed) => {
            const number = parseTyped(typed);
            if (onRefused !== undefined && (number === null || !isWithin(number, props))) onRefused(typed);
            else if (number !== null && number !== value) {
              begin();
              onChange(snap(number, props), gesture.current);
            }
          }}
        />
      </div>
      <div
        className="slider-track"
        style={{
          '--at': position / trackSteps,
          '--mark': mark === undefined ? undefined : positionOf(mark, props) / trackSteps,
        }}
        data-marked={mark !== undefined}
      >
        <input
          type="range"
          min={0}
          max={trackSteps}
          value={position}
          disabled={isDisabled}
          aria-label={label}
          aria-valuetext={format(value)}
          aria-describedby={describedBy}
          onPointerDown={begin}
          onKeyDown={handleKey}
          onChange={(event) => {
            if (gesture.current === '') begin();
            onChange(valueAt(event.currentTarget.valueAsNumber, props), gesture.current);
          }}
        />
      </div>
    </div>
  );
}

function valueForKey(event: KeyboardEvent, value: number, of: SliderScale): number | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  switch (event.key) {
    case 'ArrowRight':
    case 'ArrowUp':
      return neighbour(value, 1, of);
    case 'ArrowLeft':
    case 'ArrowDown':
      return neighbour(value, -1, of);
    case 'PageUp':
      return bigStep(value, 1, of);
    case 'PageDown':
      return bigStep(value, -1, of);
    case 'Home':
      return of.min;
    case 'End':
      return of.max;
    default:
      return null;
  }
}

interface TypedValueProps {
  readonly label: string;
  readonly value: number;
  readonly text: string;
  readonly isDisabled?: boolean;
  readonly onEnter: (typed: string) => void;
}

/** The value as text; activated, a field. Enter or leaving takes what is typed, Escape drops it. */
function TypedValue({ label, value, text, isDisabled, onEnter }: TypedValueProps) {
  const [isTyping, setTyping] = useState(false);
  /** Enter closes the field, which then loses the focus: what was typed is taken once. */
  const isOpen = useRef(false);
  if (!isTyping) {
    return (
      <button
        type="button"
        className="slider-value"
        disabled={isDisabled}
        aria-label={`${label}: ${text}`}
        onClick={() => {
          isOpen.current = true;
          setTyping(true);
        }}
      >
        {text}
      </button>
    );
  }
  const close = () => {
    isOpen.current = false;
    setTyping(false);
  };
  const take = (typed: string) => {
    if (!isOpen.current) return;
    close();
    if (typed.trim() !== String(value)) onEnter(typed);
  };
  return (
    <input
      className="slider-entry"
      inputMode="decimal"
      aria-label={label}
      defaultValue={String(value)}
      ref={(field) => field?.select()}
      onBlur={(event) => take(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === 'Enter') take(event.currentTarget.value);
        if (event.key === 'Escape') close();
      }}
    />
  );
}

/** Reads "2,048", "2k", "0.5" and "50 %" (as written: 50); null for anything else. */
export function parseTyped(text: string): number | null {
  const match = /^\s*(-?[\d,\s]*\.?\d+)\s*(k|M)?/.exec(text);
  if (match === null) return null;
  const number = Number(match[1].replace(/[,\s]/g, ''));
  const factor = match[2] === 'k' ? 1e3 : match[2] === 'M' ? 1e6 : 1;
  return Number.isFinite(number) ? number * factor : null;
}
