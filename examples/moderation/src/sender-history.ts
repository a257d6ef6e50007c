import type { Mail } from './corpus.ts';
import { logit } from './logistic.ts';

/** What is known of a sender: the features of `sender_history`. */
export interface SenderFacts {
  readonly mailsSeen: number;
  /** Share of them that was spam, in [0, 1]. */
  readonly spamShare: number;
  /** Wall milliseconds of the first of them. */
  readonly firstSeen: number;
}

/** Facts as they come from a feature source: any of them may be missing. */
export type KnownFacts = { readonly [K in keyof SenderFacts]: SenderFacts[K] | undefined };

export const NO_FACTS: KnownFacts = { mailsSeen: undefined, spamShare: undefined, firstSeen: undefined };

/** Names of what {@link historyInputs} returns, in its order. */
export const HISTORY_INPUTS: readonly string[] = [
  'spam_share_log_odds',
  'log_mails_seen',
  'log_days_known',
  'history_missing',
  'first_seen_missing',
];

const DAY_MS = 86_400_000;
/** A sender starts with this many imagined mails of {@link PRIOR_SHARE} spam: one spam does not condemn for ever. */
const PRIOR_MAILS = 1;
const PRIOR_SHARE = 0.4;

/** The history as numbers; a value that is missing is 0 beside a flag that says so, never a 0 that means something. */
export function historyInputs(facts: KnownFacts, now: number): number[] {
  const { mailsSeen, spamShare, firstSeen } = facts;
  const known = mailsSeen !== undefined && spamShare !== undefined && mailsSeen > 0;
  const share = known ? (spamShare * mailsSeen + PRIOR_SHARE * PRIOR_MAILS) / (mailsSeen + PRIOR_MAILS) : 0.5;
  const days = firstSeen === undefined ? 0 : Math.max(0, now - firstSeen) / DAY_MS;
  return [
    logit(share),
    known ? Math.log1p(mailsSeen) : 0,
    Math.log1p(Math.min(days, 3_650)),
    known ? 0 : 1,
    firstSeen === undefined ? 1 : 0,
  ];
}

function counted(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}

function pointInTime(value: unknown): number | undefined {
  if (typeof value === 'string' && !/^\d+(?:\.\d+)?$/.test(value)) {
    const ms = Date.parse(value);
    return Number.isNaN(ms) ? undefined : ms;
  }
  return counted(value);
}

/** Reads the features of a request. What is absent, or no number, is missing. */
export function factsOf(values: Readonly<Record<string, unknown>>): KnownFacts {
  const share = counted(values.spam_share);
  return {
    mailsSeen: counted(values.mails_seen),
    spamShare: share === undefined ? undefined : Math.min(1, share),
    firstSeen: pointInTime(values.first_seen),
  };
}

/** Takes one more mail into a sender's history. */
export function withMail(facts: SenderFacts | undefined, spam: boolean, at: number): SenderFacts {
  if (facts === undefined) return { mailsSeen: 1, spamShare: spam ? 1 : 0, firstSeen: at };
  const mailsSeen = facts.mailsSeen + 1;
  const spamShare = (facts.spamShare * facts.mailsSeen + (spam ? 1 : 0)) / mailsSeen;
  return { mailsSeen, spamShare, firstSeen: Math.min(facts.firstSeen, at) };
}

const byTime = (a: Mail, b: Mail): number => a.receivedAt - b.receivedAt || (a.id < b.id ? -1 : 1);

/** The history of every sender after some mail. */
export function historyOf(mails: readonly Mail[]): Map<string, SenderFacts> {
  const history = new Map<string, SenderFacts>();
  for (const mail of [...mails].sort(byTime)) {
    if (mail.sender === '') continue;
    history.set(mail.sender, withMail(history.get(mail.sender), mail.label === 'spam', mail.receivedAt));
  }
  return history;
}

/** What was known of each mail's sender before that mail came: a mail must not be judged by its own label. */
export function historyBefore(mails: readonly Mail[]): Map<string, KnownFacts> {
  const history = new Map<string, SenderFacts>();
  const before = new Map<string, KnownFacts>();
  for (const mail of [...mails].sort(byTime)) {
    const known = mail.sender === '' ? undefined : history.get(mail.sender);
    before.set(mail.id, known ?? NO_FACTS);
    if (mail.sender !== '') history.set(mail.sender, withMail(known, mail.label === 'spam', mail.receivedAt));
  }
  return before;
}
