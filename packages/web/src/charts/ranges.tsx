import type { JSX } from 'preact';
import { setQuery } from '../address/use-address.ts';
import { RANGES, type Range } from '../words/time.ts';

/** How far back a view looks; kept in its address. */
export function Ranges({
  now,
  more = [],
}: {
  readonly now: string;
  readonly more?: readonly string[];
}): JSX.Element {
  const names: readonly (Range | string)[] = [...Object.keys(RANGES), ...more];
  return (
    <fieldset class="row plain-set">
      <legend class="hidden">Time range</legend>
      {names.map((name) => (
        <button
          key={name}
          type="button"
          class="button plain"
          aria-pressed={name === now}
          onClick={() => setQuery({ range: name })}
        >
          {name}
        </button>
      ))}
    </fieldset>
  );
}
