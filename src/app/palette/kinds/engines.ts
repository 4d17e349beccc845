import { engines } from '../../../scenario/engines/engines.ts';
import { isLocked } from '../../../scenario/lecture.ts';
import { once } from '../entry.ts';

/** Chooses an engine. */
export const engineKind = once(({ session, language, languages, t }) => {
  const { knobs, staging, set } = session.scenario.getState();
  const obstacle = isLocked(staging, 'engine') ? t('obstacle.locked') : undefined;
  const entries = engines().map(({ id, name, sentence }) => ({
    id: `engine.${id}`,
    names: [...languages.map((each) => name[each]), id],
    detail: sentence[language],
    isOn: knobs.engine === id,
    obstacle,
    choose: () => set('engine', id),
  }));
  return [{ heading: t('palette.engines'), entries }];
});
