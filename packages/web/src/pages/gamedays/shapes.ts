/** What the game days' routes answer. */
export interface DaySummary {
  readonly id: string;
  readonly scenario: string;
  readonly service: string;
  readonly title: string;
  readonly mode: string;
  readonly phase: string;
  readonly facilitator: string;
  readonly started_at?: number;
  readonly elapsed_ms: number;
  readonly met: number;
  readonly criteria: number;
}

export interface Scenario {
  readonly name: string;
  readonly service: string;
  readonly title: string;
  readonly duration_ms?: number;
  readonly experiments?: readonly string[];
  readonly problems: readonly unknown[];
}

export interface Day extends DaySummary {
  readonly duration_ms: number;
  readonly story?: string;
  readonly roles: readonly (string | { readonly name: string })[];
  readonly participants: readonly { readonly name: string; readonly role: string }[];
  readonly injects: readonly { readonly name: string; readonly given: boolean }[];
  readonly criteria_words: readonly string[];
  readonly questions: readonly { readonly question: string; readonly answer?: unknown }[];
  readonly scores: readonly { readonly status: string }[];
  readonly findings: readonly unknown[];
  readonly log: readonly Readonly<Record<string, unknown>>[];
}
