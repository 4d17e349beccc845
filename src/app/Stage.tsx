import { type KeyboardEvent, Suspense } from 'react';
import { useStore } from 'zustand';
import { useT } from '../i18n/use-t.ts';
import { presetOfKnobs } from '../scenario/presets.ts';
import { comparisonStore } from '../state/comparison.ts';
import { Choice } from '../ui/controls/Choice.tsx';
import { PanelCompared, PanelSheet, PanelSwitch, PanelTerm } from '../ui/Panel.tsx';
import { type PanelId, panelIds, panelStore } from '../ui/panel-store.ts';
import { useSession } from '../view/session-context.ts';
import { focusWhenThere } from './focus-when-there.ts';
import { later } from './Later.tsx';
import { PanelBoundary } from './PanelBoundary.tsx';
import { panels } from './panels.ts';
import type { Place } from './Split.tsx';
import { type SharedPlace, type SharingPanel, sharedPlaces, sidePanels, uiStore } from './ui-store.ts';
import { hasColumns, type Layout } from './use-layout.ts';
import { useSplit } from './use-split.ts';

const centre: readonly Place[] = [
  { id: 'queue', size: 112, least: 112 },
  { id: 'rows', size: 225, least: 96 },
  { id: 'batch', size: 200, least: 120 },
  { id: 'kv', size: 225, least: 120 },
];
const side: readonly Place[] = [
  { id: 'step', size: 270, least: 120 },
  { id: 'latency', size: 260, least: 140 },
  { id: 'strip', size: 230, least: 120 },
];

// Comes when somebody asks for a table.
const Sheet = later(() => import('../view/sheet/PanelSheet.tsx'));
// Comes with the first comparison.
const Compared = later(() => import('../view/compared/ComparedLine.tsx'));

const explain = (id: PanelId) => uiStore.getState().open('glossary', `panel.${id}`);

/** The panels, in the layout that the window has room for; each can be read as a table or as text. */
export function Stage({ layout }: { readonly layout: Layout }) {
  const isComparing = useStore(comparisonStore, (s) => s.pinned !== null);
  return (
    <PanelSheet value={Sheet}>
      <PanelTerm value={explain}>
        <PanelCompared value={isComparing ? Compared : null}>
          <Places layout={layout} />
        </PanelCompared>
      </PanelTerm>
    </PanelSheet>
  );
}

function Places({ layout }: { readonly layout: Layout }) {
  const shown = useShown();
  const isThere = ({ id }: Place) => sharing(id).some((each) => shown.includes(each));
  const inCentre = centre.filter(isThere);
  const beside = side.filter(isThere);
  const maximised = useStore(panelStore, (s) => s.maximised);
  const phonePanel = usePhonePanel();
  const columns = useSplit(hasColumns(layout));
  if (maximised !== null && layout !== 'phone') return <One id={maximised} />;
  if (layout === 'phone') {
    return (
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${phonePanel}`} className="phone-panel">
        {phonePanel !== undefined && <One id={phonePanel} />}
      </div>
    );
  }
  // Where columns cannot be loaded the panels stand below each other, as in a window too narrow for columns.
  if (layout === 'narrow' || columns === null) {
    return (
      <div className="narrow-stage">
        {inCentre.map(({ id, size }) => (
          <div key={id} className="narrow-place" style={{ height: size }}>
            <At id={id} />
          </div>
        ))}
        {beside.length > 0 && <SideTabs ids={sidePanels.filter((id) => shown.includes(id))} />}
      </div>
    );
  }
  const { Split } = columns;
  return (
    <Split centre={inCentre} side={beside} sideWidth={layout === 'wide' ? 360 : 320} at={(id) => <At id={id} />} />
  );
}

/** The panels that a lecture has not left out. */
function useShown(): readonly PanelId[] {
  const hidden = useStore(useSession().scenario, (s) => s.staging.hidden);
  return panelIds.filter((id) => !hidden.includes(id));
}

/** The one panel of a phone; undefined where all are left out. */
function usePhonePanel(): PanelId | undefined {
  const shown = useShown();
  const chosen = useStore(uiStore, (s) => s.phonePanel);
  return shown.includes(chosen) ? chosen : shown[0];
}

function One({ id }: { readonly id: PanelId }) {
  const Component = panels[id];
  return (
    <PanelBoundary key={id}>
      <Suspense fallback={<div className="panel" />}>
        <Component />
      </Suspense>
    </PanelBoundary>
  );
}

const isShared = (id: PanelId): id is SharedPlace => id in sharedPlaces;

/** The panels of a place. */
const sharing = (id: PanelId): readonly PanelId[] => (isShared(id) ? sharedPlaces[id] : [id]);

/** What stands in a place: its panel, or one of those that share it. */
function At({ id }: { readonly id: PanelId }) {
  return isShared(id) ? <Shared place={id} /> : <One id={id} />;
}

/** Several panels in one place: the titles are the switch. */
function Shared({ place }: { readonly place: SharedPlace }) {
  const t = useT();
  const allShown = useShown();
  const all: readonly SharingPanel[] = sharedPlaces[place];
  const ids = all.filter((id) => allShown.includes(id));
  const chosen = useStore(uiStore, (s) => s.front[place]);
  const ofPreset = useStore(useSession().scenario, (s) => presetOfKnobs(s.knobs).front);
  const shown = ids.find((id) => id === chosen) ?? ids.find((id) => id === ofPreset) ?? ids[0];
  if (ids.length < 2) return <One id={shown} />;
  const titles = (
    <Choice
      look="segments"
      label={t('layout.panels')}
      value={shown}
      options={ids.map((id) => ({ value: id, label: t(`foot.${id}`) }))}
      onChange={(id) => {
        uiStore.getState().bringToFront(id);
        // The titles stand in the other panel now: the focus goes with them.
        focusWhenThere(`[data-panel="${id}"] .panel-head input:checked`);
      }}
    />
  );
  return (
    <PanelSwitch value={titles}>
      <One id={shown} />
    </PanelSwitch>
  );
}

/** The right column of a wide window as tabs. */
function SideTabs({ ids }: { readonly ids: readonly PanelId[] }) {
  const chosen = useStore(uiStore, (s) => s.sidePanel);
  const shown = ids.includes(chosen) ? chosen : ids[0];
  return (
    <section className="side-tabs">
      <Tabs ids={ids} shown={shown} onShow={(id) => uiStore.setState({ sidePanel: id })} />
      <div id="tab-panel" role="tabpanel" aria-labelledby={`tab-${shown}`} className="side-tab-panel">
        <One id={shown} />
      </div>
    </section>
  );
}

/** All panels as tabs at the foot of a phone. */
export function PhoneTabs() {
  const t = useT();
  const shown = useShown();
  const chosen = usePhonePanel();
  if (chosen === undefined) return null;
  return (
    <nav className="phone-tabs" aria-label={t('layout.panels')}>
      <Tabs ids={shown} shown={chosen} onShow={(id) => uiStore.setState({ phonePanel: id })} />
    </nav>
  );
}

interface TabsProps {
  readonly ids: readonly PanelId[];
  readonly shown: PanelId;
  readonly onShow: (id: PanelId) => void;
}

/** Tabs with the usual keys: arrows move, only the shown one is in the tab order. */
function Tabs({ ids, shown, onShow }: TabsProps) {
  const t = useT();
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const way = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (way === 0) return;
    event.preventDefault();
    const next = ids[(ids.indexOf(shown) + way + ids.length) % ids.length];
    onShow(next);
    event.currentTarget.querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return (
    <div role="tablist" className="tabs" aria-label={t('layout.panels')} onKeyDown={move}>
      {ids.map((id) => (
        <button
          key={id}
          id={`tab-${id}`}
          type="button"
          role="tab"
          aria-selected={id === shown}
          aria-controls="tab-panel"
          tabIndex={id === shown ? 0 : -1}
          onClick={() => onShow(id)}
        >
          {t(`tab.${id}`)}
        </button>
      ))}
    </div>
  );
}
