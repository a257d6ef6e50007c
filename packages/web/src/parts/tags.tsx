import type { JSX } from 'preact';
import type { BudgetState, IncidentStatus, Severity, ShownObjective, StepOutcome } from '../api/wire.ts';
import { plain } from '../words/levels.ts';
import { percent } from '../words/numbers.ts';

type Tone = 'good' | 'warn' | 'bad' | 'quiet';

const BUDGET: Readonly<Record<BudgetState, readonly [Tone, string]>> = {
  no_data: ['quiet', '○'],
  healthy: ['good', '●'],
  warning: ['warn', '◐'],
  critical: ['bad', '◔'],
  exhausted: ['bad', '✕'],
};

export function BudgetTag({ state }: { readonly state: BudgetState }): JSX.Element {
  const [tone, sign] = BUDGET[state];
  return (
    <span class={`tag ${tone}`}>
      <span aria-hidden="true">{sign}</span>
      {plain(state)}
    </span>
  );
}

export function budgetTone(state: BudgetState): Tone {
  return BUDGET[state][0];
}

/** What is left of a budget, as a bar and in figures. */
export function Left({ of: { remaining, state } }: { readonly of: ShownObjective }): JSX.Element {
  if (remaining === null || state === 'no_data') return <span class="quiet">no data</span>;
  return (
    <span class={`left ${budgetTone(state)}`}>
      <span class="meter" aria-hidden="true">
        <i style={{ width: `${100 * Math.max(0, Math.min(1, remaining))}%` }} />
      </span>
      <span class="nowrap">{remaining < -9.99 ? 'used up' : percent(remaining)}</span>
    </span>
  );
}

const SEVERITY: Readonly<Record<Severity, Tone>> = { SEV1: 'bad', SEV2: 'bad', SEV3: 'warn', SEV4: 'quiet' };

export function SeverityTag({ severity }: { readonly severity: Severity }): JSX.Element {
  return <span class={`tag ${SEVERITY[severity]}`}>{severity}</span>;
}

const STATUS: Readonly<Record<IncidentStatus, Tone>> = {
  detected: 'bad',
  investigating: 'warn',
  mitigating: 'warn',
  resolved: 'good',
  post_mortem: 'quiet',
  closed: 'quiet',
};

export function StatusTag({ status }: { readonly status: IncidentStatus }): JSX.Element {
  return <span class={`tag ${STATUS[status]}`}>{status === 'post_mortem' ? 'in review' : status}</span>;
}

export const OUTCOME_TONE: Readonly<Record<StepOutcome, Tone>> = {
  answered: 'good',
  skipped: 'quiet',
  full: 'warn',
  failed: 'bad',
  timed_out: 'bad',
  unsafe: 'bad',
};
