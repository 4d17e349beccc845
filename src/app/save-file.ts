import type { Session } from '../state/session.ts';

/** The scenario as a file, with an imported trace: what a link cannot hold. */
export async function saveFile(session: Session): Promise<void> {
  const { preset } = session.scenario.getState().knobs;
  const bytes = await session.exportFile();
  const address = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'application/json' }));
  const anchor = document.createElement('a');
  anchor.href = address;
  anchor.download = `tokenyard-${preset}.json`;
  anchor.click();
  URL.revokeObjectURL(address);
}
