import type { ReactNode } from 'react';
import { Tooltip } from './Tooltip.tsx';
import './controls.css';

export interface IconButtonProps {
  /** The icon. */
  readonly children: ReactNode;
  /** Name, also shown as tooltip. */
  readonly label: string;
  readonly onPress: () => void;
  /** Key that does the same, shown in the tooltip. */
  readonly shortcut?: string;
  readonly isDisabled?: boolean;
  /** Set for a button that stays down. */
  readonly isPressed?: boolean;
  readonly className?: string;
}

export function IconButton({ children, label, onPress, shortcut, isDisabled, isPressed, className }: IconButtonProps) {
  return (
    <Tooltip text={label} shortcut={shortcut}>
      <button
        type="button"
        className={`icon-button${className === undefined ? '' : ` ${className}`}`}
        aria-label={label}
        aria-pressed={isPressed}
        aria-keyshortcuts={shortcut}
        disabled={isDisabled}
        onClick={onPress}
      >
        {children}
      </button>
    </Tooltip>
  );
}
