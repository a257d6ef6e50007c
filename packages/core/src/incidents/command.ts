import type {
  Actor,
  Incident,
  IncidentLink,
  IncidentSignal,
  IncidentStatus,
  MitigationRecord,
  PageRecord,
  RegressionExperiment,
  TimelineEntry,
} from './incident.ts';
import type { IncidentType, Severity } from './incident-type.ts';

/** What somebody wants done to an incident. */
export type IncidentIntent =
  | { readonly do: 'investigate'; readonly note?: string | undefined }
  | { readonly do: 'mitigate'; readonly note?: string | undefined }
  | { readonly do: 'resolve'; readonly resolution: string }
  | { readonly do: 'start_review' }
  | { readonly do: 'close' }
  /** Within {@link REOPEN_MS} of being resolved. */
  | { readonly do: 'reopen'; readonly reason: string }
  | { readonly do: 'acknowledge'; readonly note?: string | undefined }
  | { readonly do: 'note'; readonly text: string }
  | { readonly do: 'set_severity'; readonly severity: Severity; readonly reason: string }
  | { readonly do: 'set_type'; readonly type: IncidentType; readonly reason: string }
  | {
      readonly do: 'set_field';
      readonly field: 'title' | 'description' | 'root_cause' | 'resolution';
      readonly value: string;
    }
  | {
      readonly do: 'affect';
      readonly systems: readonly string[];
      readonly metrics: Readonly<Record<string, number>>;
    }
  /** Signals seen now, with the likely cause as it looks now. */
  | { readonly do: 'observe'; readonly signals: readonly IncidentSignal[]; readonly likelyCause: string }
  | { readonly do: 'paged'; readonly page: PageRecord }
  /** By id: a mitigation that is known is replaced. */
  | { readonly do: 'record_mitigation'; readonly mitigation: MitigationRecord }
  | { readonly do: 'link'; readonly link: IncidentLink }
  | { readonly do: 'silence'; readonly silence: string | undefined }
  | { readonly do: 'set_experiment'; readonly experiment: RegressionExperiment }
  | { readonly do: 'waive_experiment'; readonly reason: string };

export interface IncidentCommand {
  readonly by: Actor;
  /** Wall milliseconds. */
  readonly at: number;
  readonly intent: IncidentIntent;
  /** The revision that the actor saw: another one means that somebody was faster. */
  readonly ifRevision?: number | undefined;
}

/** How long after it was resolved an incident may be reopened, in milliseconds; later trouble is a new incident. */
export const REOPEN_MS: number = 24 * 3_600_000;

export type RefusalCode =
  | 'illegal_transition'
  | 'stale'
  | 'operator_decided'
  | 'too_late'
  | 'closed'
  | 'nothing_to_do'
  | 'reason_needed'
  | 'experiment_missing'
  | 'experiment_red';

export type CommandResult =
  | { readonly ok: true; readonly incident: Incident; readonly entries: readonly TimelineEntry[] }
  | {
      readonly ok: false;
      readonly code: RefusalCode;
      /** For the one who asked. */
      readonly message: string;
      readonly allowed: readonly IncidentStatus[];
    };
