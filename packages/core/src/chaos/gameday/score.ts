import { type Criterion, criterionInWords, type Scenario } from './scenario.ts';

/** What the record of the service says of the day; undefined where it cannot be seen. Wall milliseconds. */
export interface DayRecord {
  readonly incidents:
    | readonly {
        readonly id: string;
        readonly type: string;
        readonly openedAt: number;
        readonly acknowledgedAt: number | undefined;
        readonly acknowledgedBy: string | undefined;
        readonly mitigatedAt: number | undefined;
      }[]
    | undefined;
  readonly pages: readonly { readonly who: string; readonly at: number }[] | undefined;
  /** Largest share of any budget spent since the start. */
  readonly budgetSpent: number | undefined;
}

export interface Score {
  readonly criterion: string;
  readonly status: 'met' | 'missed' | 'unknown';
  readonly reason: string;
}

interface Facts {
  readonly scenario: Scenario;
  /** When the first experiment began; undefined when none did. */
  readonly brokenAt: number | undefined;
  readonly record: DayRecord | undefined;
  readonly participants: readonly { readonly name: string; readonly role: string }[];
  readonly judged: Readonly<
    Record<number, { readonly ok: boolean; readonly by: string; readonly reason: string }>
  >;
}

const words = (ms: number): string => `${Math.round(ms / 1_000)} s`;

function score(criterion: Criterion, index: number, facts: Facts): Omit<Score, 'criterion'> {
  const { brokenAt, record } = facts;
  const unknown = (reason: string): Omit<Score, 'criterion'> => ({ status: 'unknown', reason });
  const say = (ok: boolean, reason: string): Omit<Score, 'criterion'> => ({
    status: ok ? 'met' : 'missed',
    reason,
  });
  if (criterion.kind === 'judged') {
    const verdict = facts.judged[index];
    return verdict === undefined
      ? unknown('the facilitator has not judged it')
      : say(verdict.ok, `${verdict.reason} (${verdict.by})`);
  }
  if (brokenAt === undefined) return unknown('nothing was broken');
  if (record === undefined) return unknown('the record could not be read');
  if (criterion.kind === 'budget_spent') {
    if (record.budgetSpent === undefined) return unknown('the budgets could not be seen');
    return say(record.budgetSpent <= criterion.max, `${(100 * record.budgetSpent).toFixed(2)} % spent`);
  }
  if (criterion.kind === 'paged') {
    if (record.pages === undefined) return unknown('pages could not be seen');
    const wanted = facts.participants.filter(({ role }) => role === criterion.role).map(({ name }) => name);
    if (wanted.length === 0) return unknown(`nobody had the role ${criterion.role}`);
    const since = record.pages.filter(({ at }) => at >= brokenAt);
    const hit = since.find(({ who }) => wanted.includes(who));
    if (hit !== undefined) return say(true, `${hit.who} after ${words(hit.at - brokenAt)}`);
    return say(
      false,
      since.length === 0 ? 'nobody was paged' : `paged were ${since.map(({ who }) => who).join(', ')}`,
    );
  }
  if (record.incidents === undefined) return unknown('incidents could not be seen');
  const since = record.incidents.filter(({ openedAt }) => openedAt >= brokenAt);
  if (criterion.kind === 'incident_type') {
    const right = since.find(({ type }) => type === criterion.type);
    if (right !== undefined) return say(true, right.id);
    return say(
      false,
      since.length === 0
        ? 'no incident was opened'
        : `opened were ${since.map(({ type }) => type).join(', ')}`,
    );
  }
  const times = since
    .map((incident) =>
      criterion.kind === 'detected'
        ? incident.openedAt
        : criterion.kind === 'acknowledged'
          ? incident.acknowledgedAt
          : incident.mitigatedAt,
    )
    .filter((at) => at !== undefined)
    .sort((a, b) => a - b);
  const first = times[0];
  if (first === undefined) return say(false, `it was not ${criterion.kind}`);
  return say(first - brokenAt <= criterion.withinMs, `after ${words(first - brokenAt)}`);
}

/** Scores every criterion from the record; what cannot be seen is unknown, never met. */
export function scoreDay(facts: Facts): Score[] {
  return facts.scenario.criteria.map((criterion, i) => ({
    criterion: criterionInWords(criterion),
    ...score(criterion, i, facts),
  }));
}
