import { type ComponentType, lazy } from 'react';
import type { PanelId } from '../ui/panel-store.ts';
import { BatchPanel } from '../view/batch/BatchPanel.tsx';
import { KvPanel } from '../view/kv/KvPanel.tsx';
import { LatencyPanel } from '../view/latency/LatencyPanel.tsx';
import { QueuePanel } from '../view/queue/QueuePanel.tsx';
import { RowsPanel } from '../view/rows/RowsPanel.tsx';
import { StepPanel } from '../view/step-why/StepPanel.tsx';

/** The component of each panel. They take no properties: they read the stores. */
export const panels: Readonly<Record<PanelId, ComponentType>> = {
  queue: QueuePanel,
  rows: RowsPanel,
  batch: BatchPanel,
  kv: KvPanel,
  step: StepPanel,
  latency: LatencyPanel,
  // At the foot, or not in front at first: their code comes when somebody looks.
  strip: lazy(() => import('../view/strip/StripPanel.tsx')),
  roofline: lazy(() => import('../view/roofline/RooflinePanel.tsx')),
  memory: lazy(() => import('../view/memory/MemoryPanel.tsx')),
  timeline: lazy(() => import('../view/timeline/TimelinePanel.tsx')),
  events: lazy(() => import('../view/events/EventsPanel.tsx')),
  fleet: lazy(() => import('../view/fleet/FleetPanel.tsx')),
};
