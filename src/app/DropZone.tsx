import { FileUp } from 'lucide-react';
import { useEffect, useState } from 'react';
import { useT } from '../i18n/use-t.ts';
import { useSession } from '../view/session-context.ts';
import { importFile } from './import-file.ts';
import { fileFieldId } from './page-actions.ts';

/** The whole page takes files, chosen or dropped; while one is held over it, it says so. */
export function DropZone() {
  const t = useT();
  const session = useSession();
  const [isOver, setOver] = useState(false);

  useEffect(() => {
    // Enter and leave also come from every element passed on the way; their difference says whether the page was left.
    let depth = 0;
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    const listeners = {
      dragenter(event: DragEvent) {
        if (!hasFiles(event)) return;
        depth += 1;
        setOver(true);
      },
      dragleave(event: DragEvent) {
        if (!hasFiles(event)) return;
        depth -= 1;
        if (depth <= 0) setOver(false);
      },
      dragover(event: DragEvent) {
        if (hasFiles(event)) event.preventDefault();
      },
      drop(event: DragEvent) {
        if (!hasFiles(event)) return;
        depth = 0;
        setOver(false);
        // A form took it for itself.
        if (event.defaultPrevented) return;
        event.preventDefault();
        const file = event.dataTransfer?.files[0];
        if (file !== undefined) void importFile(session, file);
      },
    };
    for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener as EventListener);
    return () => {
      for (const [name, listener] of Object.entries(listeners)) {
        window.removeEventListener(name, listener as EventListener);
      }
    };
  }, [session]);

  return (
    <>
      <input
        id={fileFieldId}
        type="file"
        hidden
        aria-label={t('app.import')}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          // Emptied, so that choosing the same file again is a change.
          event.currentTarget.value = '';
          if (file !== undefined) void importFile(session, file);
        }}
      />
      {isOver && (
        <div className="drop-zone">
          <div>
            <FileUp aria-hidden="true" />
            <p>{t('app.drop')}</p>
          </div>
        </div>
      )}
    </>
  );
}
