import { nearestName } from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import { dotted } from '../document.ts';
import type { Problem } from '../problem.ts';
import type { PlacedDocument } from './read.ts';
import type { Kind, OpenSloDocument, SliSpec, SloDocument } from './schema.ts';

type OfKind<K extends Kind> = Extract<OpenSloDocument, { kind: K }>;
type PolicySpec = OfKind<'AlertPolicy'>['spec'];
type Report = (at: readonly PathStep[], message: string, hint?: string) => void;

/** A set of objects without references to indicators, policies, conditions and targets: they stand in line. */
export interface Inlined {
  /** What was merged into others is left out; what nobody refers to stays. */
  readonly documents: readonly PlacedDocument[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Gives objects that were made by a program a place to report mistakes at. */
export function placed(document: OpenSloDocument): PlacedDocument {
  const path = `${document.kind}/${document.metadata.name}`;
  return {
    document,
    problem(at, message, hint) {
      const base = { path, line: 1, column: 1, at: dotted(at), message };
      return hint === undefined ? base : { ...base, hint };
    },
  };
}

function isKind<K extends Kind>(document: OpenSloDocument, kind: K): document is OfKind<K> {
  return document.kind === kind;
}

interface Catalogue {
  /** Objects that something referred to. */
  readonly used: ReadonlySet<OpenSloDocument>;
  /** The one object of a kind and name; nothing, and a report, when there is none or more than one. */
  find<K extends Kind>(kind: K, name: string, at: readonly PathStep[], report: Report): OfKind<K> | undefined;
  names(kind: Kind): readonly string[];
}

function catalogueOf(all: readonly OpenSloDocument[]): Catalogue {
  const used = new Set<OpenSloDocument>();
  const names = (kind: Kind): string[] =>
    all.filter((document) => document.kind === kind).map((document) => document.metadata.name);
  return {
    used,
    names,
    find<K extends Kind>(kind: K, name: string, at: readonly PathStep[], report: Report) {
      const found = all
        .filter((document) => isKind(document, kind))
        .filter((document) => document.metadata.name === name);
      const [first] = found;
      if (first === undefined) {
        report(at, `there is no ${kind} named "${name}" in this set`, hintOf(name, names(kind)));
        return undefined;
      }
      if (found.length > 1) {
        report(at, `there are ${found.length} objects of kind ${kind} named "${name}"`);
        return undefined;
      }
      used.add(first);
      return first;
    },
  };
}

function hintOf(name: string, names: readonly string[]): string | undefined {
  const near = nearestName(name, names);
  if (near !== undefined) return `did you mean "${near}"?`;
  return names.length > 0 && names.length <= 10 ? `known: ${names.join(', ')}` : undefined;
}

const silent: Report = () => undefined;

function inlinePolicy(
  spec: PolicySpec,
  at: readonly PathStep[],
  catalogue: Catalogue,
  report: Report,
): PolicySpec {
  const conditions = spec.conditions.map((condition, index): PolicySpec['conditions'][number] => {
    const ref = condition.conditionRef;
    if (typeof ref !== 'string') return condition;
    const found = catalogue.find('AlertCondition', ref, [...at, 'conditions', index, 'conditionRef'], report);
    return found === undefined ? condition : { kind: found.kind, metadata: found.metadata, spec: found.spec };
  });
  const notificationTargets = spec.notificationTargets.map(
    (target, index): PolicySpec['notificationTargets'][number] => {
      const ref = target.targetRef;
      if (typeof ref !== 'string') return target;
      const where = [...at, 'notificationTargets', index, 'targetRef'];
      const found = catalogue.find('AlertNotificationTarget', ref, where, report);
      return found === undefined ? target : { kind: found.kind, metadata: found.metadata, spec: found.spec };
    },
  );
  return { ...spec, conditions, notificationTargets };
}

/** Data sources stay references, as v1 has no other form; a type that the source knows is filled in. */
function typeSources(spec: SliSpec, at: readonly PathStep[], catalogue: Catalogue, warn: Report): SliSpec {
  type Metric = NonNullable<SliSpec['thresholdMetric']>;
  const typed = (metric: Metric, path: readonly PathStep[]): Metric => {
    const source = metric.metricSource;
    const ref = source.metricSourceRef;
    if (ref === undefined || catalogue.names('DataSource').length === 0) return metric;
    const found = catalogue.find('DataSource', ref, [...path, 'metricSource', 'metricSourceRef'], warn);
    if (found === undefined || source.type !== undefined) return metric;
    return { ...metric, metricSource: { ...source, type: found.spec.type } };
  };
  if (spec.thresholdMetric !== undefined)
    return { ...spec, thresholdMetric: typed(spec.thresholdMetric, [...at, 'thresholdMetric']) };
  const ratio = spec.ratioMetric;
  if (ratio === undefined) return spec;
  const ratioMetric = { ...ratio };
  for (const part of ['good', 'bad', 'total', 'raw'] as const) {
    const metric = ratio[part];
    if (metric !== undefined) ratioMetric[part] = typed(metric, [...at, 'ratioMetric', part]);
  }
  return { ...spec, ratioMetric };
}

type Holder = Pick<SloDocument['spec'], 'indicator' | 'indicatorRef'>;

function inlineIndicator<T extends Holder>(
  holder: T,
  at: readonly PathStep[],
  catalogue: Catalogue,
  report: Report,
  warn: Report,
): T {
  if (holder.indicatorRef === undefined) {
    const { indicator } = holder;
    if (indicator === undefined) return holder;
    const spec = typeSources(indicator.spec, [...at, 'indicator', 'spec'], catalogue, warn);
    return { ...holder, indicator: { ...indicator, spec } };
  }
  const found = catalogue.find('SLI', holder.indicatorRef, [...at, 'indicatorRef'], report);
  if (found === undefined) return holder;
  const spec = typeSources(found.spec, [...at, 'indicatorRef'], catalogue, warn);
  const inlined = { ...holder, indicator: { metadata: found.metadata, spec } };
  delete inlined.indicatorRef;
  return inlined;
}

function inlineSlo(slo: SloDocument, catalogue: Catalogue, report: Report, warn: Report): SloDocument {
  const spec = inlineIndicator(slo.spec, ['spec'], catalogue, report, warn);
  const objectives = spec.objectives.map((objective, index) =>
    inlineIndicator(objective, ['spec', 'objectives', index], catalogue, report, warn),
  );
  const services = catalogue.names('Service');
  if (services.length > 0 && !services.includes(spec.service))
    warn(
      ['spec', 'service'],
      `there is no Service named "${spec.service}" in this set`,
      hintOf(spec.service, services),
    );
  if (spec.alertPolicies === undefined) return { ...slo, spec: { ...spec, objectives } };
  type Policy = NonNullable<SloDocument['spec']['alertPolicies']>[number];
  const alertPolicies = spec.alertPolicies.map((policy, index): Policy => {
    const at = ['spec', 'alertPolicies', index];
    const ref = typeof policy === 'string' ? policy : policy.alertPolicyRef;
    if (typeof ref === 'string') {
      const found = catalogue.find('AlertPolicy', ref, at, report);
      if (found === undefined) return policy;
      // What is wrong inside it is reported at the policy itself.
      const inner = inlinePolicy(found.spec, at, catalogue, silent);
      return { kind: found.kind, metadata: found.metadata, spec: inner };
    }
    if (typeof policy === 'string' || !isInlinePolicy(policy)) return policy;
    return { ...policy, spec: inlinePolicy(policy.spec, [...at, 'spec'], catalogue, report) };
  });
  return { ...slo, spec: { ...spec, objectives, alertPolicies } };
}

type PolicyEntry = Exclude<NonNullable<SloDocument['spec']['alertPolicies']>[number], string>;
export type InlinePolicy = Extract<PolicyEntry, { kind: 'AlertPolicy' }>;
/** Whether an entry of an SLO's `alertPolicies` is a whole policy. */
export function isInlinePolicy(policy: PolicyEntry): policy is InlinePolicy {
  return policy.kind === 'AlertPolicy' && typeof policy.alertPolicyRef !== 'string';
}

/**
 * Puts what is referred to by name in the place of its name. Names that nothing bears are problems with the nearest
 * name; a missing Service or DataSource only a warning, and only where the set has some, as they may live elsewhere.
 */
export function inlineReferences(documents: readonly PlacedDocument[]): Inlined {
  const catalogue = catalogueOf(documents.map(({ document }) => document));
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  const done = documents.map(({ document, problem }): { from: OpenSloDocument; to: PlacedDocument } => {
    const report: Report = (at, message, hint) => problems.push(problem(at, message, hint));
    const warn: Report = (at, message, hint) => warnings.push(problem(at, message, hint));
    const to = (changed: OpenSloDocument) => ({ from: document, to: { document: changed, problem } });
    if (document.kind === 'SLO') return to(inlineSlo(document, catalogue, report, warn));
    if (document.kind === 'SLI')
      return to({ ...document, spec: typeSources(document.spec, ['spec'], catalogue, warn) });
    if (document.kind === 'AlertPolicy')
      return to({ ...document, spec: inlinePolicy(document.spec, ['spec'], catalogue, report) });
    return to(document);
  });
  const merged = (document: OpenSloDocument): boolean =>
    document.kind !== 'DataSource' && document.kind !== 'Service' && catalogue.used.has(document);
  return { documents: done.filter(({ from }) => !merged(from)).map(({ to }) => to), problems, warnings };
}
