import { findPreset } from '../scenario/presets.ts';
import type { Session } from '../state/session.ts';

/** Starts a preset, at the speed at which it can be followed. */
export function choosePreset(session: Session, id: string): void {
  const preset = findPreset(id);
  if (preset === undefined) return;
  session.pause();
  session.scenario.getState().replace(preset.knobs);
  session.setSpeed(preset.speed);
}
