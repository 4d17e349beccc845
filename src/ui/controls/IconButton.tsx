import type { ReactNode } from 'react';
import { ariaShortcut, type Shortcut, shortcutText } from '../shortcut.ts';
import { useLiveShortcuts } from '../use-live-shortcuts.ts';
import { Tooltip } from './Tooltip.tsx';
import './controls.css';

export interface IconButtonProps {
  /** The icon, or a letter that stands for one. */
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
  /** The class that says how it looks, where that is not as others. */
  readonly look?: string;
}

const noShortcuts: readonly Shortcut[] = [];

export function IconButton(props: IconButtonProps) {
  const {
    children,
    label,
    onPress,
    shortcuts = noShortcuts,
    isDisabled,
    isPressed,
    className,
    look = 'icon-button',
  } = props;
  const live = useLiveShortcuts(shortcuts);
  return (
    <Tooltip text={label} shortcut={live.length > 0 ? shortcutText(live[0]) : undefined}>
      <button
        type="button"
        className={className === undefined ? look : `${look} ${className}`}
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
