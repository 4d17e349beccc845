import { useEffect, useRef, useState } from 'react';
import type { CalibrationProgress } from '../../calibrate/benchmark.ts';
import type { Failure } from '../../calibrate/failure.ts';
import { type CalibrationResult, parseResult, writeResult } from '../../calibrate/result.ts';
import { loadCalibration, pageStorage, type StorageSource, saveCalibration } from '../../calibrate/storage.ts';
import { useT } from '../../i18n/use-t.ts';
import { Button } from '../../ui/controls/Button.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { measureThisGpu } from '../../worker/calibrate-client.ts';
import { CalibrationView } from './CalibrationView.tsx';
import { adviceText, failureText, importText } from './words.ts';
import './calibrate.css';

export interface CalibratePanelProps {
  /** The visitor wants this GPU as the scenario's device. `memoryBytes` is what the visitor said: browsers do not disclose it. */
  readonly onDevice: (result: CalibrationResult, memoryBytes: number) => void;
  /** Told of every result that is shown. */
  readonly onResult?: (result: CalibrationResult) => void;
  /** Where results are kept; the page's own storage if left out. */
  readonly storage?: StorageSource;
}

/** Where the shown result comes from. */
type Origin = 'saved' | 'not-saved' | 'earlier';

type State =
  | { readonly kind: 'ready' }
  | { readonly kind: 'running'; readonly progress: CalibrationProgress }
  | { readonly kind: 'done'; readonly result: CalibrationResult; readonly origin: Origin }
  | { readonly kind: 'failed'; readonly failure: Failure };

function stateFromStorage(storage: StorageSource): State {
  const loaded = loadCalibration(storage);
  return loaded.kind === 'found' ? { kind: 'done', result: loaded.result, origin: 'earlier' } : { kind: 'ready' };
}

/** Content of the dialog "Measure this GPU". Closing it (unmounting) cancels a run. */
export function CalibratePanel({ onDevice, onResult, storage = pageStorage }: CalibratePanelProps) {
  const t = useT();
  const format = useFormat();
  const [state, setState] = useState<State>(() => stateFromStorage(storage));
  const [importProblem, setImportProblem] = useState<string>();
  const running = useRef<AbortController>(undefined);
  const fileInput = useRef<HTMLInputElement>(null);

  useEffect(() => () => running.current?.abort(), []);
  useEffect(() => {
    if (state.kind === 'done') onResult?.(state.result);
  }, [state, onResult]);

  const keep = (result: CalibrationResult) =>
    setState({ kind: 'done', result, origin: saveCalibration(storage, result) ? 'saved' : 'not-saved' });

  const start = async () => {
    const controller = new AbortController();
    running.current = controller;
    setImportProblem(undefined);
    setState({ kind: 'running', progress: { phase: 'adapter', fraction: 0 } });
    const outcome = await measureThisGpu({
      signal: controller.signal,
      onProgress: (progress) => setState({ kind: 'running', progress }),
    });
    if (running.current !== controller) return;
    running.current = undefined;
    if (outcome.ok) keep(outcome.result);
    else setState({ kind: 'failed', failure: outcome.failure });
  };

  const open = async (file: File) => {
    let text: string;
    try {
      text = await file.text();
    } catch {
      setImportProblem(t('calibrate.import.unreadable', { name: file.name }));
      return;
    }
    const parsed = parseResult(text);
    setImportProblem(parsed.ok ? undefined : importText(t, file.name, parsed));
    if (parsed.ok) keep(parsed.result);
  };

  return (
    <section className="calibrate" aria-label={t('calibrate.title')}>
      <p>{t('calibrate.intro')}</p>

      {state.kind === 'running' && (
        <div className="calibrate-run">
          <progress aria-label={t('calibrate.progress')} value={state.progress.fraction} max={1} />
          <p role="status">{t(`calibrate.phase.${state.progress.phase}`)}</p>
        </div>
      )}

      {state.kind === 'failed' && (
        <div className="calibrate-failure" role="alert" data-failure={state.failure.kind}>
          <h3>{t('calibrate.failed')}</h3>
          <p>{failureText(t, format, state.failure)}</p>
          <p>
            {adviceText(t, state.failure)} {t('calibrate.failed.presets')}
          </p>
        </div>
      )}

      {state.kind === 'done' && (
        <>
          <p className="calibrate-soft" role="status">
            {t(`calibrate.result.${state.origin}`)}
          </p>
          <CalibrationView result={state.result} onUse={(memoryBytes) => onDevice(state.result, memoryBytes)} />
        </>
      )}

      {importProblem !== undefined && (
        <p className="calibrate-failure" role="alert">
          {importProblem}
        </p>
      )}

      <div className="calibrate-actions">
        {state.kind === 'running' ? (
          <Button onPress={() => running.current?.abort()}>{t('calibrate.cancel')}</Button>
        ) : (
          <>
            <Button look={state.kind === 'done' ? 'plain' : 'strong'} onPress={() => void start()}>
              {t(state.kind === 'ready' ? 'calibrate.start' : 'calibrate.again')}
            </Button>
            <Button onPress={() => fileInput.current?.click()}>{t('calibrate.import')}</Button>
            {state.kind === 'done' && <Button onPress={() => download(state.result)}>{t('calibrate.export')}</Button>}
          </>
        )}
        {state.kind !== 'done' && <span className="calibrate-soft">{t('calibrate.intro.keep-open')}</span>}
        <input
          ref={fileInput}
          type="file"
          accept="application/json,.json"
          hidden
          onChange={(event) => {
            const file = event.currentTarget.files?.[0];
            event.currentTarget.value = '';
            if (file) void open(file);
          }}
        />
      </div>
    </section>
  );
}

function download(result: CalibrationResult): void {
  const url = URL.createObjectURL(new Blob([writeResult(result)], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = 'tokenyard-calibration.json';
  link.click();
  URL.revokeObjectURL(url);
}
