import { z } from 'zod';

/** What is read of an incident; the rest goes through as it came. */
export interface ShownIncident {
  readonly id: string;
  readonly service: string;
  readonly type: string;
  readonly severity: string;
  readonly severityReason: string;
  readonly status: string;
  readonly title: string;
  readonly startedAt: number;
  readonly acknowledgedAt?: number | null | undefined;
  readonly acknowledgedBy?: string | null | undefined;
  readonly resolvedAt?: number | null | undefined;
  readonly likelyCause: string;
  readonly rootCause?: string | null | undefined;
  readonly resolution?: string | null | undefined;
  readonly silencedBy?: string | null | undefined;
  readonly signals: readonly {
    readonly role: string;
    readonly strength: number;
    readonly lastSeen: number;
    readonly evidence: { readonly text: string };
  }[];
  readonly mitigations: readonly {
    readonly id: string;
    readonly text: string;
    readonly by: string;
    readonly at: number;
    readonly state: string;
    readonly outcome?: string | null | undefined;
  }[];
  readonly pages: readonly { readonly at: number; readonly to: string; readonly role: string }[];
  readonly revision: number;
}

export interface WholeIncident extends ShownIncident {
  readonly timeline: readonly {
    readonly at: number;
    readonly by: string;
    readonly kind: string;
    readonly text: string;
    readonly decisive: boolean;
  }[];
  readonly runbook: { readonly investigationSteps: readonly string[] };
}

const shape = z.looseObject({
  id: z.string(),
  service: z.string(),
  type: z.string(),
  severity: z.string(),
  severityReason: z.string(),
  status: z.string(),
  title: z.string(),
  startedAt: z.number(),
  acknowledgedAt: z.number().nullish(),
  acknowledgedBy: z.string().nullish(),
  resolvedAt: z.number().nullish(),
  likelyCause: z.string(),
  rootCause: z.string().nullish(),
  resolution: z.string().nullish(),
  silencedBy: z.string().nullish(),
  signals: z.array(
    z.looseObject({
      role: z.string(),
      strength: z.number(),
      lastSeen: z.number(),
      evidence: z.looseObject({ text: z.string() }),
    }),
  ),
  mitigations: z.array(
    z.looseObject({
      id: z.string(),
      text: z.string(),
      by: z.string(),
      at: z.number(),
      state: z.string(),
      outcome: z.string().nullish(),
    }),
  ),
  pages: z.array(z.looseObject({ at: z.number(), to: z.string(), role: z.string() })),
  revision: z.number(),
});
export const incident: z.ZodType<ShownIncident> = shape;

const timelineEntry = z.looseObject({
  at: z.number(),
  by: z.string(),
  kind: z.string(),
  text: z.string(),
  decisive: z.boolean(),
});
export const wholeIncident: z.ZodType<WholeIncident> = shape.extend({
  timeline: z.array(timelineEntry),
  runbook: z.looseObject({ investigationSteps: z.array(z.string()) }),
});

/** States in which the trouble lasts. */
export const OPEN_STATES: readonly string[] = ['detected', 'investigating', 'mitigating'];
