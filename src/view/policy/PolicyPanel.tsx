import { Download, FileCode, FileUp, Play, Square } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useT } from '../../i18n/use-t.ts';
import { contractText, declarationFile } from '../../sandbox/contract-text.ts';
import { policyExamples } from '../../sandbox/examples.ts';
import { TOTAL_MS } from '../../sandbox/limits.ts';
import { failurePlace, failureSentence, lineOfFailure } from '../../sandbox/words.ts';
import { Button } from '../../ui/controls/Button.tsx';
import { Choice } from '../../ui/controls/Choice.tsx';
import { IconButton } from '../../ui/controls/IconButton.tsx';
import { useFormat } from '../../ui/use-format.ts';
import { PolicyComparison } from './PolicyComparison.tsx';
import { PolicyEditor } from './PolicyEditor.tsx';
import { savedPolicy, savePolicy } from './saved-policy.ts';
import { type LogLine, type PolicyState, usePolicyRun } from './use-policy-run.ts';
import './policy.css';

/** After typing has paused for so long the policy runs by itself. */
const PAUSE_MS = 800;

/** Content of "Your policy": the text on one side, what comes of it on the other. Closing it ends a run. */
export function PolicyPanel() {
  const t = useT();
  const format = useFormat();
  const [text, setText] = useState(() => savedPolicy() ?? policyExamples[0].text);
  const [ranText, setRanText] = useState<string | null>(null);
  const [side, setSide] = useState<'results' | 'types'>('results');
  const { state, log, result, start, stop } = usePolicyRun();
  const hintId = useId();

  const run = () => {
    setRanText(text);
    start(text);
  };

  useEffect(() => savePolicy(text), [text]);
  useEffect(() => {
    const timer = window.setTimeout(() => {
      setRanText(text);
      start(text);
    }, PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text, start]);

  const failure = state.kind === 'failed' ? state.failure : null;
  const mistake = useMemo(() => {
    const line = failure === null || ranText !== text ? null : lineOfFailure(failure);
    return failure === null || line === null ? null : { line, message: failureSentence(failure, format.language) };
  }, [failure, format.language, ranText, text]);
  const example = policyExamples.find((each) => each.text === text)?.id ?? 'own';

  return (
    <div className="policy">
      <div className="policy-tools">
        <Choice
          label={t('policy.examples')}
          value={example}
          options={[
            ...(example === 'own' ? [{ value: 'own', label: t('policy.ownText') }] : []),
            ...policyExamples.map(({ id, name }) => ({ value: id, label: name[format.language] })),
          ]}
          onChange={(id) => setText(policyExamples.find((each) => each.id === id)?.text ?? text)}
        />
        <FileButtons text={text} onText={setText} />
        <span className="policy-space" />
        {state.kind === 'running' && (
          <Button onPress={stop}>
            <Square aria-hidden="true" />
            {t('policy.stop')}
          </Button>
        )}
        <Button look="strong" onPress={run}>
          <Play aria-hidden="true" />
          {t('policy.run')}
          <kbd>{t('policy.runKey')}</kbd>
        </Button>
      </div>

      <div className="policy-left">
        <PolicyEditor
          label={t('policy.text')}
          describedBy={hintId}
          text={text}
          onChange={setText}
          onRun={run}
          mistake={mistake}
        />
        <p id={hintId} className="policy-hint">
          {t('policy.leaveHint')}
        </p>
      </div>

      <div className="policy-right">
        <Outcome
          isCurrent={ranText === text}
          state={state}
          log={log}
          requests={result?.metrics?.summary.requests ?? 0}
          steps={result?.metrics?.summary.steps ?? 0}
        />
        <Choice
          look="segments"
          label={t('policy.side')}
          value={side}
          options={[
            { value: 'results', label: t('policy.results') },
            { value: 'types', label: t('policy.types') },
          ]}
          onChange={setSide}
        />
        {side === 'results' ? (
          <PolicyComparison own={result} isStale={state.kind !== 'done' || ranText !== text} />
        ) : (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          <section className="policy-types" aria-label={t('policy.types')} tabIndex={0}>
            <p>{t('policy.rules')}</p>
            <pre>
              <code>{contractText}</code>
            </pre>
          </section>
        )}
      </div>
    </div>
  );
}

interface OutcomeProps {
  /** Whether it is of the text as it stands now. */
  readonly isCurrent: boolean;
  readonly state: PolicyState;
  readonly log: readonly LogLine[];
  readonly requests: number;
  readonly steps: number;
}

/** How the run goes or went, in a sentence, and what the policy wrote. */
function Outcome({ isCurrent, state, log, requests, steps }: OutcomeProps) {
  const t = useT();
  const format = useFormat();
  return (
    <div className="policy-outcome" data-current={isCurrent}>
      <div role="status">
        {state.kind === 'idle' && <p className="policy-soft">{t('policy.idle')}</p>}
        {state.kind === 'running' && (
          <p className="policy-soft">
            {state.moment.step === null
              ? t('policy.starting')
              : t('policy.running', {
                  step: format.count(state.moment.step),
                  time: format.clock(state.moment.nowUs),
                  share: format.percent(state.fraction),
                  most: TOTAL_MS / 1000,
                })}
          </p>
        )}
        {state.kind === 'done' && (
          <p>
            {t('policy.done', {
              requests: format.count(requests),
              steps: format.count(steps),
              time: format.duration(state.tookMs * 1000),
            })}
          </p>
        )}
      </div>
      {state.kind === 'running' && <progress value={state.fraction} aria-label={t('policy.progress')} />}
      {state.kind === 'failed' && (
        <div className="policy-failure" role="alert" data-failure={state.failure.kind}>
          <strong>{failurePlace(state.failure, format.language)}</strong>
          <p>{failureSentence(state.failure, format.language)}</p>
        </div>
      )}
      {log.length > 0 && (
        <details className="policy-log">
          <summary>{t('policy.log', { count: format.count(log.length) })}</summary>
          <ol>
            {log.map(({ step, text }, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines are only ever added
              <li key={at}>
                <span>{step === null ? '–' : format.count(step)}</span> {text}
              </li>
            ))}
          </ol>
        </details>
      )}
    </div>
  );
}

function FileButtons({ text, onText }: { readonly text: string; readonly onText: (text: string) => void }) {
  const t = useT();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <IconButton label={t('policy.import')} onPress={() => input.current?.click()}>
        <FileUp />
      </IconButton>
      <IconButton label={t('policy.export')} onPress={() => download('policy.ts', text)}>
        <Download />
      </IconButton>
      <IconButton label={t('policy.exportTypes')} onPress={() => download('tokenyard.d.ts', declarationFile)}>
        <FileCode />
      </IconButton>
      <input
        ref={input}
        type="file"
        accept=".ts,.js,.mts,.mjs,text/javascript,text/plain"
        hidden
        aria-label={t('policy.import')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // Emptied, so that choosing the same file again is a change.
          event.currentTarget.value = '';
          void file?.text().then(onText);
        }}
      />
    </>
  );
}

function download(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = name;
  anchor.click();
  URL.revokeObjectURL(address);
}
