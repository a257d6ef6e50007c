import { EvenkeelError } from '../kernel/errors.ts';
import type { ModelGateVerdict } from './gates.ts';

export type ModelStanding = 'candidate' | 'canary' | 'production' | 'rolled_back' | 'archived';

/** Where a version comes from. Written once, with the version. */
export interface ModelLineage {
  /** The training run, and its checkpoint; undefined for a model that was brought. */
  readonly run?: string | undefined;
  readonly checkpoint?: string | undefined;
  /** Of the data it was trained on. */
  readonly dataFingerprint?: string | undefined;
  /** Of the code: a commit, an image's digest. */
  readonly codeVersion?: string | undefined;
  /** The baseline that drift is measured against when this version serves. */
  readonly baseline?: string | undefined;
  /** The version that it was trained on from. */
  readonly parent?: string | undefined;
  readonly by: string;
}

export interface ModelVersion {
  readonly version: string;
  /** Where its weights are, and what they are. */
  readonly artifact: { readonly uri: string; readonly bytes: number; readonly sha256: string };
  readonly lineage: ModelLineage;
  readonly gates: ModelGateVerdict | undefined;
  readonly registeredAt: number;
  readonly standing: ModelStanding;
  readonly reason: string;
  readonly changedAt: number;
}

/** A time in production. */
export interface ProductionSpan {
  readonly version: string;
  readonly from: number;
  readonly to: number | undefined;
  readonly by: string;
  readonly reason: string;
  /** `replaced`: by something better; it was good to the end. `rolled_back`: it was taken out for cause. */
  readonly ended: 'replaced' | 'rolled_back' | undefined;
}

/** All versions of one model, and what was in production when; JSON. */
export interface ModelRegistry {
  readonly format: 1;
  readonly model: string;
  readonly versions: readonly ModelVersion[];
  /** By time; at most the last is open. */
  readonly history: readonly ProductionSpan[];
}

export interface ModelActor {
  readonly by: string;
  readonly reason: string;
  readonly at: number;
}

export const emptyRegistry = (model: string): ModelRegistry => ({
  format: 1,
  model,
  versions: [],
  history: [],
});

const conflict = (detail: string): EvenkeelError => new EvenkeelError('conflict', detail);

function versionIn(registry: ModelRegistry, version: string): ModelVersion {
  const found = registry.versions.find((one) => one.version === version);
  if (found === undefined)
    throw new EvenkeelError('not_found', `${registry.model} has no version ${version}`);
  return found;
}

function stand(
  registry: ModelRegistry,
  version: string,
  standing: ModelStanding,
  who: ModelActor,
): ModelRegistry {
  const versions = registry.versions.map((one) =>
    one.version === version ? { ...one, standing, reason: who.reason, changedAt: who.at } : one,
  );
  return { ...registry, versions };
}

export const productionModel = (registry: ModelRegistry): ModelVersion | undefined =>
  registry.versions.find((one) => one.standing === 'production');

export const canaryModel = (registry: ModelRegistry): ModelVersion | undefined =>
  registry.versions.find((one) => one.standing === 'canary');

/** What was in production at a time. */
export function inProductionAt(registry: ModelRegistry, at: number): ProductionSpan | undefined {
  return registry.history.find((span) => span.from <= at && (span.to === undefined || at < span.to));
}

/**
 * Adds a candidate. A version is immutable: the same name again with other weights is refused, with the same it changes nothing.
 * @throws EvenkeelError conflict
 */
export function registerModel(
  registry: ModelRegistry,
  added: Omit<ModelVersion, 'standing' | 'reason' | 'changedAt'>,
): ModelRegistry {
  const known = registry.versions.find((one) => one.version === added.version);
  if (known !== undefined) {
    if (known.artifact.sha256 === added.artifact.sha256) return registry;
    throw conflict(
      `${registry.model} ${added.version} is registered with other weights: versions do not change`,
    );
  }
  const version: ModelVersion = {
    ...added,
    standing: 'candidate',
    reason: added.gates?.reason ?? 'no gates',
    changedAt: added.registeredAt,
  };
  return { ...registry, versions: [...registry.versions, version] };
}

/**
 * Puts a candidate before a share of the traffic.
 * @param force also one whose gates failed or were never asked (an operator's decision, on the record)
 * @throws EvenkeelError conflict when it is not a candidate, its gates did not pass, or another canary runs
 */
export function startCanary(
  registry: ModelRegistry,
  version: string,
  who: ModelActor,
  force = false,
): ModelRegistry {
  const one = versionIn(registry, version);
  if (one.standing !== 'candidate')
    throw conflict(`${registry.model} ${version} is ${one.standing}, not a candidate`);
  const other = canaryModel(registry);
  if (other !== undefined) throw conflict(`${registry.model} ${other.version} is the canary now`);
  if (!force && one.gates?.passed !== true)
    throw conflict(
      `${registry.model} ${version} has not passed its gates: ${one.gates?.reason ?? 'none were asked'}`,
    );
  return stand(registry, version, 'canary', who);
}

function closeSpan(registry: ModelRegistry, ended: 'replaced' | 'rolled_back', at: number): ModelRegistry {
  const history = registry.history.map((span) => (span.to === undefined ? { ...span, to: at, ended } : span));
  return { ...registry, history };
}

function openSpan(registry: ModelRegistry, version: string, who: ModelActor): ModelRegistry {
  const span: ProductionSpan = {
    version,
    from: who.at,
    to: undefined,
    by: who.by,
    reason: who.reason,
    ended: undefined,
  };
  return { ...registry, history: [...registry.history, span] };
}

/**
 * Makes the canary (or, where nothing is in production yet, a candidate whose gates passed) the production model.
 * @throws EvenkeelError conflict
 */
export function promoteModel(
  registry: ModelRegistry,
  version: string,
  who: ModelActor,
  force = false,
): ModelRegistry {
  const one = versionIn(registry, version);
  const now = productionModel(registry);
  const first = now === undefined && one.standing === 'candidate' && one.gates?.passed === true;
  if (one.standing !== 'canary' && !first && !(force && one.standing === 'candidate'))
    throw conflict(`${registry.model} ${version} is ${one.standing}: only a canary is promoted`);
  let next = registry;
  if (now !== undefined) {
    next = closeSpan(next, 'replaced', who.at);
    // Good to its end: it stays there to be rolled back to.
    next = stand(next, now.version, 'archived', { ...who, reason: `replaced by ${version}` });
  }
  return openSpan(stand(next, version, 'production', who), version, who);
}

/** Ends a canary for cause. @throws EvenkeelError conflict when it is not the canary */
export function endCanary(registry: ModelRegistry, version: string, who: ModelActor): ModelRegistry {
  const one = versionIn(registry, version);
  if (one.standing !== 'canary')
    throw conflict(`${registry.model} ${version} is ${one.standing}, not the canary`);
  return stand(registry, version, 'rolled_back', who);
}

/** The version that a roll-back would lead to: the last one that was good to the end of its time in production. */
export function knownGoodModel(registry: ModelRegistry): ModelVersion | undefined {
  const now = productionModel(registry)?.version;
  for (const span of [...registry.history].reverse()) {
    if (span.version === now || span.ended !== 'replaced') continue;
    const one = registry.versions.find((version) => version.version === span.version);
    if (one !== undefined && one.standing !== 'rolled_back') return one;
  }
  return undefined;
}

/**
 * One step back: production becomes `rolled_back`, the last known good version production.
 * @throws EvenkeelError conflict when nothing is in production or no version is known good
 */
export function rollBackModel(
  registry: ModelRegistry,
  who: ModelActor,
): { readonly registry: ModelRegistry; readonly to: ModelVersion } {
  const now = productionModel(registry);
  if (now === undefined) throw conflict(`nothing of ${registry.model} is in production`);
  const good = knownGoodModel(registry);
  if (good === undefined)
    throw conflict(
      `no earlier version of ${registry.model} is known to be good: promote one, or pin a lower rung`,
    );
  const closed = stand(closeSpan(registry, 'rolled_back', who.at), now.version, 'rolled_back', who);
  const reason = `rolled back from ${now.version}: ${who.reason}`;
  const next = openSpan(stand(closed, good.version, 'production', { ...who, reason }), good.version, {
    ...who,
    reason,
  });
  return { registry: next, to: { ...good, standing: 'production', reason, changedAt: who.at } };
}

/** Puts away a candidate or a version that was rolled back. @throws EvenkeelError conflict for canary and production */
export function archiveModel(registry: ModelRegistry, version: string, who: ModelActor): ModelRegistry {
  const one = versionIn(registry, version);
  if (one.standing === 'canary' || one.standing === 'production')
    throw conflict(`${registry.model} ${version} is ${one.standing}: it serves`);
  return stand(registry, version, 'archived', who);
}

/** Checkpoints that the registry holds on to, by run: retention leaves them. */
export function heldCheckpoints(registry: ModelRegistry, run: string): ReadonlyMap<string, string> {
  const held = new Map<string, string>();
  for (const one of registry.versions)
    if (one.lineage.run === run && one.lineage.checkpoint !== undefined)
      held.set(one.lineage.checkpoint, `model ${registry.model} ${one.version}`);
  return held;
}
