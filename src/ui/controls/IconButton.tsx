import type { ReactNode } from 'react';
import { ariaShortcut, type Shortcut, shortcutText } from '../shortcut.ts';
import { useLiveShortcuts } from '../use-live-shortcuts.ts';
import { Tooltip } from './Tooltip.tsx';
import './controls.css';

export interface IconButtonProps {
  /** The icon. */
  readonly children: ReactNode;
  /** Name, also shown as tooltip. */
  readonly label: string;
  readonly onPress: () => void;
  /** Keys that do the same; the first one that is not turned off is shown in the tooltip. */
  readonly shortcuts?: readonly Shortcut[];
  readonly isDisabled?: boolean;
  /** Set for a button that stays down. */
  readonly isPressed?: boolean;
  readonly className?: string;
}

const noShortcuts: readonly Shortcut[] = [];

export function IconButton(props: IconButtonProps) {
  const { children, label, onPress, shortcuts = noShortcuts, isDisabled, isPressed, className } = props;
  const live = useLiveShortcuts(shortcuts);
  return (
    <Tooltip text={label} shortcut={live.length > 0 ? shortcutText(live[0]) : undefined}>
      <button
        type="button"
        className={`icon-button${className === undefined ? '' : ` ${className}`}`}
        aria-label={label}
        aria-pressed={isPressed}
        aria-keyshortcuts={live.map(ariaShortcut).join(' ') || undefined}
        disabled={isDisabled}
        onClick={onPress}
      >
        {children}
      </button>
    </Tooltip>
  );
}
