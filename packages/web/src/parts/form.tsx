import type { ComponentChildren, JSX } from 'preact';
import { useRef, useState } from 'preact/hooks';
import { Problem } from '../api/client.ts';
import { fieldProblems } from './field-problems.ts';
import { toast } from './toast.tsx';

/** Something that is sent to the API: once at a time, whatever is clicked twice. */
export interface Doing {
  readonly busy: boolean;
  readonly problem: Problem | undefined;
  /** Resolves to whether it was done. */
  readonly run: (what: () => Promise<unknown>, done?: string) => Promise<boolean>;
  readonly clear: () => void;
}

/** @param quiet the caller shows problems itself */
export function useDoing(quiet = false): Doing {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const running = useRef(false);
  return {
    busy,
    problem,
    clear: () => setProblem(undefined),
    async run(what, done) {
      if (running.current) return false;
      running.current = true;
      setBusy(true);
      setProblem(undefined);
      try {
        await what();
        if (done !== undefined) toast(done);
        return true;
      } catch (error) {
        const known = error instanceof Problem ? error : new Problem(0, 'unknown', String(error), '');
        setProblem(known);
        if (!quiet) toast(known.action === '' ? known.message : `${known.message}. ${known.action}`, 'bad');
        return false;
      } finally {
        running.current = false;
        setBusy(false);
      }
    },
  };
}

/** One field with its label, and what is wrong with it beside it. */
export function Field(props: {
  readonly label: string;
  readonly hint?: string;
  /** What the API calls it. */
  readonly name?: string;
  readonly problem?: Problem | undefined;
  readonly grow?: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  const { label, hint, name, problem, grow = false, children } = props;
  const wrong =
    problem === undefined || name === undefined ? undefined : fieldProblems(problem.message).fields[name];
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the control is the child
    <label class={grow ? 'field grow' : 'field'}>
      <span>{label}</span>
      {children}
      {hint === undefined ? undefined : <span class="quiet small">{hint}</span>}
      {wrong === undefined ? undefined : (
        <span class="wrong" role="alert">
          {wrong}
        </span>
      )}
    </label>
  );
}

/** What went wrong with a form as a whole: whatever no field of it shows. */
export function FormProblem(props: {
  readonly problem: Problem | undefined;
  readonly fields: readonly string[];
}): JSX.Element | null {
  const { problem, fields } = props;
  if (problem === undefined) return null;
  const found = fieldProblems(problem.message);
  const others = Object.entries(found.fields).filter(([name]) => !fields.includes(name));
  const text = [found.rest, ...others.map(([name, words]) => `${name}: ${words}`)].filter(
    (one) => one !== '',
  );
  if (text.length === 0) return null;
  return (
    <p class="notice bad" role="alert">
      <span>{text.join('; ')}</span>
      {found.rest === '' || problem.action === '' ? undefined : <span>{problem.action}</span>}
    </p>
  );
}

/** A choice among few. */
export function Choice<T extends string>(props: {
  readonly value: T;
  readonly options: readonly (readonly [T, string])[];
  readonly onChange: (value: T) => void;
}): JSX.Element {
  return (
    <select
      value={props.value}
      onChange={({ currentTarget }) => {
        const picked = props.options[currentTarget.selectedIndex];
        if (picked !== undefined) props.onChange(picked[0]);
      }}
    >
      {props.options.map(([value, text]) => (
        <option key={value} value={value} selected={value === props.value}>
          {text}
        </option>
      ))}
    </select>
  );
}
