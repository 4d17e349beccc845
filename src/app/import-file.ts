import { createStore } from 'zustand/vanilla';
import type { Session } from '../state/session.ts';

/** The import under way, if there is one. */
export interface ImportState {
  readonly fileName: string | null;
  /** 0 to 1. */
  readonly progress: number;
  readonly cancel: () => void;
}

const idle: ImportState = { fileName: null, progress: 0, cancel: () => undefined };

export const importStore = createStore<ImportState>()(() => idle);

/** Reads a trace or scenario file. What is wrong with it reaches the reader through the list of problems. */
export async function importFile(session: Session, file: File): Promise<void> {
  importStore.getState().cancel();
  const controller = new AbortController();
  const cancel = () => controller.abort();
  importStore.setState({ fileName: file.name, progress: 0, cancel });
  try {
    await session.importFile(file, {
      signal: controller.signal,
      onProgress: ({ fraction }) => importStore.setState({ progress: fraction }),
    });
  } catch (error) {
    if (!controller.signal.aborted) {
      session.scenario.getState().report([{ code: 'internal', where: file.name, found: String(error) }]);
    }
  } finally {
    // A newer import may have taken over meanwhile.
    if (importStore.getState().cancel === cancel) importStore.setState(idle);
  }
}
