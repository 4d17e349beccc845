import { addMessages } from '../i18n/i18n.ts';
import { policy } from '../i18n/messages/policy.ts';
import { useT } from '../i18n/use-t.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { PolicyPanel } from '../view/policy/PolicyPanel.tsx';

addMessages(policy);

/** The visitor's own policy. A default export because it is loaded lazily. */
export default function PolicyDialog({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  return (
    <Dialog title={t('policy.title')} look="full" onClose={onClose}>
      <PolicyPanel />
    </Dialog>
  );
}
