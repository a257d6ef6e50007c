import { z } from 'zod';

/** Milliseconds between two looks for new feedback. */
const EVERY_MS = 2_000;
const MOST = 500;

const page = z.object({
  feedback: z.array(
    z.object({
      cursor: z.number(),
      at: z.number(),
      body: z.object({
        label: z.enum(['spam', 'ham']).optional().catch(undefined),
        entities: z.object({ sender: z.string().optional() }).optional().catch(undefined),
      }),
    }),
  ),
});
const health = z.object({ pushed: z.number() });

export interface FeedbackFollower {
  stop(): void;
}

/**
 * Hands what people said of a sender's mails on to the feature server, so that the history of senders grows. Where the server
 * has been started anew it has forgotten what it was told: everything is told again.
 * @param control address of the control plane
 */
export function followFeedback(control: string, key: string, features: string): FeedbackFollower {
  let cursor = 0;
  let told = 0;
  let stopped = false;
  let timer: NodeJS.Timeout | undefined;

  async function remembered(): Promise<number> {
    const answer = await fetch(`${features}/health`, { signal: AbortSignal.timeout(1_000) });
    return health.parse(await answer.json()).pushed;
  }

  async function once(): Promise<void> {
    if ((await remembered()) < told) {
      cursor = 0;
      told = 0;
    }
    const answer = await fetch(
      `${control}/api/v1/feedback?service=moderation&after=${cursor}&limit=${MOST}`,
      { headers: { authorization: `Bearer ${key}` }, signal: AbortSignal.timeout(5_000) },
    );
    const { feedback } = page.parse(await answer.json());
    const rows = feedback.flatMap(({ at, body: { label, entities } }) =>
      label === undefined || entities?.sender === undefined ? [] : [{ sender: entities.sender, label, at }],
    );
    if (rows.length > 0) {
      const pushed = await fetch(`${features}/push`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        signal: AbortSignal.timeout(5_000),
        body: JSON.stringify({
          push_source_name: 'labelled_mail',
          to: 'online',
          df: {
            sender: rows.map((row) => row.sender),
            label: rows.map((row) => row.label),
            event_timestamp: rows.map((row) => row.at),
          },
        }),
      });
      if (!pushed.ok) return;
      told += rows.length;
    }
    cursor = feedback.at(-1)?.cursor ?? cursor;
  }

  function again(): void {
    timer = setTimeout(() => {
      // With the feature server or the control plane gone there is nothing to do but to come again.
      void once()
        .catch(() => {})
        .then(() => {
          if (!stopped) again();
        });
    }, EVERY_MS);
    timer.unref();
  }
  again();
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
