/** What the chaos routes answer. */
export interface Radius {
  readonly name: string;
  readonly share?: number;
}

export interface RunSummary {
  readonly id: string;
  readonly experiment: string;
  readonly service: string;
  readonly title: string;
  readonly by: string;
  readonly phase: string;
  readonly status?: string;
  readonly reason?: string;
  readonly recommendation?: unknown;
  readonly started_at: number;
  readonly ended_at?: number;
}

export interface ExperimentSummary {
  readonly name: string;
  readonly service: string;
  readonly title: string;
  readonly source: string;
  readonly runnable: boolean;
  readonly radius?: Radius;
  readonly duration_ms?: number;
  readonly faults: readonly string[];
  readonly schedule?: unknown;
  readonly next_at?: number;
  readonly last_run?: RunSummary;
}

export interface ExperimentView extends Omit<ExperimentSummary, 'problems'> {
  readonly description?: string;
  readonly hypothesis?: { readonly title: string };
  readonly text: string;
  readonly problems: readonly unknown[];
}

export interface DryRun {
  readonly findings: readonly { readonly check: string; readonly reason: string }[];
  readonly steps: readonly string[];
  readonly preview: { readonly requests: number; readonly inRadius: number; readonly users: number };
}

export interface Arm {
  readonly requests: number;
  readonly error_share?: number;
  readonly degraded_share?: number;
  readonly p50_ms?: number;
  readonly p99_ms?: number;
}

export interface RunView extends RunSummary {
  readonly elapsed_ms: number;
  readonly duration_ms: number;
  readonly hypothesis: string;
  readonly touched?: { readonly words: string };
  readonly cohorts?: { readonly experiment: Arm; readonly control: Arm };
  readonly checks?: readonly Readonly<Record<string, unknown>>[];
  readonly journal: readonly Readonly<Record<string, unknown>>[];
}

/** Whether a run goes on. */
export function runs({ ended_at }: Pick<RunSummary, 'ended_at'>): boolean {
  return ended_at === undefined;
}

/** What a check, a journal entry or a problem says, whatever it is made of. */
export function saying(thing: unknown): string {
  if (typeof thing === 'string') return thing;
  if (typeof thing !== 'object' || thing === null) return String(thing);
  const fields = new Map(Object.entries(thing));
  for (const name of ['text', 'reason', 'message', 'what', 'words']) {
    const found = fields.get(name);
    if (typeof found === 'string' && found !== '') return found;
  }
  return [...fields]
    .filter(([name, value]) => typeof value !== 'object' && name !== 'at')
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
}
