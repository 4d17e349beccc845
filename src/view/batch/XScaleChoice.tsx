import { useStore } from 'zustand';
import { useT } from '../../i18n/use-t.ts';
import { preferencesStore } from '../../state/preferences.ts';
import { Choice } from '../../ui/controls/Choice.tsx';

/** Steps of equal width, or as wide as they last: one choice for every panel whose axis it is. */
export function XScaleChoice() {
  const t = useT();
  const xScale = useStore(preferencesStore, (s) => s.xScale);
  return (
    <Choice
      look="segments"
      label={t('batch.xScale')}
      value={xScale}
      options={[
        { value: 'step', label: t('batch.xStep') },
        { value: 'time', label: t('batch.xTime') },
      ]}
      onChange={(value) => preferencesStore.setState({ xScale: value })}
    />
  );
}
