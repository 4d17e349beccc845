import { type ReactNode, useEffect } from 'react';
import { addMessages } from '../i18n/i18n.ts';
import { gallery as messages } from '../i18n/messages/gallery.ts';
import { useT } from '../i18n/use-t.ts';
import { engineOf } from '../scenario/engines/engines.ts';
import type { GalleryLeaf } from '../scenario/gallery/entry.ts';
import data from '../scenario/gallery/gallery.json';
import { branches, leaves } from '../scenario/gallery/gallery.ts';
import { chains, quotedSystems, timeline } from '../scenario/gallery/map.ts';
import type { LeafResult } from '../scenario/gallery/measure.ts';
import { type GalleryMetric, galleryMetrics } from '../scenario/gallery/metrics.ts';
import { sideKnobs } from '../scenario/gallery/side.ts';
import type { Text } from '../scenario/knob-entry.ts';
import { encode } from '../scenario/link.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { Surface } from '../ui/Surface.tsx';
import { type Format, useFormat } from '../ui/use-format.ts';
import { useMediaQuery } from '../ui/use-motion.ts';
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

/** The field's map: what leads to what and what came when, a row of leaves for every branch, the systems as they are quoted. A default export because it is loaded lazily. */
export default function GalleryDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const words = useKnobWords();
  useEffect(() => showCard(uiStore.getState().at), []);
  return (
    <Dialog title={t('gallery.title')} look="full" onClose={onClose}>
      <div className="gallery">
        <p className="gallery-about">{t('gallery.about')}</p>
        <Legend title={t('gallery.legend')} signs={stays} />
        <Legend title={t('gallery.areas')} signs={areas} />
        <div className="gallery-ways">
          <Way title={t('gallery.challenges')}>
            <Chains />
          </Way>
          <Way title={t('gallery.timeline')}>
            <Timeline />
          </Way>
        </div>
        {branches.map((branch) => (
          <section key={branch.id} aria-labelledby={`branch-${branch.id}`}>
            <h3 id={`branch-${branch.id}`}>{words.text(branch.name)}</h3>
            <div className="gallery-cards">
              {branch.leaves.map((leaf) => (
                <Card key={leaf.id} leaf={leaf} />
              ))}
            </div>
          </section>
        ))}
        <Systems />
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

/** A way into the map; folded where the cards would otherwise be far down. */
function Way({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const isNarrow = useMediaQuery('(max-width: 900px)');
  return isNarrow ? (
    <details className="gallery-fold">
      <summary>{title}</summary>
      {children}
    </details>
  ) : (
    <section>
      <h3>{title}</h3>
      {children}
    </section>
  );
}

/** Causes and effects, each with the leaves that show it. */
function Chains() {
  const t = useT();
  const words = useKnobWords();
  return chains().map((chain) => (
    <ol key={chain[0].id} className="gallery-chain">
      {chain.map((challenge, place) => (
        <li key={challenge.id}>
          {place > 0 && (
            <span className="gallery-arrow" role="img" aria-label={t('gallery.leadsTo')}>
              →
            </span>
          )}
          <strong>{words.text(challenge.name)}</strong>
          <LeafList ids={challenge.leaves} />
        </li>
      ))}
    </ol>
  ));
}

function Timeline() {
  const words = useKnobWords();
  return (
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
  );
}

function Systems() {
  const t = useT();
  const words = useKnobWords();
  return (
    <section aria-labelledby="gallery-systems">
      <h3 id="gallery-systems">{t('gallery.systems')}</h3>
      <p>{t('gallery.quoted')}</p>
      <table className="gallery-systems">
        <thead>
          <tr>
            <th scope="col">{t('gallery.system')}</th>
            <th scope="col">{t('gallery.throughput')}</th>
            <th scope="col">{t('gallery.latency')}</th>
            <th scope="col">{t('gallery.memory')}</th>
          </tr>
        </thead>
        <tbody>
          {quotedSystems.map(({ engine, throughput, latency, memory, knownFor, leaf }) => (
            <tr key={engine}>
              <th scope="row">
                {nameOf(engine, words.text)}
                <span className="gallery-known">{knownFor}</span>
                <LeafList ids={[leaf]} />
              </th>
              <td>{words.text(throughput)}</td>
              <td>{words.text(latency)}</td>
              <td>{words.text(memory)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
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
