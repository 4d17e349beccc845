import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { preferencesStore } from '../../state/preferences.ts';
import { Choice } from '../../ui/controls/Choice.tsx';
import { amounts, colourOptions, type KvColour } from './amounts.ts';
import { type KvSide, sideOptions } from './compare.ts';
import type { Amount } from './draw.ts';

interface KvChoicesProps {
  readonly look: 'blocks' | 'tree' | 'hashes';
  /** Null where nothing is compared. */
  readonly side: KvSide | null;
  readonly onSide: (side: KvSide) => void;
  /** What the colours tell instead of what the page's colours do; null = nothing. */
  readonly amount: Amount | null;
  readonly onAmount: (amount: Amount | null) => void;
}

/** Which of two runs the pool shows, or what its colours say. A default export because it is loaded lazily. */
export default function KvChoices({ look, side, onSide, amount, onAmount }: KvChoicesProps) {
  const t = useT();
  const colourBy = useStore(preferencesStore, (s) => s.colourBy);
  if (side !== null) {
    return (
      <Choice
        label={t('compared.side')}
        look="segments"
        // Only blocks have a difference.
        value={look !== 'blocks' && side === 'difference' ? 'b' : side}
        options={sideOptions(t, look === 'blocks')}
        onChange={onSide}
      />
    );
  }
  if (look !== 'blocks') return null;
  function choose(colour: KvColour): void {
    const isAmount = colour === 'sharing' || colour === 'age';
    onAmount(isAmount ? amounts[colour] : null);
    if (!isAmount) preferencesStore.setState({ colourBy: colour });
  }
  return (
    <Choice
      label={t('kv.colour')}
      value={amount === amounts.sharing ? 'sharing' : amount === amounts.age ? 'age' : colourBy}
      options={colourOptions(t)}
      onChange={choose}
    />
  );
}
