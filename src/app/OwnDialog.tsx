import { useStore } from 'zustand';
import { addMessages } from '../i18n/i18n.ts';
import { own as messages } from '../i18n/messages/own.ts';
import { useT } from '../i18n/use-t.ts';
import { deviceNamed } from '../scenario/device-named.ts';
import { modelNamed } from '../scenario/hardware.ts';
import type { Knobs } from '../scenario/knobs.ts';
import { checkOwnDevice, type DeviceField, deviceFields, writeOwnDevice } from '../scenario/own/device.ts';
import { deviceOfOwn, ownOfDevice } from '../scenario/own/device-profile.ts';
import { ownOfModel } from '../scenario/own/from-model.ts';
import { checkOwnModel, type ModelField, modelFields, modelOfOwn, writeOwnModel } from '../scenario/own/model.ts';
import { isOwn, ownName } from '../scenario/own/text.ts';
import { thisGpu } from '../scenario/shared-knobs.ts';
import { type DeviceProfile, devices } from '../sim/gpu/device.ts';
import { models } from '../sim/gpu/model.ts';
import { thisGpuStore } from '../state/this-gpu.ts';
import { Dialog } from '../ui/controls/Dialog.tsx';
import { useFormat } from '../ui/use-format.ts';
import { ModelFacts } from '../view/own/ModelFacts.tsx';
import { OwnForm } from '../view/own/OwnForm.tsx';
import { ReadConfig } from '../view/own/ReadConfig.tsx';
import { useSession } from '../view/session-context.ts';
import { chooseDevice } from './choose-device.ts';
import { problemText } from './problem-text.ts';

addMessages(messages);

interface OwnDialogProps {
  readonly onClose: () => void;
}

/** A model of one's own, as a form. */
export function OwnModelDialog({ onClose }: OwnDialogProps) {
  const t = useT();
  return (
    <Dialog title={t('own.model.title')} onClose={onClose}>
      <OwnModelForm onClose={onClose} />
    </Dialog>
  );
}

/** A device of one's own, as a form. */
export function OwnDeviceDialog({ onClose }: OwnDialogProps) {
  const t = useT();
  return (
    <Dialog title={t('own.device.title')} onClose={onClose}>
      <OwnDeviceForm onClose={onClose} />
    </Dialog>
  );
}

const modelGroups = {
  shape: ['layers', 'hidden', 'intermediate', 'vocabulary', 'max-position', 'positions', 'bits', 'tied', 'plain'],
  attention: ['heads', 'kv-heads', 'head-size', 'bias', 'qk-norm'],
  experts: ['experts', 'experts-per-token', 'expert-intermediate', 'shared-experts', 'dense-layers'],
  latent: ['kv-rank', 'query-rank', 'rope-dim', 'nope-dim', 'value-dim'],
} as const satisfies Record<string, readonly ModelField[]>;

const deviceGroups = {
  device: ['memory', 'bandwidth', 'bf16', 'fp8', 'int8'],
  links: ['link', 'host-link', 'launch'],
} as const satisfies Record<string, readonly DeviceField[]>;

function OwnModelForm({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const device = useDevice(knobs);
  const named = useNamed();
  return (
    <OwnForm
      fields={modelFields}
      groups={(['shape', 'attention', 'experts', 'latent'] as const).map((group) => ({
        title: t(`own.group.${group}`),
        names: modelGroups[group],
      }))}
      start={named(ownOfModel(modelNamed(knobs.model) ?? models['llama-3.1-8b']), knobs.model)}
      check={checkOwnModel}
      above={(fill) => (
        <>
          <p>{t('own.model.about')}</p>
          <ReadConfig say={(problem) => problemText(problem, t)} onRead={({ own }) => fill(own)} />
        </>
      )}
      follows={(own) => <ModelFacts model={modelOfOwn(own)} knobs={knobs} device={device} />}
      submit={t('own.use-model')}
      onUse={(own) => {
        session.scenario.getState().set('model', writeOwnModel(own));
        onClose();
      }}
    />
  );
}

function OwnDeviceForm({ onClose }: { readonly onClose: () => void }) {
  const t = useT();
  const format = useFormat();
  const session = useSession();
  const knobs = useStore(session.scenario, (s) => s.knobs);
  const device = useDevice(knobs);
  const model = modelNamed(knobs.model);
  const named = useNamed();
  return (
    <OwnForm
      fields={deviceFields}
      groups={(['device', 'links'] as const).map((group) => ({
        title: t(`own.group.${group}`),
        names: deviceGroups[group],
      }))}
      start={named(ownOfDevice(device ?? devices['rtx-4090']), knobs.device)}
      check={checkOwnDevice}
      above={() => <p>{t('own.device.about')}</p>}
      follows={(own) => {
        const profile = deviceOfOwn(own);
        const { median, p95 } = profile.error;
        return (
          <>
            {model !== undefined && <ModelFacts model={model} isNamed knobs={knobs} device={profile} />}
            <p className="own-hint">
              {t('own.device.error', { median: format.percent(median), p95: format.percent(p95) })}
            </p>
          </>
        );
      }}
      submit={t('own.use-device')}
      onUse={(own) => {
        void chooseDevice(session, writeOwnDevice(own), deviceOfOwn(own));
        onClose();
      }}
    />
  );
}

/** The scenario's device; null where it is this computer's GPU and nobody has measured it. */
function useDevice(knobs: Knobs): DeviceProfile | null {
  const measured = useStore(thisGpuStore, (s) => s.profile);
  return knobs.device === thisGpu ? measured : (deviceNamed(knobs.device) ?? null);
}

/** Gives what starts from a built-in thing a name that tells the two apart. */
function useNamed(): <T extends { readonly name: string }>(own: T, value: string) => T {
  const t = useT();
  return (own, value) => (isOwn(value) ? own : { ...own, name: ownName(t('own.copy', { name: own.name })) });
}
