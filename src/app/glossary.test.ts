import { expect, it } from 'vitest';
import { panelTerms, terms } from '../scenario/glossary/glossary.ts';
import { searchGlossary } from '../scenario/glossary/search.ts';
import { panelIds } from '../ui/panel-store.ts';
import { termDialogs } from './GlossarySights.tsx';
import { loadGlossary } from './glossary-rows.ts';

it('leads to panels and dialogs that exist', () => {
  for (const { id, see = [] } of terms)
    for (const sight of see) {
      const [kind, name] = sight.split(':');
      if (kind === 'panel') expect(panelIds, `${id} -> ${sight}`).toContain(name);
      if (kind === 'dialog') expect(termDialogs, `${id} -> ${sight}`).toContain(name);
    }
});

it('has a term for every panel', () => {
  expect(Object.keys(panelTerms).toSorted()).toEqual(panelIds.toSorted());
});

it('lists terms for what somebody types, with their words loaded', async () => {
  const rows = await loadGlossary();
  const [best] = searchGlossary(rows, '投机解码');
  expect(best).toMatchObject({ id: 'speculative-decoding', name: { en: 'Speculative decoding', zh: '推测解码' } });
  const [knob] = searchGlossary(rows, '--page-size');
  expect(knob).toMatchObject({ id: 'knob.page-size', name: { en: 'Page size', zh: '页大小' } });
});
