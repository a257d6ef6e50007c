import type {
  Allowance,
  Budgeting,
  BurnPair,
  IndicatorSource,
  Objective,
  ObjectiveWindow,
} from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import type { Problem } from '../problem.ts';
import * as note from './annotations.ts';
import { parseShorthand } from './duration.ts';
import type { PlacedDocument } from './read.ts';
import { inlineReferences, isInlinePolicy } from './references.ts';
import type { OpenSloMetadata, SloDocument, SloObjective } from './schema.ts';
import { readAlert } from './to-alerts.ts';
import { readIndicator } from './to-source.ts';
import { nominalLength, readWindow } from './window.ts';

/** Several objectives that are judged as one: the weighted mean of their shares of good events. */
export interface CompositeObjective {
  readonly name: string;
  readonly service: string;
  readonly description: string;
  readonly parts: readonly { readonly objective: string; readonly weight: number }[];
}

export interface Converted {
  readonly objectives: readonly Objective[];
  readonly composites: readonly CompositeObjective[];
  /** What evenkeel cannot do, each with its reason; the rest is converted. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

type Say = (at: readonly PathStep[], message: string) => void;

const slug = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');

function labelsOf(metadata: OpenSloMetadata): Record<string, string> {
  const labels = Object.entries(metadata.labels ?? {}).map(([key, value]): [string, string] => [
    key,
    typeof value === 'string' ? value : value.join(','),
  ]);
  return { ...Object.fromEntries(labels), ...note.readLabels(metadata.annotations ?? {}) };
}

function annotationsOf(metadata: OpenSloMetadata): Record<string, string> {
  const own = new Set<string>(Object.values(note.KEYS));
  return Object.fromEntries(
    Object.entries(metadata.annotations ?? {})
      .filter(([key]) => !own.has(key))
      .map(([key, value]) => [key, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function budgetingOf(slo: SloDocument, objective: SloObjective): Budgeting | string {
  if (slo.spec.budgetingMethod === 'Occurrences') return { method: 'occurrences' };
  const emptySlice = note.readEmptySlice(slo.metadata.annotations ?? {});
  const given = objective.timeSliceWindow;
  const sliceMs =
    typeof given === 'string' ? parseShorthand(given)?.ms : given === undefined ? undefined : given * 60_000;
  if (sliceMs === undefined) return `a slice of ${String(given)} has no one length`;
  if (slo.spec.budgetingMethod === 'RatioTimeslices')
    return { method: 'ratio_timeslices', sliceMs, emptySlice };
  return { method: 'timeslices', sliceMs, sliceTarget: objective.timeSliceTarget ?? 1, emptySlice };
}

function alertsOf(slo: SloDocument, window: ObjectiveWindow, target: number, warn: Say): readonly BurnPair[] {
  return (slo.spec.alertPolicies ?? []).flatMap((policy, index) => {
    if (typeof policy === 'string' || !isInlinePolicy(policy)) return [];
    const at = ['spec', 'alertPolicies', index];
    const verdict = readAlert(policy, nominalLength(window), target);
    if (!verdict.ok) {
      warn(at, `left out: ${verdict.reason}`);
      return [];
    }
    for (const one of verdict.notes) warn(at, one);
    return [verdict.pair];
  });
}

function sourceOf(
  slo: SloDocument,
  objective: SloObjective,
  at: readonly PathStep[],
  refuse: Say,
  warn: Say,
): IndicatorSource | undefined {
  const noted = note.readSource(slo.metadata.annotations ?? {});
  if (noted !== undefined && noted.kind !== 'promql') return noted;
  const own = objective.indicator ?? slo.spec.indicator;
  const where = objective.indicator === undefined ? ['spec', 'indicator'] : [...at, 'indicator'];
  if (own === undefined) return undefined;
  const verdict = readIndicator(own.spec, objective);
  if (!verdict.ok) {
    const kind = own.spec.thresholdMetric === undefined ? ['ratioMetric'] : [];
    refuse([...where, 'spec', ...kind, ...(verdict.part === '' ? [] : [verdict.part])], verdict.reason);
    return undefined;
  }
  for (const one of verdict.notes) warn([...where, 'spec'], one);
  if (noted === undefined || verdict.source.kind !== 'promql') return verdict.source;
  return { ...verdict.source, source: noted.source };
}

function convertSlo(
  slo: SloDocument,
  refuse: Say,
  warn: Say,
): { objectives: Objective[]; composite?: CompositeObjective } {
  const annotations = slo.metadata.annotations ?? {};
  const name = note.readText(annotations, note.KEYS.name) ?? slo.metadata.name;
  const service = note.readText(annotations, note.KEYS.service) ?? slo.spec.service;
  const description = slo.spec.description ?? slo.metadata.displayName ?? '';
  const window = readWindow(slo.spec.timeWindow?.[0]);
  if (!window.ok) {
    refuse(slo.spec.timeWindow?.[0] === undefined ? ['spec'] : ['spec', 'timeWindow', 0], window.reason);
    return { objectives: [] };
  }
  const names = new Set<string>();
  const nameOf = (objective: SloObjective, index: number): string => {
    if (slo.spec.objectives.length === 1) return name;
    const wanted = slug(objective.displayName ?? objective.indicator?.metadata?.name ?? '');
    const plain = wanted === '' ? `${name}-${index + 1}` : `${name}-${wanted}`;
    const unique = names.has(plain) ? `${plain}-${index + 1}` : plain;
    names.add(unique);
    return unique;
  };
  const objectives: Objective[] = [];
  const parts: { objective: string; weight: number }[] = [];
  for (const [index, one] of slo.spec.objectives.entries()) {
    const at = ['spec', 'objectives', index];
    if (one.target === 0) {
      refuse([...at, 'target'], 'a target of 0 promises nothing');
      continue;
    }
    const budgeting = budgetingOf(slo, one);
    if (typeof budgeting === 'string') {
      refuse([...at, 'timeSliceWindow'], budgeting);
      continue;
    }
    if (budgeting.method !== 'occurrences' && budgeting.sliceMs % 60_000 !== 0)
      warn(
        [...at, 'timeSliceWindow'],
        'slices are judged as the next whole minutes: minutes are what is counted',
      );
    const source = sourceOf(slo, one, at, refuse, warn);
    if (source === undefined) continue;
    const allowance: Allowance = {
      kind: 'target',
      target: one.target,
      minimumEvents: note.readCount(annotations, note.KEYS.minimumEvents) ?? 0,
    };
    const objective: Objective = {
      name: nameOf(one, index),
      service,
      category: note.readCategory(annotations) ?? 'availability',
      description,
      source,
      window: window.window,
      budgeting,
      allowance,
      alerts: alertsOf(slo, window.window, one.target, warn),
      minimumBad: note.readCount(annotations, note.KEYS.minimumBad) ?? 2,
      labels: labelsOf(slo.metadata),
      annotations: annotationsOf(slo.metadata),
      ...note.readExtras(annotations),
    };
    objectives.push(objective);
    if (one.indicator !== undefined)
      parts.push({ objective: objective.name, weight: one.compositeWeight ?? 1 });
  }
  if (parts.length < 2) return { objectives };
  return { objectives, composite: { name, service, description, parts } };
}

/**
 * Turns the SLOs of a set into objectives, references resolved. Refused with a reason and a place: other data sources
 * than Prometheus, calendars that begin in the middle of a period, rolling months, targets of 0.
 */
export function toObjectives(documents: readonly PlacedDocument[]): Converted {
  const inlined = inlineReferences(documents);
  const problems: Problem[] = [...inlined.problems];
  const warnings: Problem[] = [...inlined.warnings];
  const objectives: Objective[] = [];
  const composites: CompositeObjective[] = [];
  for (const { document, problem } of inlined.documents) {
    if (document.kind !== 'SLO') continue;
    const name = document.metadata.name;
    const found = convertSlo(
      document,
      (at, message) => problems.push(problem(at, `${name}: ${message}`)),
      (at, message) => warnings.push(problem(at, `${name}: ${message}`)),
    );
    objectives.push(...found.objectives);
    if (found.composite !== undefined) composites.push(found.composite);
  }
  return { objectives, composites, problems, warnings };
}
