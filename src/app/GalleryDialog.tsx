import { useEffect } from 'react';
import { addMessages } from '../i18n/i18n.ts';
import { gallery as messages } from '../i18n/messages/gallery.ts';
import { useT } from '../i18n/use-t.ts';
import { engineOf } from '../scenario/engines/engines.ts';
import type { GalleryLeaf } from '../scenario/gallery/entry.ts';
import data from '../scenario/gallery/gallery.json';
import { branches, leaves } from '../scenario/gallery/gallery.ts';
import { chains, coming, quotedSystems, timeline } from '../scenario/gallery/map.ts';
import type { LeafResult } from '../scenario/gallery/measure.ts';
import { type GalleryMetric, galleryMetrics } from '../scenario/gallery/metrics.ts';
import { sideKnobs } from '../scenario/gallery/side.ts';
import type { Text } from '../scenario/knob-entry.ts';
import { encode } from '../scenario/link.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { Surface } from '../ui/Surface.tsx';
import { type Format, useFormat } from '../ui/use-format.ts';
import { drawThumb } from '../view/gallery/draw.ts';
import { uiStore } from './ui-store.ts';
import { useKnobWords } from './use-knob-words.ts';
import './gallery.css';

addMessages(messages);

// Written by the command line from the same types; its test compares the two.
const results: ReadonlyMap<string, LeafResult> = new Map(
  (data as unknown as { readonly leaves: readonly LeafResult[] }).leaves.map((result) => [result.id, result]),
);

const stays = ['waiting', 'prefill', 'decode', 'lost', 'wasted'] as const;
const areas = ['held', 'empty'] as const;

/** The field's map: every leaf two runs, with ways in by cause, year and system. A default export because it is loaded lazily. */
export default function GalleryDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const words = useKnobWords();
  useEffect(() => showCard(uiStore.getState().at), []);
  return (
    <Dialog title={t('gallery.title')} look="full" onClose={onClose}>
      <div className="gallery">
        <div className="gallery-map">
          <p className="gallery-about">{t('gallery.about')}</p>
          <Legend title={t('gallery.legend')} signs={stays} />
          <Legend title={t('gallery.areas')} signs={areas} />
          {branches.map((branch) => (
            <section key={branch.id} className="gallery-branch" aria-labelledby={`branch-${branch.id}`}>
              <h3 id={`branch-${branch.id}`}>{words.text(branch.name)}</h3>
              <div className="gallery-cards">
                {branch.leaves.map((leaf) => (
                  <Card key={leaf.id} leaf={leaf} />
                ))}
              </div>
              {branch.id === 'distributed' && (
                <p className="gallery-coming">
                  {t('gallery.coming')} {coming.map((name) => words.text(name)).join(t('gallery.comma'))}
                </p>
              )}
            </section>
          ))}
        </div>
        <div className="gallery-rail">
          <Chains />
          <Timeline />
          <Systems />
        </div>
      </div>
    </Dialog>
  );
}

interface LegendProps {
  readonly title: string;
  readonly signs: readonly ((typeof stays)[number] | (typeof areas)[number])[];
}

function Legend({ title, signs }: LegendProps) {
  const t = useT();
  return (
    <ul className="gallery-legend" aria-label={title}>
      <li aria-hidden="true">{title}</li>
      {signs.map((sign) => (
        <li key={sign}>
          <span className={`gallery-key ${sign}`} aria-hidden="true" />
          {t(`gallery.${sign}`)}
        </li>
      ))}
    </ul>
  );
}

/** A leaf: what happens in words, and both sides as links with number and picture. */
function Card({ leaf }: { readonly leaf: GalleryLeaf }) {
  const words = useKnobWords();
  const result = results.get(leaf.id);
  const metric = galleryMetrics[leaf.metric];
  return (
    <article className="gallery-card" id={`leaf-${leaf.id}`} data-leaf={leaf.id} tabIndex={-1}>
      <h4>{words.text(leaf.name)}</h4>
      <p>{words.text(leaf.says)}</p>
      <span className="gallery-metric">{words.text(metric.name)}</span>
      {result !== undefined &&
        ([0, 1] as const).map((side) => <SideLink key={side} leaf={leaf} result={result} side={side} />)}
    </article>
  );
}

interface SideLinkProps {
  readonly leaf: GalleryLeaf;
  readonly result: LeafResult;
  readonly side: 0 | 1;
}

function SideLink({ leaf, result, side }: SideLinkProps) {
  const words = useKnobWords();
  const format = useFormat();
  const metric = galleryMetrics[leaf.metric];
  const name = words.text(leaf.sides[side].name);
  const value = valueText(metric, result.values[side], format);
  return (
    <a className="gallery-side" href={encode(sideKnobs(leaf.sides[side]))}>
      <span className="gallery-side-name">{name}</span>
      <span className="gallery-side-value">
        <span className="visually-hidden">{words.text(metric.name)} </span>
        {value}
      </span>
      <Surface
        isDecoration
        className="gallery-thumb"
        label={name}
        version={result}
        draw={(painter, size, theme) => drawThumb(painter, size, theme, result, side)}
      />
    </a>
  );
}

/** Causes and effects, each with the leaves that show it. */
function Chains() {
  const t = useT();
  const words = useKnobWords();
  return (
    <section>
      <h3>{t('gallery.challenges')}</h3>
      {chains().map((chain) => (
        <ol key={chain[0].id} className="gallery-chain">
          {chain.map((challenge, place) => (
            <li key={challenge.id}>
              {place > 0 && (
                <span className="gallery-arrow" role="img" aria-label={t('gallery.leadsTo')}>
                  ↓
                </span>
              )}
              <strong>{words.text(challenge.name)}</strong>
              <LeafList ids={challenge.leaves} />
            </li>
          ))}
        </ol>
      ))}
    </section>
  );
}

function Timeline() {
  const t = useT();
  const words = useKnobWords();
  return (
    <section>
      <h3>{t('gallery.timeline')}</h3>
      <dl className="gallery-years">
        {timeline.map(({ year, name, leaves: ids }) => (
          <div key={year}>
            <dt>{year}</dt>
            <dd>
              <strong>{words.text(name)}</strong>
              <LeafList ids={ids} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Systems() {
  const t = useT();
  const words = useKnobWords();
  return (
    <section>
      <h3>{t('gallery.systems')}</h3>
      <p>{t('gallery.quoted')}</p>
      <dl className="gallery-systems">
        {quotedSystems.map(({ engine, throughput, latency, memory, knownFor, leaf }) => (
          <div key={engine}>
            <dt>{nameOf(engine, words.text)}</dt>
            <dd>
              <Fact name={t('gallery.throughput')} value={words.text(throughput)} />
              <Fact name={t('gallery.latency')} value={words.text(latency)} />
              <Fact name={t('gallery.memory')} value={words.text(memory)} />
              <Fact name={t('gallery.knownFor')} value={knownFor} />
              <LeafList ids={[leaf]} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <span className="gallery-fact">
      <span>{name}</span> {value}
    </span>
  );
}

/** Links to cards of the same page of the gallery. They are buttons, because the address is the scenario's. */
function LeafList({ ids }: { readonly ids: readonly string[] }) {
  const words = useKnobWords();
  return (
    <ul className="gallery-leaves">
      {leaves
        .filter((leaf) => ids.includes(leaf.id))
        .map((leaf) => (
          <li key={leaf.id}>
            <button type="button" onClick={() => showCard(leaf.id)}>
              {words.text(leaf.name)}
            </button>
          </li>
        ))}
    </ul>
  );
}

function showCard(id: string): void {
  const card = document.getElementById(`leaf-${id}`);
  card?.scrollIntoView({ block: 'center' });
  card?.focus({ preventScroll: true });
}

function nameOf(engine: string, text: (text: Text) => string): string {
  const entry = engineOf(engine);
  return entry === undefined ? engine : text(entry.name);
}

/** A number of a metric with its unit. */
function valueText({ unit }: GalleryMetric, value: number, format: Format): string {
  switch (unit) {
    case 'us':
      return format.duration(value);
    case 'share':
      return format.percent(value);
    case 'tokens/s':
      return format.rate(value, 'tokens');
    case 'requests':
    case 'count':
      return format.number(value, 1);
  }
}
