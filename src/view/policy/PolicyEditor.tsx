import { setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { useEffect, useEffectEvent, useLayoutEffect, useRef } from 'react';
import { editorSetup } from './editor-setup.ts';

export interface PolicyEditorProps {
  readonly label: string;
  /** Id of the text that says how to leave the editor by keyboard. */
  readonly describedBy: string;
  readonly text: string;
  readonly onChange: (text: string) => void;
  readonly onRun: () => void;
  /** What is wrong at a line, from 1. */
  readonly mistake: { readonly line: number; readonly message: string } | null;
}

/** A text editor for a policy. `text` is put in when it differs from what is there, as one change that can be undone. */
export function PolicyEditor({ label, describedBy, text, onChange, onRun, mistake }: PolicyEditorProps) {
  const place = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView>(null);
  const setup = useRef(new Compartment());
  const changed = useEffectEvent(onChange);
  const run = useEffectEvent(onRun);
  const begin = useEffectEvent(() => {
    const state = EditorState.create({
      doc: text,
      extensions: [
        setup.current.of(editorSetup(label, describedBy, () => run())),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) changed(update.state.doc.toString());
        }),
      ],
    });
    return new EditorView({ state, parent: place.current ?? undefined });
  });

  useLayoutEffect(() => {
    const view = begin();
    editor.current = view;
    return () => {
      editor.current = null;
      view.destroy();
    };
  }, []);

  // The language of the page may change while the editor is open.
  useEffect(() => {
    editor.current?.dispatch({ effects: setup.current.reconfigure(editorSetup(label, describedBy, () => run())) });
  }, [label, describedBy]);

  useEffect(() => {
    const view = editor.current;
    if (view === null || view.state.doc.toString() === text) return;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, scrollIntoView: true });
  }, [text]);

  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    const { doc } = view.state;
    if (mistake === null || mistake.line > doc.lines) {
      view.dispatch(setDiagnostics(view.state, []));
      return;
    }
    const { from, to, text: line } = doc.line(mistake.line);
    const start = from + (line.length - line.trimStart().length);
    const diagnostic = { from: start, to, severity: 'error', message: mistake.message } as const;
    view.dispatch(setDiagnostics(view.state, [diagnostic]));
  }, [mistake]);

  return (
    // Escape must not close the dialog around: it lets the next Tab leave the editor. An open list of completions it closes.
    // biome-ignore lint/a11y/noStaticElementInteractions: the editor inside takes the focus
    <div
      ref={place}
      className="policy-editor"
      onKeyDown={(event) => event.key === 'Escape' && event.preventDefault()}
    />
  );
}
