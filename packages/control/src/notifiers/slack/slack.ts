import { cut, type Delivery, type Notification, type Notifier } from '../notification.ts';
import { deliver, foreignAnswer, type Posted } from '../post.ts';

/** Slack shows no more of a section. */
const SECTION = 3_000;
const MARK = {
  SEV1: ':red_circle:',
  SEV2: ':large_orange_circle:',
  SEV3: ':large_yellow_circle:',
  SEV4: ':white_circle:',
} as const;

/** What came from outside must neither ping people nor pose as a link. https://api.slack.com/reference/surfaces/formatting */
export function escapeSlack(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

const WORDS: Readonly<Record<Notification['event'], string>> = {
  opened: 'opened',
  updated: 'updated',
  acknowledged: 'acknowledged',
  escalated: 'escalated',
  resolved: 'resolved',
  reopened: 'opened again',
  test: 'test message',
};

export function slackMessage(notification: Notification): Record<string, unknown> {
  const { incident, event } = notification;
  const title = escapeSlack(cut(incident.title, 500));
  const head = `${event === 'resolved' ? ':white_check_mark:' : MARK[incident.severity]} *${incident.severity} ${escapeSlack(incident.service)}* ${WORDS[event]}: ${title}`;
  const evidence = incident.evidence.map((line) => `• ${escapeSlack(line)}`).join('\n');
  const section = (text: string) => ({
    type: 'section',
    // The cut may have gone through an escaped character.
    text: { type: 'mrkdwn', text: cut(text, SECTION).replace(/&[a-z]{0,3}…$/, '…') },
  });
  return {
    text: cut(head, SECTION),
    blocks: [
      section(head),
      ...(incident.summary === '' ? [] : [section(escapeSlack(incident.summary))]),
      ...(evidence === '' || event !== 'opened' ? [] : [section(evidence)]),
      {
        type: 'context',
        elements: [{ type: 'mrkdwn', text: `<${incident.link}|${incident.id}> · ${incident.state}` }],
      },
    ],
  };
}

export type SlackOptions = {
  readonly name: string;
  readonly internal: boolean;
} & (
  | { readonly kind: 'webhook'; readonly url: string }
  /** The Web API keeps one thread per incident; a webhook cannot. */
  | {
      readonly kind: 'bot';
      readonly token: string;
      readonly channel: string;
      readonly url?: string | undefined;
    }
);

/** Threads known to this process; what came before its start begins a new one. */
const THREADS = 1_000;
/** Errors of the Web API that say "not now"; the others say "not this". */
const PASSES = new Set([
  'ratelimited',
  'rate_limited',
  'service_unavailable',
  'internal_error',
  'fatal_error',
  'request_timeout',
]);

export function slack(options: SlackOptions): Notifier {
  const threads = new Map<string, string>();

  async function byBot(
    bot: Extract<SlackOptions, { kind: 'bot' }>,
    notification: Notification,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const thread = threads.get(notification.incident.id);
    return deliver(
      {
        url: bot.url ?? 'https://slack.com/api/chat.postMessage',
        body: JSON.stringify({
          channel: bot.channel,
          ...slackMessage(notification),
          ...(thread === undefined ? {} : { thread_ts: thread }),
        }),
        headers: { authorization: `Bearer ${bot.token}` },
        signal,
        internal: bot.internal,
      },
      (posted) => botAnswer(posted, notification.incident.id, thread === undefined),
    );
  }

  function botAnswer(posted: Posted, incident: string, first: boolean): Delivery | undefined {
    // Slack answers 200 to what it turned down; only `ok` says that it was taken.
    const ok = /"ok"\s*:\s*true/.test(posted.text);
    const ts = /"ts"\s*:\s*"([\d.]+)"/.exec(posted.text)?.[1];
    const error = /"error"\s*:\s*"([^"]*)"/.exec(posted.text)?.[1];
    if (!ok) {
      if (error === undefined) return foreignAnswer('Slack', posted);
      const reason = `Slack: ${error}`;
      return PASSES.has(error)
        ? { kind: 'retry', reason, afterMs: posted.retryAfterMs }
        : { kind: 'dead', reason };
    }
    if (first && ts !== undefined) {
      if (threads.size >= THREADS) threads.clear();
      threads.set(incident, ts);
    }
    return undefined;
  }

  return {
    name: options.name,
    async send(notification, signal) {
      if (options.kind === 'bot') return byBot(options, notification, signal);
      return deliver(
        {
          url: options.url,
          body: JSON.stringify(slackMessage(notification)),
          headers: {},
          signal,
          internal: options.internal,
        },
        (posted) => (posted.text.trim() === 'ok' ? undefined : foreignAnswer('Slack', posted)),
      );
    },
  };
}
