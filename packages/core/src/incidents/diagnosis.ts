import { explained } from './explains.ts';
import { INCIDENT_TYPES, type IncidentType } from './incident-type.ts';
import { isChangeKind, type Signal, type SignalState } from './signal.ts';
import { SIGNATURES } from './signatures.ts';
import type { RungNeeds } from './snapshot.ts';

/** One signal as it counts for one type. */
export interface Weighed {
  readonly signal: Signal;
  readonly role: 'cause' | 'symptom';
  /** What it adds to the type's score, in [0, 1], after what others account for. */
  readonly contribution: number;
  /** Key of the signal that accounts for most of it, where that is not a sign of this type; and how much. */
  readonly explainedBy: string | undefined;
  readonly explainedShare: number;
}

/** One type, with how well it accounts for what is seen. */
export interface Candidate {
  readonly type: IncidentType;
  /** In [0, 1]. */
  readonly score: number;
  /** What speaks for it, the weightiest first; changes among them. */
  readonly evidence: readonly Weighed[];
  /** The trouble itself, as far as it is seen: the strongest cause that nothing else accounts for. */
  readonly root: Signal | undefined;
  /** Changes that may have brought it about, the likeliest first. */
  readonly suspects: readonly Signal[];
  /** One sentence: what is likely wrong, and why this is held to be so. */
  readonly likelyCause: string;
}

export interface Diagnosis {
  readonly service: string;
  readonly at: number;
  /** All types with any evidence, the best first. */
  readonly ranked: readonly Candidate[];
}

/** A change after which trouble began within this time is its suspect; milliseconds. */
const SUSPECT_MS: number = 2 * 3_600_000;
/** A monitor may date a beginning a little before the change that made it. */
const SUSPECT_SLACK_MS = 300_000;

/**
 * Ranks types of incidents by how well they account for the signals. Each type's signals are independent pieces of evidence joined by
 * noisy-or (Pearl, "Probabilistic reasoning in intelligent systems", 4.3.2); a signal that a sign of another type accounts for
 * counts for as much as is left over. So a cause outranks its symptoms: a dead feature server is a feature pipeline's trouble,
 * although latency burns too. Changes make likelier what there is evidence for, and are no evidence alone.
 */
export function diagnose(state: SignalState, needs: readonly RungNeeds[]): Diagnosis {
  const ranked: Candidate[] = [];
  for (const type of INCIDENT_TYPES) {
    const candidate = weigh(type, state.active, needs);
    if (candidate !== undefined) ranked.push(candidate);
  }
  ranked.sort((a, b) => b.score - a.score || INCIDENT_TYPES.indexOf(a.type) - INCIDENT_TYPES.indexOf(b.type));
  return { service: state.service, at: state.at, ranked };
}

function weigh(
  type: IncidentType,
  active: readonly Signal[],
  needs: readonly RungNeeds[],
): Candidate | undefined {
  const signature = SIGNATURES[type];
  const weights = new Map(signature.signals.map((signal) => [signal.kind, signal]));
  const evidence: Weighed[] = [];
  const changes: { signal: Signal; weight: number }[] = [];
  // Signals of one kind say one thing: each further one counts for half of the one before.
  const seenOfKind = new Map<string, number>();

  for (const signal of active) {
    const known = weights.get(signal.kind);
    if (known === undefined) continue;
    if (isChangeKind(signal.kind)) {
      changes.push({ signal, weight: known.weight });
      continue;
    }
    let by: string | undefined;
    let share = 0;
    for (const other of active) {
      // What is a cause of this same type explains the signal in its favour.
      if (weights.get(other.kind)?.role === 'cause') continue;
      const part = explained(other, signal, needs);
      if (part > share) {
        share = part;
        by = other.key;
      }
    }
    const repeats = seenOfKind.get(signal.kind) ?? 0;
    seenOfKind.set(signal.kind, repeats + 1);
    evidence.push({
      signal,
      role: known.role,
      contribution: known.weight * signal.strength * (1 - share) * 0.5 ** repeats,
      explainedBy: by,
      explainedShare: share,
    });
  }
  if (evidence.length === 0) return undefined;

  let score = 1 - evidence.reduce((left, { contribution }) => left * (1 - contribution), 1);
  const began = Math.min(...evidence.map(({ signal }) => signal.since));
  const suspects = changes
    .filter(({ signal }) => signal.since <= began + SUSPECT_SLACK_MS && began - signal.since <= SUSPECT_MS)
    .sort((a, b) => b.weight * b.signal.strength - a.weight * a.signal.strength);
  for (const { signal, weight } of suspects) score += (1 - score) * weight * signal.strength * score;

  evidence.sort((a, b) => b.contribution - a.contribution);
  const root = rootOf(evidence, needs);
  return {
    type,
    score,
    evidence,
    root,
    suspects: suspects.map(({ signal }) => signal),
    likelyCause: inWords(root, evidence, suspects[0]?.signal),
  };
}

/** The cause that accounts for other causes, not the one that is accounted for. */
function rootOf(evidence: readonly Weighed[], needs: readonly RungNeeds[]): Signal | undefined {
  const causes = evidence.filter(({ role, contribution }) => role === 'cause' && contribution > 0.05);
  let best: Weighed | undefined;
  let bestRank = Number.NEGATIVE_INFINITY;
  for (const cause of causes) {
    const within = Math.max(
      0,
      ...causes.map((other) =>
        other === cause ? 0 : explained(other.signal, cause.signal, needs) * other.contribution,
      ),
    );
    const rank = cause.contribution - within;
    if (rank > bestRank) {
      bestRank = rank;
      best = cause;
    }
  }
  return best?.signal;
}

function inWords(
  root: Signal | undefined,
  evidence: readonly Weighed[],
  suspect: Signal | undefined,
): string {
  const first = root ?? evidence[0]?.signal;
  const what = first === undefined ? 'no cause is seen' : first.evidence.text;
  return suspect === undefined ? what : `${what}; before it, ${suspect.evidence.text}`;
}
