import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import type { Facts } from '../scenario/facts.ts';
import { isFleet, replicasOf, shownReplica } from '../scenario/fleet/knobs.ts';
import { runStore } from '../state/run.ts';
import { useFormat } from '../ui/use-format.ts';
import { useSession } from '../view/session-context.ts';

/** What is simulated, in one sentence, with where the step times come from. */
export function FactLine() {
  const t = useT();
  const format = useFormat();
  const facts = useStore(runStore, (s) => s.result?.facts ?? null);
  const knobs = useStore(useSession().scenario, (s) => s.knobs);
  if (facts === null) return <p className="fact-line" />;
  const parts = [
    facts.model,
    facts.devices > 1 ? `${facts.devices} × ${facts.device}` : facts.device,
    ...(isFleet(knobs) ? [t('facts.replica', { replica: shownReplica(knobs) + 1, replicas: replicasOf(knobs) })] : []),
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
