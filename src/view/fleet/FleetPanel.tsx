import { Fragment, type RefObject, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { useStore } from 'zustand';
import { addMessages } from '../../i18n/i18n.ts';
import { fleet } from '../../i18n/messages/fleet.ts';
import { useT } from '../../i18n/use-t.ts';
import type { FleetResult } from '../../protocol/fleet.ts';
import { isFleet, shownReplica } from '../../scenario/fleet/knobs.ts';
import { playbackStore } from '../../state/playback.ts';
import { runStore } from '../../state/run.ts';
import { selectionStore } from '../../state/selection.ts';
import { Button } from '../../ui/controls/Button.tsx';
import { Choice } from '../../ui/controls/Choice.tsx';
import { type Live, onShown, type Shown, useLive } from '../../ui/live.ts';
import { Panel } from '../../ui/Panel.tsx';
import type { Size } from '../../ui/painter.ts';
import { type Arrow, type Point, Surface } from '../../ui/Surface.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { useMotion } from '../../ui/use-motion.ts';
import { useReadable } from '../../ui/use-readable.ts';
import { ReadoutPlace } from '../batch/Readout.tsx';
import { lookOf, travelTime } from '../motion/pace.ts';
import { usePinnedResult } from '../pinned.ts';
import { useSession } from '../session-context.ts';
import { drawGround, drawNow } from './draw.ts';
import { flightOf } from './draw-router.ts';
import { type Decision, decisionAt, type FleetModel, fleetModel, type Order, orders } from './model.ts';
import { hit } from './place.ts';
import { decisionWords, descriptionOf, factsOf, figuresOf, readoutOf } from './words.ts';
import './fleet.css';

addMessages(fleet);

/** The replicas that a button makes where there is one: enough to see a router at work. */
const startWith = 4;

/** S of S: all replicas over the whole run, and what the router decided last. A default export because it is loaded lazily. */
export default function FleetPanel() {
  const t = useT();
  const session = useSession();
  const result = useStore(runStore, (s) => s.result?.fleet ?? null);
  const hasMany = useStore(session.scenario, (s) => isFleet(s.knobs));
  if (result !== null && hasMany) return <Replicas result={result} />;
  return (
    <Panel id="fleet" symbol="S" title={t('fleet.title')}>
      {!hasMany && (
        <div className="fleet-alone">
          <p>{t('fleet.alone')}</p>
          <Button onPress={() => session.scenario.getState().set('replicas', startWith)}>{t('fleet.makeFour')}</Button>
        </div>
      )}
    </Panel>
  );
}

function Replicas({ result }: { readonly result: FleetResult }) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const saidUs = useReadable((s) => s.frame?.nowUs ?? Number.NaN);
  const isPlaying = useStore(playbackStore, (s) => s.isPlaying);
  const shown = useStore(session.scenario, (s) => shownReplica(s.knobs));
  const hoveredUs = useStore(selectionStore, (s) => s.hoveredUs);
  const [order, setOrder] = useState<Order>('number');
  /** The replica that is pointed at here, or what a strip stands for; -1 = none. */
  const [replica, setReplica] = useState(-1);
  /** Size of the last drawing: what the pointer is on depends on it. */
  const size = useRef<Size>({ width: 0, height: 0 });
  const pinned = usePinnedResult()?.fleet ?? null;
  const model = useMemo(() => fleetModel(result, order, pinned), [result, order, pinned]);
  const ground = useMemo(() => ({ model, shown, t, format }), [model, shown, t, format]);
  const live = useLive(
    useCallback(
      ({ frame }: Shown) => ({
        nowUs: frame?.nowUs ?? Number.NaN,
        decision: frame === null ? null : decisionAt(model, frame.nowUs),
      }),
      [model],
    ),
  );
  const said = useMemo(() => {
    const us = Number.isNaN(saidUs) ? 0 : saidUs;
    return { us, decision: decisionAt(model, us), figures: figuresOf(model, us, t, format) };
  }, [model, saidUs, t, format]);
  const pointed = { replica, us: hoveredUs };
  const readUs = Number.isNaN(hoveredUs) ? said.us : hoveredUs;

  function point(next: number, us: number): void {
    setReplica(next);
    selectionStore.getState().hoverTime(us);
  }

  /** Shows a replica; the one that is shown goes to a time. */
  function choose(chosen: number, us: number): void {
    if (chosen >= 0 && chosen !== shown) session.scenario.getState().set('replica', chosen);
    else if (!Number.isNaN(us)) session.seekTime(us);
  }

  /** Up and down go through the replicas and the strips under them, left and right a fiftieth of the run. */
  function move(arrow: Arrow): boolean {
    const { rows, strips, spanUs } = model;
    const all = [...rows.map((row) => row.replica), ...strips.map(({ stands }) => stands)];
    const here = all.indexOf(replica === -1 ? shown : replica);
    if (arrow === 'up' || arrow === 'down') {
      point(all[Math.min(all.length - 1, Math.max(0, here + (arrow === 'up' ? -1 : 1)))], hoveredUs);
    } else {
      const us = readUs + (arrow === 'left' ? -1 : 1) * (spanUs / 50);
      point(all[Math.max(0, here)], Math.min(spanUs, Math.max(0, us)));
    }
    return true;
  }

  function press(key: string): boolean {
    const isPointing = replica !== -1 || !Number.isNaN(hoveredUs);
    if (!isPointing || (key !== 'Enter' && key !== 'Escape')) return false;
    if (key === 'Enter') choose(replica, hoveredUs);
    else point(-1, Number.NaN);
    return true;
  }

  const facts = useMemo(
    () => (
      <span className="fleet-facts">
        {factsOf(model, t, format).map((fact, at) => (
          <Fragment key={fact}>
            {at > 0 && ' '}
            <span>{fact}</span>
          </Fragment>
        ))}
      </span>
    ),
    [model, t, format],
  );
  const at = ({ x, y }: Point) => hit(model, size.current, x, y);
  const toolbar = useMemo(
    () => (
      <Choice
        look="segments"
        label={t('fleet.order')}
        value={order}
        options={orders.map((each) => ({ value: each, label: t(`fleet.order.${each}`) }))}
        onChange={setOrder}
      />
    ),
    [t, order],
  );
  return (
    <Panel id="fleet" symbol="S" title={t('fleet.title')} facts={facts} toolbar={toolbar}>
      <dl className="fleet-figures">
        {said.figures.map(({ key, name, value }) => (
          <div key={key} data-figure={key}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <ReadoutPlace parts={replica === -1 ? [] : readoutOf(model, { replica, us: readUs }, t, format)}>
        <Surface
          label={t('fleet.label')}
          description={isPlaying ? undefined : spoken()}
          ground={{ version: ground, draw: (painter, place, theme) => drawGround(painter, ground, theme, place) }}
          version={[live, shown, replica, hoveredUs, t]}
          isLive
          cursor="pointer"
          draw={(painter, place, theme) => {
            size.current = place;
            drawNow(painter, { model, ...live.now(), shown, pointed, t, format }, theme, place);
          }}
          onPointerMove={(place) => {
            const found = at(place);
            point(found.replica, found.us);
          }}
          onPointerLeave={() => point(-1, Number.NaN)}
          onClick={(place) => {
            const found = at(place);
            choose(found.replica, found.us);
          }}
          onArrow={move}
          onKey={press}
        />
        <Flight model={model} live={live} size={size} />
      </ReadoutPlace>
      <p className="fleet-decision">{decisionWords(said.decision, t, format)}</p>
    </Panel>
  );

  /** What is pointed at, or else the fleet as a whole. */
  function spoken(): string {
    const parts = replica === -1 ? [] : readoutOf(model, { replica, us: readUs }, t, format);
    return parts.length > 0 ? parts.join(', ') : descriptionOf(model, readUs, said.decision, t, format);
  }
}

interface FlightProps {
  readonly model: FleetModel;
  readonly live: Live<{ readonly decision: Decision | null }>;
  /** Of the last drawing. */
  readonly size: RefObject<Size>;
}

/** The request on its way from the router to the replica, where decisions pass slowly enough to be followed. */
function Flight({ model, live, size }: FlightProps) {
  const motion = useMotion();
  const dot = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    let number = live.now().decision?.number ?? -1;
    let flight: Animation | undefined;
    const stop = onShown(() => {
      const before = number;
      const { decision } = live.now();
      number = decision?.number ?? -1;
      // Steps in which nothing is decided leave it on its way.
      if (number === before) return;
      flight?.cancel();
      const way = flightOf({ model, decision }, size.current);
      // The next decisions: nothing flies backwards.
      if (dot.current === null || way === null || number < before) return;
      const { isPlaying, speed } = playbackStore.getState();
      const decisionsPerS = isPlaying ? (speed * 1e6 * model.result.routes.count) / Math.max(1, model.spanUs) : 0;
      if (lookOf(decisionsPerS, motion) !== 'travel') return;
      const frames = [way.fromY, way.toY].map((y) => ({ transform: `translate(${way.x}px, ${y}px)`, opacity: 1 }));
      flight = dot.current.animate(frames, { duration: travelTime(decisionsPerS), easing: 'ease-out' });
    });
    return () => {
      stop();
      flight?.cancel();
    };
  }, [model, live, size, motion]);
  return <span ref={dot} className="fleet-flight" aria-hidden="true" />;
}
