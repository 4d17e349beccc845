import { useId } from 'react';
import './controls.css';

export interface Option<T extends string> {
  readonly value: T;
  readonly label: string;
  /** Heading that the option stands under in a list. */
  readonly group?: string;
}

export interface ChoiceProps<T extends string> {
  readonly label: string;
  readonly value: T;
  readonly options: readonly Option<T>[];
  readonly onChange: (value: T) => void;
  /** `segments` for two to four short options, `list` for more. */
  readonly look?: 'list' | 'segments';
  readonly isDisabled?: boolean;
  readonly describedBy?: string;
  readonly className?: string;
}

/** One of several. */
export function Choice<T extends string>(props: ChoiceProps<T>) {
  return props.look === 'segments' ? <Segments {...props} /> : <List {...props} />;
}

function List<T extends string>({
  label,
  value,
  options,
  onChange,
  isDisabled,
  describedBy,
  className,
}: ChoiceProps<T>) {
  const groups = [...new Set(options.map((option) => option.group))];
  const choose = (found: string) => {
    const option = options.find((each) => each.value === found);
    if (option !== undefined) onChange(option.value);
  };
  return (
    <select
      className={`choice${className === undefined ? '' : ` ${className}`}`}
      aria-label={label}
      aria-describedby={describedBy}
      value={value}
      disabled={isDisabled}
      onChange={(event) => choose(event.currentTarget.value)}
    >
      {groups.map((group) => {
        const inside = options
          .filter((option) => option.group === group)
          .map((option) => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ));
        return group === undefined ? (
          inside
        ) : (
          <optgroup key={group} label={group}>
            {inside}
          </optgroup>
        );
      })}
    </select>
  );
}

function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
  isDisabled,
  describedBy,
  className,
}: ChoiceProps<T>) {
  const name = useId();
  return (
    <fieldset
      className={`segments${className === undefined ? '' : ` ${className}`}`}
      aria-label={label}
      aria-describedby={describedBy}
      disabled={isDisabled}
    >
      {options.map((option) => (
        <label key={option.value}>
          <input
            type="radio"
            name={name}
            className="visually-hidden"
            checked={option.value === value}
            onChange={() => onChange(option.value)}
          />
          <span>{option.label}</span>
        </label>
      ))}
    </fieldset>
  );
}
