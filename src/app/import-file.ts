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
  importStore.setState({ fileName: file.name, progress: 0, cancel: () => controller.abort() });
  try {
    await session.importFile(file);
  } catch (error) {
    if (!controller.signal.aborted) {
      session.scenario.getState().report([{ code: 'internal', where: file.name, found: String(error) }]);
    }
  } finally {
    if (importStore.getState().fileName === file.name) importStore.setState(idle);
  }
}
