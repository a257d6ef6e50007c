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
  readonly firing: boolean;
  readonly title: string;
  readonly description: string;
  readonly severity: 'page' | 'ticket';
  readonly startedAt: number;
  readonly link: string | undefined;
}

const PAGES = new Set(['critical', 'page', 'error']);

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
          firing: alert.status === 'firing',
          title: alert.annotations.summary ?? alert.labels.alertname ?? 'alert without a name',
          description: alert.annotations.description ?? '',
          severity: PAGES.has(alert.labels.severity ?? '') ? 'page' : 'ticket',
          startedAt: Number.isFinite(startedAt) ? startedAt : 0,
          link: alert.annotations.runbook_url ?? alert.generatorURL,
        };
      })
  );
}
