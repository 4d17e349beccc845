import { type ReactNode, useId, useRef, useState } from 'react';
import { useT } from '../../i18n/use-t.ts';
import type { OwnFields as Fields, Own } from '../../scenario/own/text.ts';
import type { Result } from '../../scenario/result.ts';
import { type Draft, draftOf, readDraft } from './draft.ts';
import { OwnFields } from './OwnFields.tsx';
import './own.css';

export interface OwnFormProps<F extends string> {
  readonly fields: Fields<F>;
  readonly groups: readonly { readonly title: string; readonly names: readonly F[] }[];
  readonly start: Own<F>;
  readonly check: (name: string, given: Readonly<Record<string, number>>) => Result<Own<F>>;
  /** What stands above the fields; `fill` puts other values into them. */
  readonly above: (fill: (own: Own<F>) => void) => ReactNode;
  /** What follows from the values. */
  readonly follows: (own: Own<F>) => ReactNode;
  readonly submit: string;
  readonly onUse: (own: Own<F>) => void;
}

/** A form for a thing of one's own. Fields say at once what is wrong with them; what follows is shown while nothing is. */
export function OwnForm<F extends string>({
  fields,
  groups,
  start,
  check,
  above,
  follows,
  submit,
  onUse,
}: OwnFormProps<F>) {
  const t = useT();
  const nameId = useId();
  const form = useRef<HTMLFormElement>(null);
  const [name, setName] = useState(start.name);
  const [draft, setDraft] = useState<Draft>(() => draftOf(start));
  const [isRefused, setRefused] = useState(false);
  const { own, mistakes } = readDraft(fields, name, draft, check);
  const fill = (other: Own<F>) => {
    setName(other.name);
    setDraft(draftOf(other));
  };

  return (
    <form
      ref={form}
      className="own"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setRefused(own === null);
        if (own !== null) onUse(own);
        else form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
      }}
    >
      {above(fill)}
      <div className="own-field own-name">
        <label htmlFor={nameId}>{t('own.name')}</label>
        <input
          id={nameId}
          type="text"
          maxLength={40}
          autoComplete="off"
          value={name}
          aria-invalid={mistakes.name !== undefined}
          onChange={(event) => setName(event.currentTarget.value)}
        />
      </div>
      {own !== null && follows(own)}
      <div className="own-groups">
        {groups.map((group) => (
          <OwnFields
            key={group.title}
            title={group.title}
            fields={fields}
            names={group.names}
            draft={draft}
            mistakes={mistakes}
            onChange={(field, text) => setDraft({ ...draft, [field]: text })}
          />
        ))}
      </div>
      <div className="own-foot">
        <button type="submit" className="button strong">
          {submit}
        </button>
        <p role="alert" className="own-mistake">
          {isRefused && own === null ? t('own.mistakes') : ''}
        </p>
      </div>
    </form>
  );
}
