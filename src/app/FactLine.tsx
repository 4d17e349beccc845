import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import type { Facts } from '../scenario/facts.ts';
import { runStore } from '../state/run.ts';
import { useFormat } from '../ui/use-format.ts';

/** What is simulated, in one sentence, with where the step times come from. */
export function FactLine() {
  const t = useT();
  const format = useFormat();
  const result = useStore(runStore, (s) => s.result);
  if (result === null) return <p className="fact-line" />;
  const { facts, fleet, replica } = result;
  const parts = [
    facts.model,
    facts.devices > 1 ? `${facts.devices} × ${facts.device}` : facts.device,
    ...(fleet === null ? [] : [t('facts.replica', { replica: replica + 1, replicas: fleet.replicas })]),
    t('facts.blocks', { blocks: format.count(facts.blocks) }),
    evidenceText(facts, t, format),
  ];
  return (
    <p className="fact-line" title={parts.join(' · ')}>
      {parts.join(' · ')}
    </p>
  );
}

function evidenceText(facts: Facts, t: ReturnType<typeof useT>, format: ReturnType<typeof useFormat>): string {
  const evidence = t(`facts.${facts.evidence}`);
  if (facts.stepErrorMedian === null) return evidence;
  return t('facts.error', { evidence, error: format.percent(facts.stepErrorMedian) });
}
