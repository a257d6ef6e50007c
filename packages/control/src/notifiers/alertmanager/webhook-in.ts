import { type IncidentType, isIncidentType, type Severity } from '@evenkeel/core';
import { z } from 'zod';

const labels = z.record(z.string().max(500), z.string().max(10_000));

/** What an Alertmanager posts to a webhook receiver, version 4. Newer ones may say more. */
export const alertmanagerWebhook = z.object({
  version: z.literal('4'),
  groupKey: z.string().max(10_000),
  truncatedAlerts: z.number().optional(),
  status: z.enum(['firing', 'resolved']),
  receiver: z.string(),
  groupLabels: labels,
  commonLabels: labels,
  commonAnnotations: labels,
  externalURL: z.string(),
  alerts: z
    .array(
      z.object({
        status: z.enum(['firing', 'resolved']),
        labels,
        annotations: labels,
        startsAt: z.string(),
        endsAt: z.string(),
        generatorURL: z.string().optional(),
        fingerprint: z.string().min(1).max(200),
      }),
    )
    .max(10_000),
});
export type AlertmanagerWebhook = z.output<typeof alertmanagerWebhook>;

/** One alert as the incident engine takes it. */
export interface OutsideAlert {
  /** Equal for the same alert in every message: what is deduplicated by. */
  readonly key: string;
  readonly service: string | undefined;
  /** Its name there. */
  readonly name: string;
  readonly firing: boolean;
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  readonly type: IncidentType;
  readonly startedAt: number;
  readonly link: string | undefined;
}

/** Words of the label `severity` that are in use; others are no reason to wake anybody. */
const SEVERITY: Readonly<Record<string, Severity>> = {
  sev1: 'SEV1',
  critical: 'SEV1',
  sev2: 'SEV2',
  error: 'SEV2',
  page: 'SEV2',
  sev3: 'SEV3',
  warning: 'SEV3',
  ticket: 'SEV3',
};

/** By its words, where the label `incident_type` does not say. The first that fits counts. */
const TYPES: readonly (readonly [RegExp, IncidentType])[] = [
  [/safety|toxic|harm|policy.?violation/i, 'safety_violation'],
  [/train/i, 'training_failure'],
  [/feedback.?loop/i, 'feedback_loop'],
  [/drift/i, 'drift_detected'],
  [/feature/i, 'feature_pipeline'],
  [/schema|null|missing|data.?quality/i, 'data_quality'],
  [/latency|slow|duration|time.?out|saturat|overload/i, 'serving_latency'],
];

function typeOf(labels: Readonly<Record<string, string>>): IncidentType {
  const said = labels.incident_type ?? '';
  if (isIncidentType(said)) return said;
  const name = labels.alertname ?? '';
  return TYPES.find(([words]) => words.test(name))?.[1] ?? 'model_degradation';
}

const cut = (text: string, most: number): string => text.slice(0, most);

export function outsideAlerts(webhook: AlertmanagerWebhook): readonly OutsideAlert[] {
  return (
    webhook.alerts
      // Our own incidents come back when one Alertmanager is both a destination and a source.
      .filter((alert) => alert.labels.alertname !== 'EvenkeelIncident')
      .map((alert) => {
        const startedAt = Date.parse(alert.startsAt);
        return {
          key: `alertmanager/${alert.fingerprint}`,
          service: alert.labels.service,
          name: cut(alert.labels.alertname ?? 'without a name', 200),
          firing: alert.status === 'firing',
          title: cut(alert.annotations.summary ?? alert.labels.alertname ?? 'an alert without a name', 500),
          description: alert.annotations.description ?? '',
          severity: SEVERITY[(alert.labels.severity ?? '').toLowerCase()] ?? 'SEV4',
          type: typeOf(alert.labels),
          startedAt: Number.isFinite(startedAt) ? Math.max(0, startedAt) : 0,
          link: alert.annotations.runbook_url ?? alert.generatorURL,
        };
      })
  );
}
