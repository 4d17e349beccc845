import { type ComponentType, lazy } from 'react';
import type { PanelId } from '../ui/panel-store.ts';
import { BatchPanel } from '../view/batch/BatchPanel.tsx';
import { KvPanel } from '../view/kv/KvPanel.tsx';
import { LatencyPanel } from '../view/latency/LatencyPanel.tsx';
import { QueuePanel } from '../view/queue/QueuePanel.tsx';
import { RowsPanel } from '../view/rows/RowsPanel.tsx';
import { StepPanel } from '../view/step-why/StepPanel.tsx';
import { StripPanel } from '../view/strip/StripPanel.tsx';

/** The component of each panel. They take no properties: they read the stores. */
export const panels: Readonly<Record<PanelId, ComponentType>> = {
  queue: QueuePanel,
  rows: RowsPanel,
  batch: BatchPanel,
  kv: KvPanel,
  step: StepPanel,
  latency: LatencyPanel,
  strip: StripPanel,
  // Not in front at first: its code comes when somebody looks.
  roofline: lazy(() => import('../view/roofline/RooflinePanel.tsx')),
};
