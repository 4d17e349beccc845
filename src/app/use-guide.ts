import { useStore } from 'zustand';
import { defaultPreset } from '../scenario/presets.ts';
import { preferencesStore } from '../state/preferences.ts';
import { useSession } from '../view/session-context.ts';

/** Whether the first minute is guided: for visitors who came without a link and have not sent the guide away. */
export function useGuide(): boolean {
  const { scenario, isFromLink } = useSession();
  const isOpen = useStore(preferencesStore, (s) => s.guide === 'open');
  const isDefault = useStore(scenario, (s) => s.knobs.preset === defaultPreset);
  return isOpen && isDefault && !isFromLink;
}
