import type { Clock, Counts, Objective } from '@evenkeel/core';
import type { FactRow, Store } from '@evenkeel/store';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';

const body = z.object({ label: z.string().optional() });

/** A prediction is handed over within a second or two; a label that comes sooner waits for it this long. */
const YOUNG_MS = 5_000;
const BATCH = 500;
/** Batches read in one round: each label is looked up, a thousand of them take about a second. */
const MOST_BATCHES = 4;
const MARK = 'feedback';
/** Facts of one prediction that are looked at: more is somebody playing, and counts nowhere. */
const MOST_LABELS = 20;

export interface LabelFigures {
  /** Labels that found their prediction. */
  joined: number;
  /** The same label for the same prediction again, or one of too many. */
  repeated: number;
  /** Another label than before: the newer one counts from then on. */
  corrected: number;
  /** Labels of predictions that are not kept (any more): they count nowhere. */
  unknown: number;
}

/** One label joined with its prediction. */
export interface JoinedLabel {
  readonly service: string;
  readonly request: string;
  readonly at: number;
  readonly label: string;
  readonly predicted: string | undefined;
  readonly score: number | undefined;
  readonly confidence: number | undefined;
  readonly arrivedAt: number;
}

const NOTHING: Counts = { good: 0, total: 0 };

/** What one labelled prediction is to an objective: only some labels count towards a precision or a recall. */
function countOf({ source }: Objective, predicted: string, actual: string): Counts {
  if (source.kind !== 'labels') return NOTHING;
  if (source.predicted !== undefined && source.predicted !== predicted) return NOTHING;
  if (source.actual !== undefined && source.actual !== actual) return NOTHING;
  return { good: predicted === actual ? 1 : 0, total: 1 };
}

const labelOf = (fact: FactRow): string | undefined => {
  const parsed = body.safeParse(fact.body);
  return parsed.success ? parsed.data.label : undefined;
};

/**
 * Joins labels with the predictions they speak of and counts them in the minute of the prediction, however late they
 * come. A correction takes back what the label before it gave.
 */
export function labelCounts(parts: {
  readonly store: Pick<Store, 'facts' | 'predictions'>;
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly objectives: (service: string) => readonly Objective[];
  readonly onJoined: (joined: JoinedLabel) => void;
  /** Whether an experiment holds a label back: it, and those behind it, are read later. */
  readonly heldBack?: ((fact: FactRow) => boolean) | undefined;
}): { readonly read: () => Promise<void>; readonly figures: LabelFigures } {
  const { store, clock, ledger } = parts;
  const figures: LabelFigures = { joined: 0, repeated: 0, corrected: 0, unknown: 0 };

  /** The label that counted before this fact, if any; `tooMany` when there were so many that it does not count. */
  async function before(
    fact: FactRow & { readonly cursor: number },
  ): Promise<{ readonly label: string | undefined; readonly tooMany: boolean }> {
    const earlier = await store.facts.list({
      kind: 'feedback',
      service: fact.service,
      request: fact.request,
      after: 0,
      limit: MOST_LABELS,
    });
    const sooner = earlier.filter(({ cursor }) => cursor < fact.cursor);
    return {
      label: sooner.map(labelOf).findLast((label) => label !== undefined),
      tooMany: sooner.length >= MOST_LABELS,
    };
  }

  /** False: it is to be read again later. */
  async function take(fact: FactRow & { readonly cursor: number }): Promise<boolean> {
    if (parts.heldBack?.(fact) === true) return false;
    const label = labelOf(fact);
    if (label === undefined || fact.request === undefined) return true;
    const row = await store.predictions.row(fact.request);
    if (row === undefined || row.service !== fact.service) {
      if (row === undefined && clock.wall() - fact.arrivedAt < YOUNG_MS) return false;
      figures.unknown += 1;
      return true;
    }
    const { label: known, tooMany } = await before(fact);
    if (known === label || tooMany) {
      figures.repeated += 1;
      return true;
    }
    // A rung that predicts nothing (a hold, an apology) was neither right nor wrong.
    if (row.label !== undefined) {
      for (const objective of parts.objectives(fact.service)) {
        const before = known === undefined ? NOTHING : countOf(objective, row.label, known);
        const now = countOf(objective, row.label, label);
        const [good, total] = [now.good - before.good, now.total - before.total];
        if (good === 0 && total === 0) continue;
        ledger.add(fact.service, objective.name, '', row.at, good, total);
        const byVersion = objective.segments?.some(({ by }) => by === 'version') === true;
        if (!byVersion || row.version === undefined) continue;
        const segment = `version=${row.model ?? ''}@${row.version}`;
        await ledger.open(fact.service, objective.name, segment);
        ledger.add(fact.service, objective.name, segment, row.at, good, total);
      }
    }
    if (known === undefined) figures.joined += 1;
    else figures.corrected += 1;
    parts.onJoined({
      service: fact.service,
      request: fact.request,
      at: row.at,
      label,
      predicted: row.label,
      score: row.score,
      confidence: row.confidence,
      arrivedAt: fact.arrivedAt,
    });
    return true;
  }

  return {
    figures,
    /** Call it before the ledger settles: what it counts and how far it read are kept together. */
    async read() {
      // A flood is read over several rounds: incidents and pages must not wait for it.
      for (let batch = 0; batch < MOST_BATCHES; batch++) {
        const facts = await store.facts.list({ kind: 'feedback', after: ledger.mark(MARK), limit: BATCH });
        for (const fact of facts) {
          if (!(await take(fact))) return;
          ledger.setMark(MARK, fact.cursor);
        }
        if (facts.length < BATCH) return;
      }
    },
  };
}
