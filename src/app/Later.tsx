import { Component, type ReactNode, Suspense } from 'react';
import { translate } from '../i18n/i18n.ts';
import { preferencesStore } from '../state/preferences.ts';
import { uiStore } from './ui-store.ts';

interface Props {
  readonly children: ReactNode;
}

/** Around a part that is loaded when it is needed. Where it cannot be loaded or fails, it is left out, the page says so and goes on. */
export class Later extends Component<Props, { readonly isLost: boolean }> {
  override state = { isLost: false };

  static getDerivedStateFromError() {
    return { isLost: true };
  }

  override componentDidCatch(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const { close, say } = uiStore.getState();
    close();
    say(translate(preferencesStore.getState().language, 'app.partFault', { reason }));
  }

  override render(): ReactNode {
    return this.state.isLost ? null : <Suspense>{this.props.children}</Suspense>;
  }
}
