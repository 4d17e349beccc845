import { useMemo } from 'react';
import { addMessages } from '../../i18n/i18n.ts';
import { compared } from '../../i18n/messages/compared.ts';
import { useT } from '../../i18n/use-t.ts';
import type { Frame } from '../../protocol/frame.ts';
import { useFormat } from '../../ui/use-format.ts';
import { onlyIn } from './difference.ts';
import { cardsOf } from './model.ts';
import { Card } from './QueuePanel.tsx';

addMessages(compared);

/** More cards than this are counted in the line above. */
const mostCards = 20;

interface PinnedCardsProps {
  readonly pinned: Frame;
  readonly frame: Frame;
}

/** Who waits in the pinned run and not in the shown one: hollow cards behind those of the shown run. A default export because it is loaded lazily. */
export default function PinnedCards({ pinned, frame }: PinnedCardsProps) {
  const t = useT();
  const format = useFormat();
  const cards = useMemo(() => {
    const requests = onlyIn(pinned.queue, frame.queue).slice(0, mostCards);
    const places = requests.map((request) => pinned.queue.request.indexOf(request));
    return cardsOf(pinned, places, t, format).map((card) => ({
      ...card,
      label: t('compared.queueCard', { card: card.label }),
    }));
  }, [pinned, frame, t, format]);
  if (cards.length === 0) return null;
  return (
    <>
      <li className="queue-more">{t('compared.queueOnly')}</li>
      {cards.map((card) => (
        <li key={card.request} data-key={`a${card.request}`}>
          <Card card={card} isPinned t={t} format={format} />
        </li>
      ))}
    </>
  );
}
