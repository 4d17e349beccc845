import { Component, type ReactNode } from 'react';
import { translate } from '../i18n/i18n.ts';
import { preferencesStore } from '../state/preferences.ts';

interface Props {
  readonly children: ReactNode;
}

/** Keeps a fault of one panel to that panel: the others, the scenario and the transport stay usable. */
export class PanelBoundary extends Component<Props, { readonly error: string | null }> {
  override state = { error: null as string | null };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    const { language } = preferencesStore.getState();
    return (
      <section className="panel-fault" role="alert">
        <p>{translate(language, 'panel.fault', { reason: this.state.error })}</p>
      </section>
    );
  }
}
