import type { ReactNode } from 'react';
import './readout.css';

/** A picture with a line of words over its foot while something is pointed at. */
export function ReadoutPlace({ parts, children }: { readonly parts: readonly string[]; readonly children: ReactNode }) {
  return (
    <div className="readout-place">
      {children}
      {parts.length > 0 && (
        <div className="readout" aria-hidden="true">
          {parts.map((part) => (
            <span key={part}>{part}</span>
          ))}
        </div>
      )}
    </div>
  );
}
