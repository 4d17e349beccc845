import { useT } from '../i18n/use-t.ts';
import { useThemeVariables } from '../ui/use-theme.ts';

/** Stands in place of the page where its simulation cannot be started. `reason` is the browser's own, and may be ''. */
export function StartFailure({ reason }: { readonly reason: string }) {
  const t = useT();
  useThemeVariables();
  return (
    <main className="start-failure" role="alert">
      <h1>{t('app.name')}</h1>
      <p>{t('app.noWorker')}</p>
      {reason !== '' && <p>{reason}</p>}
    </main>
  );
}
