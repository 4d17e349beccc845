import { Component, type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { translate } from '../i18n/i18n.ts';
import { preferencesStore } from '../state/preferences.ts';
import { uiStore } from './ui-store.ts';

interface Props {
  readonly children: ReactNode;
  /** Called where it is left out. */
  readonly onLost?: () => void;
}

/** Around a part that is loaded when it is needed. Where it cannot be loaded or fails, it is left out, the page says so and goes on. */
export class Later extends Component<Props, { readonly isLost: boolean }> {
  override state = { isLost: false };

  static getDerivedStateFromError() {
    return { isLost: true };
  }

  override componentDidCatch(error: unknown): void {
    this.props.onLost?.();
    sayLost(error);
  }

  override render(): ReactNode {
    return this.state.isLost ? null : <Suspense>{this.props.children}</Suspense>;
  }
}

/** Says that a part is left out, and why. */
export function sayLost(error: unknown): void {
  const reason = error instanceof Error ? error.message : String(error);
  uiStore.getState().say(translate(preferencesStore.getState().language, 'app.partFault', { reason }));
}

/** A part of the page that is loaded when it is first shown. */
export function later<P extends object>(load: () => Promise<{ readonly default: ComponentType<P> }>): ComponentType<P> {
  const Part: ComponentType<P> = lazy(load);
  return (props) => (
    <Later>
      <Part {...props} />
    </Later>
  );
}
