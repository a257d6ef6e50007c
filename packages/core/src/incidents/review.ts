import type { ServedLevel } from '../kernel/level.ts';
import type { Incident, MitigationRecord, TimelineEntry } from './incident.ts';
import { type IncidentType, pages, TYPE_TITLES } from './incident-type.ts';
import { incidentPath } from './links.ts';
import { SIGNATURES } from './signatures.ts';
import { percent, spell } from './stamp.ts';

/** A number that leads to the query that gives it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  /** As it is to be read, unit included. */
  readonly text: string;
  /** Path of the API. */
  readonly link: string;
  /** What it was before late labels or corrections restated it, and when that was noticed. */
  readonly restated: { readonly was: string; readonly at: number } | undefined;
}

/** What the record's own queries give about the time of the incident. */
export interface ImpactFigures {
  readonly budgets: readonly {
    readonly objective: string;
    /** Share of the whole budget that the incident spent; over 1 is possible. Undefined for zero tolerance. */
    readonly spent: number | undefined;
    readonly bad: number;
    readonly link: string;
  }[];
  readonly requests: { readonly total: number; readonly failed: number; readonly link: string };
  readonly people: { readonly all: number; readonly affected: number };
  /** Requests by level while it lasted. */
  readonly levels: Readonly<Partial<Record<ServedLevel, number>>>;
  /** Metric → before and at its worst. */
  readonly degraded: readonly {
    readonly metric: string;
    readonly before: number;
    readonly worst: number;
    readonly link: string;
  }[];
  /** Wall milliseconds of the first report of a person; undefined when nobody reported. */
  readonly firstReportAt: number | undefined;
  /** Runbook actions done, of those that were possible. */
  readonly runbook: { readonly done: number; readonly possible: number };
  /** For the chart: share of bad events over time. */
  readonly course: readonly { readonly at: number; readonly bad: number }[];
}

export interface ActionItem {
  readonly id: string;
  readonly text: string;
  readonly kind: 'prevent' | 'detect' | 'mitigate' | 'process';
  readonly owner: string | undefined;
  /** Wall milliseconds. */
  readonly due: number | undefined;
  readonly state: 'open' | 'done' | 'dropped';
}

/** What people write. Beside the facts, never over them. */
export interface ReviewWords {
  readonly rootCause: string;
  readonly contributingFactors: readonly string[];
  readonly answers: Readonly<Record<string, string>>;
  readonly notes: string;
}

export interface Review {
  readonly incident: string;
  readonly service: string;
  readonly type: IncidentType;
  readonly summary: string;
  /** Drafts are redrawn from the record; a completed one is a version that stays. */
  readonly state: 'draft' | 'completed';
  readonly version: number;
  readonly draftedAt: number;
  readonly impact: readonly Figure[];
  readonly times: readonly Figure[];
  readonly degraded: readonly Figure[];
  readonly timeline: readonly TimelineEntry[];
  readonly mitigations: readonly MitigationRecord[];
  readonly questions: readonly string[];
  readonly prevention: readonly string[];
  readonly wentWell: readonly string[];
  readonly toImprove: readonly string[];
  readonly detectionImprovements: readonly string[];
  readonly course: ImpactFigures['course'];
  readonly actions: readonly ActionItem[];
  readonly words: ReviewWords;
}

const NO_WORDS: ReviewWords = { rootCause: '', contributingFactors: [], answers: {}, notes: '' };

/**
 * Draws a review from the record, without a language model: every sentence follows from a fact, every number leads to its query. Drawn
 * again over an earlier draft it keeps what people wrote and marks what was restated.
 */
export function draftReview(
  incident: Incident,
  impact: ImpactFigures,
  earlier: Review | undefined,
  now: number,
): Review {
  const signature = SIGNATURES[incident.type];
  const link = incidentPath(incident.id);
  const before = new Map<string, Figure>();
  for (const figure of [...(earlier?.impact ?? []), ...(earlier?.times ?? []), ...(earlier?.degraded ?? [])])
    before.set(figure.name, figure);
  const figure = (name: string, value: number, text: string, to: string): Figure => {
    const known = before.get(name);
    const restated =
      known === undefined || known.text === text ? known?.restated : { was: known.text, at: now };
    return { name, value, text, link: to, restated };
  };

  const time = (name: string, from: number, to: number | undefined): readonly Figure[] =>
    to === undefined ? [] : [figure(name, to - from, spell(to - from), link)];
  const times = [
    ...time('time to detect', incident.startedAt, incident.detectedAt),
    ...time('time to acknowledge', incident.detectedAt, incident.acknowledgedAt),
    ...time('time to mitigate', incident.detectedAt, incident.mitigatedAt),
    ...time('time to resolve', incident.detectedAt, incident.resolvedAt),
  ];
  const { requests, people } = impact;
  const all = Math.max(1, requests.total);
  const figures = [
    ...impact.budgets.map((budget) =>
      figure(
        `budget of ${budget.objective}`,
        budget.spent ?? budget.bad,
        budget.spent === undefined
          ? `${budget.bad} violations of what tolerates none`
          : `${percent(budget.spent)} of the budget, ${budget.bad} bad events`,
        budget.link,
      ),
    ),
    figure('requests', requests.total, `${requests.total} requests while it lasted`, requests.link),
    figure(
      'requests failed',
      requests.failed,
      `${requests.failed} without an answer (${percent(requests.failed / all)})`,
      requests.link,
    ),
    figure(
      'people affected',
      people.affected,
      `about ${people.affected} of ${people.all} people`,
      requests.link,
    ),
    ...Object.entries(impact.levels).map(([level, count]) =>
      figure(
        `served at ${level}`,
        count,
        `${count} (${percent(count / all)})`,
        `${requests.link}&level=${level}`,
      ),
    ),
  ];
  const degraded = impact.degraded.map(({ metric, before: was, worst, link: to }) =>
    figure(metric, worst, `${plain(worst)} at its worst, ${plain(was)} before`, to),
  );
  const judged = judge(incident, impact);
  return {
    incident: incident.id,
    service: incident.service,
    type: incident.type,
    summary: `${TYPE_TITLES[incident.type]} at ${incident.service}: ${incident.title}`,
    state: 'draft',
    version: (earlier?.version ?? 0) + 1,
    draftedAt: now,
    impact: figures,
    times,
    degraded,
    timeline: incident.timeline,
    mitigations: incident.mitigations,
    questions: signature.rootCauseQuestions,
    prevention: signature.prevention,
    ...judged,
    course: impact.course,
    actions: earlier?.actions ?? [],
    words: earlier?.words ?? { ...NO_WORDS, rootCause: incident.rootCause ?? '' },
  };
}

function plain(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Detected within this is quick; acknowledged within this is quick. Milliseconds. */
const QUICK_DETECTION_MS = 300_000;
const QUICK_ACK_MS = 300_000;

/** What went well and what did not, as far as facts say it. */
function judge(
  incident: Incident,
  impact: ImpactFigures,
): Pick<Review, 'wentWell' | 'toImprove' | 'detectionImprovements'> {
  const wentWell: string[] = [];
  const toImprove: string[] = [];
  const detection: string[] = [];
  const toDetect = incident.detectedAt - incident.startedAt;
  const { firstReportAt } = impact;

  if (firstReportAt === undefined || firstReportAt > incident.detectedAt) {
    wentWell.push(
      firstReportAt === undefined
        ? 'It was detected, and nobody had to report it.'
        : `It was detected ${spell(firstReportAt - incident.detectedAt)} before the first person reported it.`,
    );
  } else {
    toImprove.push(
      `People reported it ${spell(incident.detectedAt - firstReportAt)} before it was detected.`,
    );
    detection.push('Find the signal that showed it first, and alert on it.');
  }
  if (!incident.detectedBy.automatic)
    detection.push(`${incident.detectedBy.name} opened it by hand: which signal would have told?`);
  if (toDetect <= QUICK_DETECTION_MS) wentWell.push(`It was detected within ${spell(toDetect)}.`);
  else {
    toImprove.push(`It went on for ${spell(toDetect)} before it was detected.`);
    detection.push(
      `Shorten the ${spell(toDetect)} to detection: ${incident.likelyCause || 'see the first signals'}.`,
    );
  }

  if (pages(incident.severity) && incident.silencedBy === undefined) {
    const first = incident.pages[0];
    if (first === undefined) toImprove.push(`Nobody was paged for a ${incident.severity}.`);
    else {
      const steps = Math.max(...incident.pages.map(({ step }) => step));
      if (
        incident.acknowledgedBy !== undefined &&
        incident.pages.some(({ to }) => to === incident.acknowledgedBy)
      )
        wentWell.push(`The page reached the one who took it (${incident.acknowledgedBy}).`);
      if (steps > 0)
        toImprove.push(
          `It had to be escalated ${steps} ${steps === 1 ? 'step' : 'steps'} before somebody took it.`,
        );
    }
  }
  if (incident.acknowledgedAt === undefined) {
    if (pages(incident.severity)) toImprove.push('Nobody acknowledged it.');
  } else {
    const took = incident.acknowledgedAt - incident.detectedAt;
    if (took <= QUICK_ACK_MS) wentWell.push(`It was acknowledged within ${spell(took)}.`);
    else toImprove.push(`It took ${spell(took)} until somebody acknowledged it.`);
  }

  const kept = incident.mitigations.filter(({ state }) => state === 'kept' || state === 'lifted');
  for (const mitigation of kept) {
    if (mitigation.effect === undefined) continue;
    wentWell.push(
      `${mitigation.automatic ? 'evenkeel' : mitigation.by} helped by "${mitigation.text}": ${percent(mitigation.effect)} of the trouble was gone.`,
    );
  }
  for (const mitigation of incident.mitigations.filter(({ state }) => state === 'reverted'))
    toImprove.push(
      `"${mitigation.text}" did not help and was taken back${mitigation.outcome === undefined ? '' : ` (${mitigation.outcome})`}.`,
    );
  if (incident.mitigations.length === 0)
    toImprove.push('Nothing was done to mitigate it while the cause was looked for.');

  const { failed, total } = impact.requests;
  if (total > 0 && failed === 0) wentWell.push('Every request got an answer all the time.');
  const { done, possible } = impact.runbook;
  if (possible > 0) {
    if (done === possible) wentWell.push(`The runbook was followed: ${done} of ${possible} actions.`);
    else toImprove.push(`${possible - done} of ${possible} actions of the runbook were not done.`);
  }
  if (incident.recurrences > 0)
    toImprove.push(
      `It came back ${incident.recurrences} ${incident.recurrences === 1 ? 'time' : 'times'} after it was held to be over.`,
    );
  const retyped = incident.timeline.filter(({ kind }) => kind === 'type');
  if (retyped.length > 0)
    detection.push(`Its type was corrected ${retyped.length} times: ${retyped.at(-1)?.text}.`);
  return { wentWell, toImprove, detectionImprovements: detection };
}

/** Completes a draft: from here on it is a version that is not redrawn. */
export function completeReview(review: Review): Review {
  return { ...review, state: 'completed' };
}

/** Action items that are open and due by `now`. */
export function dueItems(review: Review, now: number): readonly ActionItem[] {
  return review.actions.filter(({ state, due }) => state === 'open' && due !== undefined && due <= now);
}
