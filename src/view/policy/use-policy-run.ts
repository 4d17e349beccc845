import { useCallback, useEffect, useRef, useState } from 'react';
import { compilePolicy } from '../../sandbox/compile.ts';
import type { Moment, PolicyFailure } from '../../sandbox/failure.ts';
import type { ComparedRun } from '../../scenario/comparison.ts';
import { runPolicy } from '../../worker/policy-client.ts';
import { useSession } from '../session-context.ts';

export type PolicyState =
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly moment: Moment; readonly fraction: number }
  | { readonly kind: 'done'; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly failure: PolicyFailure };

export interface LogLine {
  readonly step: number | null;
  readonly text: string;
}

export interface PolicyRun {
  readonly state: PolicyState;
  /** What the policy has written to its console in this run. */
  readonly log: readonly LogLine[];
  /** The last run that came to its end; it stays while the next one is under way. */
  readonly result: ComparedRun | null;
  start(text: string): void;
  stop(): void;
}

/** Runs policies on the session's traffic, one at a time: the newest text wins. */
export function usePolicyRun(): PolicyRun {
  const session = useSession();
  const [state, setState] = useState<PolicyState>({ kind: 'idle' });
  const [log, setLog] = useState<readonly LogLine[]>([]);
  const [result, setResult] = useState<ComparedRun | null>(null);
  const running = useRef<AbortController>(null);

  useEffect(() => () => running.current?.abort(), []);

  const start = useCallback(
    (text: string) => {
      running.current?.abort();
      const controller = new AbortController();
      running.current = controller;
      setLog([]);
      const compiled = compilePolicy(text);
      if (!compiled.ok) {
        setState({ kind: 'failed', failure: compiled.failure });
        return;
      }
      setState({ kind: 'running', moment: { step: null, nowUs: 0 }, fraction: 0 });
      const startMs = performance.now();
      const work = async () => {
        const outcome = await runPolicy(compiled, await session.traffic(), {
          signal: controller.signal,
          onProgress: (moment, fraction) => setState({ kind: 'running', moment, fraction }),
          onLog: (step, line) => setLog((lines) => [...lines, { step, text: line }]),
        });
        // A newer text has taken over.
        if (running.current !== controller) return;
        if (outcome.ok) {
          setResult(outcome.run);
          setState({ kind: 'done', tookMs: performance.now() - startMs });
        } else setState({ kind: 'failed', failure: outcome.failure });
      };
      work().catch((error: unknown) => {
        if (running.current === controller) {
          setState({ kind: 'failed', failure: { kind: 'cannot-start', detail: String(error) } });
        }
      });
    },
    [session],
  );
  const stop = useCallback(() => running.current?.abort(), []);
  return { state, log, result, start, stop };
}
