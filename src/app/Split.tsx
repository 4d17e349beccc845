import { Fragment, type ReactNode } from 'react';
import { Group, Panel as Pane, Separator } from 'react-resizable-panels';
import { useT } from '../i18n/use-t.ts';
import type { PanelId } from '../ui/panel-store.ts';

/** A panel's share of its column, and what it needs at least, in pixels. */
export interface Place {
  readonly id: PanelId;
  readonly size: number;
  readonly least: number;
}

export interface SplitProps {
  readonly centre: readonly Place[];
  readonly side: readonly Place[];
  /** Width of the side column before anybody changes it, pixels. */
  readonly sideWidth: number;
  /** What stands in a place. */
  readonly at: (id: PanelId) => ReactNode;
}

/** Two columns of panels, with dividers that can be moved. */
export function Split({ centre, side, sideWidth, at }: SplitProps) {
  return (
    <Group orientation="horizontal" className="split">
      {centre.length > 0 && (
        <Pane id="centre" minSize={360}>
          <Column id="centre-column" places={centre} at={at} />
        </Pane>
      )}
      {centre.length > 0 && side.length > 0 && <Handle orientation="vertical" />}
      {side.length > 0 && (
        <Pane id="side" defaultSize={sideWidth} minSize={260} groupResizeBehavior="preserve-pixel-size">
          <Column id="side-column" places={side} at={at} />
        </Pane>
      )}
    </Group>
  );
}

interface ColumnProps extends Pick<SplitProps, 'at'> {
  readonly id: string;
  readonly places: readonly Place[];
}

function Column({ id, places, at }: ColumnProps) {
  return (
    <Group id={id} orientation="vertical" className="split">
      {places.map((place, index) => (
        <Fragment key={place.id}>
          {index > 0 && <Handle orientation="horizontal" />}
          <Pane id={place.id} defaultSize={place.size} minSize={place.least}>
            {at(place.id)}
          </Pane>
        </Fragment>
      ))}
    </Group>
  );
}

function Handle({ orientation }: { readonly orientation: 'horizontal' | 'vertical' }) {
  const t = useT();
  return <Separator className={`divider ${orientation}`} aria-label={t('layout.divider')} />;
}
