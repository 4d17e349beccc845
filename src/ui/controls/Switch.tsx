import type { ReactNode } from 'react';
import './controls.css';

export interface SwitchProps {
  readonly label: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
  readonly isDisabled?: boolean;
  /** Shown instead of the plain label text. */
  readonly children?: ReactNode;
  /** Id of a text that explains it. */
  readonly describedBy?: string;
}

/** On or off, at once. */
export function Switch({ label, isOn, onChange, isDisabled, children, describedBy }: SwitchProps) {
  return (
    <label className="switch">
      <span className="switch-label">{children ?? label}</span>
      <input
        type="checkbox"
        role="switch"
        aria-label={children === undefined ? undefined : label}
        aria-describedby={describedBy}
        aria-checked={isOn}
        checked={isOn}
        disabled={isDisabled}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
    </label>
  );
}
