import { useId } from 'react';
import type { MessageKey, Translate } from '../../i18n/i18n.ts';
import { useT } from '../../i18n/use-t.ts';
import type { OwnFields as Fields, OwnField } from '../../scenario/own/text.ts';
import { type Format, useFormat } from '../../ui/use-format.ts';
import { type Draft, isTick, type Mistake } from './draft.ts';

export interface OwnFieldsProps<F extends string> {
  readonly title: string;
  readonly fields: Fields<F>;
  readonly names: readonly F[];
  readonly draft: Draft;
  readonly mistakes: Readonly<Partial<Record<string, Mistake>>>;
  readonly onChange: (field: string, text: string) => void;
}

/** One group of a form: every field with its name, its limits, and what is wrong with it. */
export function OwnFields<F extends string>({ title, fields, names, draft, mistakes, onChange }: OwnFieldsProps<F>) {
  return (
    <fieldset className="own-group">
      <legend>{title}</legend>
      {names.map((name) => (
        <OwnFieldRow
          key={name}
          name={name}
          field={fields[name]}
          text={draft[name] ?? ''}
          mistake={mistakes[name]}
          onChange={(text) => onChange(name, text)}
        />
      ))}
    </fieldset>
  );
}

interface RowProps {
  readonly name: string;
  readonly field: OwnField;
  readonly text: string;
  readonly mistake: Mistake | undefined;
  readonly onChange: (text: string) => void;
}

function OwnFieldRow({ name, field, text, mistake, onChange }: RowProps) {
  const t = useT();
  const format = useFormat();
  const id = useId();
  const label = t(`own.field.${name}` as MessageKey);
  if (isTick(field))
    return (
      <label className="own-tick">
        <input
          type="checkbox"
          checked={text === '1'}
          onChange={(event) => onChange(event.currentTarget.checked ? '1' : '0')}
        />
        {label}
      </label>
    );
  return (
    <div className="own-field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        inputMode={field.isWhole ? 'numeric' : 'decimal'}
        autoComplete="off"
        value={text}
        aria-invalid={mistake !== undefined}
        aria-describedby={`${id}-hint`}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
      <p id={`${id}-hint`} className={mistake === undefined ? 'own-hint' : 'own-mistake'}>
        {mistake === undefined ? rangeText(name, field, t, format) : mistakeText(mistake, name, field, t, format)}
      </p>
    </div>
  );
}

function rangeText(name: string, field: OwnField, t: Translate, format: Format): string {
  if (name === 'bits') return t('own.bits');
  const { min, max, default: other } = field;
  const values = { min: format.number(min, 3), max: format.number(max) };
  const isBeside = other !== undefined && (other < min || other > max);
  return isBeside ? t('own.range.or', { ...values, other: format.number(other) }) : t('own.range', values);
}

function mistakeText(mistake: Mistake, name: string, field: OwnField, t: Translate, format: Format): string {
  switch (mistake.kind) {
    case 'number':
      return t('own.mistake.number');
    case 'range':
      return t('own.mistake.range', { expected: rangeText(name, field, t, format) });
    case 'together':
      return t('own.mistake.together', { expected: mistake.expected });
  }
}
