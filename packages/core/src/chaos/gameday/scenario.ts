/** The questions of a tabletop, in their order. */
export const TABLETOP_QUESTIONS: readonly string[] = [
  'How would we detect this?',
  'Who would be paged?',
  'What would be the immediate response?',
  'What would we need to know to find the cause?',
  'What can we fall back to?',
  'What do we tell those who depend on us, and when?',
];

/** Something that happens to the participants. */
export interface Inject {
  readonly name: string;
  /** Milliseconds after the start; undefined: when the facilitator says so. */
  readonly atMs: number | undefined;
  readonly what:
    | { readonly kind: 'experiment'; readonly experiment: string }
    /** Told to everybody, or to whoever has a role. */
    | { readonly kind: 'message'; readonly to: string | undefined; readonly text: string };
}

/** How it is told whether the day went well. Times are counted from the first experiment that began, in milliseconds. */
export type Criterion =
  | { readonly kind: 'detected'; readonly withinMs: number }
  | { readonly kind: 'acknowledged'; readonly withinMs: number }
  | { readonly kind: 'mitigated'; readonly withinMs: number }
  | { readonly kind: 'incident_type'; readonly type: string }
  /** The one who has this role was paged. */
  | { readonly kind: 'paged'; readonly role: string }
  | { readonly kind: 'budget_spent'; readonly max: number }
  /** Only a person can tell: the facilitator does. */
  | { readonly kind: 'judged'; readonly text: string };

export interface Scenario {
  readonly name: string;
  readonly service: string;
  readonly title: string;
  /** What the participants are told at the start. */
  readonly story: string;
  readonly durationMs: number;
  readonly roles: readonly { readonly name: string; readonly duty: string }[];
  readonly injects: readonly Inject[];
  /** For the facilitator, and for the debrief. */
  readonly expectedResponse: readonly string[];
  readonly criteria: readonly Criterion[];
  readonly questions: readonly string[];
}

export function criterionInWords(criterion: Criterion): string {
  const time = (ms: number): string =>
    ms % 60_000 === 0 ? `${ms / 60_000} min` : `${Math.round(ms / 1_000)} s`;
  switch (criterion.kind) {
    case 'detected':
    case 'acknowledged':
    case 'mitigated':
      return `${criterion.kind} within ${time(criterion.withinMs)}`;
    case 'incident_type':
      return `an incident of type ${criterion.type} was opened`;
    case 'paged':
      return `${criterion.role} was paged`;
    case 'budget_spent':
      return `at most ${(100 * criterion.max).toFixed(1)} % of any budget was spent`;
    case 'judged':
      return criterion.text;
  }
}
