import type { ReactNode } from 'react';
import './controls.css';

export interface ButtonProps {
  readonly children: ReactNode;
  readonly onPress: () => void;
  readonly isDisabled?: boolean;
  /** `quiet` has no border until pointed at; `strong` is the one main action of a place. */
  readonly look?: 'plain' | 'quiet' | 'strong';
  /** Says more than the visible text where that is too short on its own. */
  readonly label?: string;
  readonly className?: string;
}

export function Button({ children, onPress, isDisabled, look = 'plain', label, className }: ButtonProps) {
  return (
    <button
      type="button"
      className={`button ${look}${className === undefined ? '' : ` ${className}`}`}
      disabled={isDisabled}
      aria-label={label}
      onClick={onPress}
    >
      {children}
    </button>
  );
}
