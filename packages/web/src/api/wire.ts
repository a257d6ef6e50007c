/**
 * What the API answers. The shapes are the program's own, taken as types alone: nothing of it is in the page, and a change there that
 * the page does not follow fails the type check.
 */
import type {
  AlertLogEntry,
  AlertState,
  BudgetPolicy,
  Diagnosis,
  Incident,
  MitigationPlan,
  PolicyState,
  RequestRecord,
  Runbook,
  RunbookAction,
  Schedule,
  Shift,
  SignalState,
} from '@evenkeel/core';

export type {
  BreakerSnapshot,
  Directive,
  Explanation,
  GateSnapshot,
  Incident,
  IncidentSignal,
  IncidentStatus,
  MitigationPlan,
  Order,
  RequestRecord,
  Runbook,
  RungStatus,
  ServedLevel,
  ServiceStatus,
  Severity,
  Shift,
  Silence,
  Step,
  StepOutcome,
  TimelineEntry,
} from '@evenkeel/core';

export interface Session {
  readonly name: string;
  readonly role: 'viewer' | 'operator' | 'admin';
  readonly signedIn: boolean;
  readonly version: string;
  readonly nouns: readonly string[];
}

export type BudgetState = 'no_data' | 'healthy' | 'warning' | 'critical' | 'exhausted';
export type Category = 'availability' | 'latency' | 'quality' | 'freshness' | 'safety' | 'cost';

export interface ShownAlert {
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  readonly firing: boolean;
  readonly factor: number;
  readonly burn: { readonly long: number | null; readonly short: number | null };
  readonly reason: string;
}

export type Allowance =
  | { readonly kind: 'target'; readonly target: number; readonly minimumEvents?: number }
  | { readonly kind: 'amount'; readonly amount: number; readonly unit: string }
  | { readonly kind: 'zero_tolerance' };

/** One objective as `GET /api/v1/objectives` shows it. */
export interface ShownObjective {
  readonly service: string;
  readonly objective: string;
  readonly segment: string;
  readonly category: Category;
  readonly description: string;
  readonly target: number;
  readonly allowance: Allowance;
  readonly window: { readonly kind: string; readonly lengthMs?: number; readonly timeZone?: string };
  readonly span: { readonly start: number; readonly end: number };
  readonly at: number;
  readonly revision: number;
  readonly state: BudgetState;
  readonly reason: string;
  /** Share of the window that was observed, 0 to 1. */
  readonly seen: number;
  readonly sli: number | null;
  readonly consumed: number | null;
  readonly remaining: number | null;
  readonly counts: { readonly good: number; readonly total: number };
  readonly alerts: readonly ShownAlert[];
  readonly exhaustion: { readonly ms: number | null; readonly never: boolean };
  readonly forecast: { readonly remaining: number; readonly events: number } | null;
}

export interface SeriesPoint {
  readonly at: number;
  readonly good: number;
  readonly total: number;
}

export interface Series {
  readonly from: number;
  readonly to: number;
  readonly step: number;
  readonly points: readonly SeriesPoint[];
}

export interface AlertEpisode {
  readonly id: string;
  /** '' is all traffic. */
  readonly segment: string;
  readonly pair: string;
  readonly severity: 'page' | 'ticket';
  readonly state: AlertState;
  readonly log: readonly AlertLogEntry[];
}

/** In the list the timeline is left out. */
export type ListedIncident = Omit<Incident, 'timeline'>;

export interface RunningAction {
  readonly id: string;
  readonly action: string;
  readonly at: number;
  readonly by: string;
  readonly automatic: boolean;
  readonly state: 'running' | 'kept' | 'reverted' | 'overruled' | 'ended';
}

export interface WholeIncident extends Incident {
  readonly actions: readonly RunningAction[];
  readonly runbook: Runbook;
  readonly statusText: string;
}

export interface OfferedAction extends RunbookAction {
  readonly plan: MitigationPlan;
}

export interface ServiceDiagnosis {
  readonly signals: SignalState | null;
  readonly diagnosis: Diagnosis | null;
}

/** A fact as it was sent. */
export interface FactRow {
  readonly id: string;
  readonly service: string;
  readonly at: number;
  readonly by: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface PlainFact {
  readonly id: string;
  readonly at: number;
  readonly by: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface RequestWithFacts extends RequestRecord {
  /** False where only the compact row was kept. */
  readonly sampled?: boolean;
  readonly facts: { readonly feedback: readonly PlainFact[]; readonly signals: readonly PlainFact[] };
}

export interface PolicyStanding {
  readonly policy: BudgetPolicy;
  readonly state: PolicyState;
}

export interface QueueFigures {
  readonly service: string;
  readonly waiting: number;
  readonly oldestWaitingAt?: number;
}

export interface QueueItem {
  readonly id: string;
  readonly service: string;
  readonly kind: 'hold' | 'review';
  readonly requestId: string;
  readonly tenant: string;
  readonly createdAt: number;
  readonly reason: string;
  readonly content: unknown;
  readonly label?: string;
  readonly score?: number;
  readonly state: 'waiting' | 'decided';
  readonly verdict?: string;
  readonly decidedBy?: string;
  readonly decidedAt?: number;
  readonly note?: string;
}

export interface ShownSchedule extends Schedule {
  readonly onCall: { readonly now?: Shift; readonly next?: Shift };
}

export interface ScheduleWithShifts extends ShownSchedule {
  readonly shifts: readonly Shift[];
  readonly problems: readonly { readonly severity: 'error' | 'warning'; readonly text: string }[];
}

export interface OutboxMessage {
  readonly id: string;
  readonly destination: string;
  readonly stream: string;
  readonly createdAt: number;
  readonly state: 'waiting' | 'sent' | 'dead';
  readonly attempts: number;
  readonly nextAt: number;
  readonly lastError?: string;
  readonly sentAt?: number;
}

export interface AuditEntry {
  readonly id: number;
  readonly at: number;
  readonly by: string;
  readonly action: string;
  readonly subject: string;
  readonly service?: string;
  readonly detail: unknown;
  readonly hash: string;
}

export interface ShownKey {
  readonly id: string;
  readonly name: string;
  readonly role: Session['role'];
  readonly createdAt: number;
  readonly createdBy: string;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

export interface Health {
  readonly store: {
    readonly ok: boolean;
    readonly reason: string;
    readonly schemaVersion: number;
    readonly bytes: number;
    readonly clockSkewMs: number;
  };
  readonly dialect: string;
  readonly integrity: readonly string[];
  readonly behind: string | null;
}

export interface Replica {
  readonly replica: string;
  readonly arrivedAt: number;
  readonly state: string;
}
