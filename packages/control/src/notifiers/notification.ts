import { z } from 'zod';

const text = (most: number) => z.string().max(most);

/** What people are told of an incident. It goes through the outbox as JSON, so it is read back through this schema. */
export const notificationSchema = z.object({
  /** Equal for every attempt, so that a receiver can tell a repetition. */
  id: text(200),
  event: z.enum(['opened', 'updated', 'acknowledged', 'escalated', 'resolved', 'reopened', 'test']),
  incident: z.object({
    id: text(200),
    service: text(200),
    type: text(100),
    severity: z.enum(['SEV1', 'SEV2', 'SEV3', 'SEV4']),
    title: text(1_000),
    /** What users notice, since when, what is being done. */
    summary: text(8_000),
    state: text(50),
    openedAt: z.number(),
    /** Address of the incident on the dashboard. */
    link: text(2_000),
    evidence: z.array(text(2_000)).max(50),
    runbook: z.array(text(2_000)).max(50),
  }),
  /** True when somebody is to be woken. */
  page: z.boolean(),
  /** Whom it is for, in words; a destination may address several people. */
  recipient: text(200),
  at: z.number(),
});
export type Notification = z.output<typeof notificationSchema>;

/** What became of one attempt. */
export type Delivery =
  | { readonly kind: 'sent'; readonly detail: string }
  /** Worth trying again, at the earliest after `afterMs`. */
  | { readonly kind: 'retry'; readonly reason: string; readonly afterMs: number | undefined }
  /** Never will be: the receiver turned down what was said, not when. */
  | { readonly kind: 'dead'; readonly reason: string };

/** One way to tell somebody. */
export interface Notifier {
  readonly name: string;
  send(notification: Notification, signal: AbortSignal): Promise<Delivery>;
}

/** Cuts text by characters, not in the middle of one. */
export function cut(words: string, most: number): string {
  const characters = [...words];
  return characters.length <= most ? words : `${characters.slice(0, most - 1).join('')}…`;
}
