import type { Order } from '../serving/directives.ts';
import type { ServiceStatus } from '../serving/link.ts';
import type { ActionKind } from './action.ts';
import type { IncidentType } from './incident-type.ts';
import { TYPE_TITLES } from './incident-type.ts';
import type { RungNeeds } from './snapshot.ts';
import { spell } from './stamp.ts';

/** What can be turned at a service. */
export interface MitigationContext {
  readonly service: ServiceStatus;
  readonly needs: readonly RungNeeds[];
  /** Models with a version in the file that a roll-back goes to. */
  readonly rollBacks: readonly { readonly model: string; readonly from: string; readonly to: string }[];
  /** Strictness of the output safety check now; undefined without one. */
  readonly strictness: 'relaxed' | 'normal' | 'strict' | undefined;
  /** Whether the check holds answers for a person when it is strict. */
  readonly holdsWhenStrict: boolean;
  /** Whether a batch table stands behind the features. */
  readonly batchFeatures: boolean;
  /** Name of the command that retrains, where the file has one. */
  readonly retrain: string | undefined;
  /** Who owns the service, its features, its models: for tasks. */
  readonly owners: Readonly<Record<'service' | 'features' | 'models', string>>;
}

/** What the control plane itself does, beside orders to the serving path. */
export type ControlStep =
  /** Keep every full record of the service. */
  | { readonly kind: 'sampling'; readonly share: number }
  /** Monitors by segment, evaluated more often. */
  | { readonly kind: 'monitoring'; readonly segments: boolean }
  | { readonly kind: 'run_command'; readonly command: string }
  | { readonly kind: 'pause_training'; readonly service: string }
  | { readonly kind: 'freeze_promotion'; readonly service: string }
  /** A second test of every drifted monitor, on raw samples and against last week. */
  | { readonly kind: 'verify_drift' }
  /** Quality and reach by segment, before and since. */
  | { readonly kind: 'assess_impact' };

/** What an action comes to at this service. */
export type MitigationPlan =
  /** Orders with a lease, judged by whether the trouble gets less, undone if it does not. */
  | {
      readonly kind: 'orders';
      readonly action: ActionKind;
      readonly orders: readonly Order[];
      /** What it will change, for whom, until when: the dry run. */
      readonly dryRun: string;
      readonly leaseMs: number;
    }
  /** Something evenkeel does without touching answers: nothing to verify or to undo. */
  | {
      readonly kind: 'control';
      readonly action: ActionKind;
      readonly steps: readonly ControlStep[];
      readonly dryRun: string;
      readonly leaseMs: number;
    }
  /** Only people can do it: who, and what. */
  | { readonly kind: 'task'; readonly action: ActionKind; readonly owner: string; readonly dryRun: string }
  | { readonly kind: 'impossible'; readonly action: ActionKind; readonly reason: string };

/** A mitigation holds for so long unless it is renewed, in milliseconds. */
export const MITIGATION_LEASE_MS: number = 30 * 60_000;

/** Share of capacity at which gates work when admission is tightened. */
const TIGHTENED = 0.7;

/** What an action would do here and now. Changes nothing: the same plan is the dry run and the order. */
export function planMitigation(
  action: ActionKind,
  type: IncidentType,
  context: MitigationContext,
): MitigationPlan {
  const { service, owners } = context;
  const impossible = (reason: string): MitigationPlan => ({ kind: 'impossible', action, reason });
  const orders = (list: readonly Order[], change: string): MitigationPlan => ({
    kind: 'orders',
    action,
    orders: list,
    dryRun: `${change} It ends by itself after ${spell(MITIGATION_LEASE_MS)} unless it is renewed, and earlier if it does not help.`,
    leaseMs: MITIGATION_LEASE_MS,
  });
  const control = (steps: readonly ControlStep[], dryRun: string): MitigationPlan => ({
    kind: 'control',
    action,
    steps,
    dryRun: `${dryRun} No answer changes.`,
    leaseMs: 24 * 3_600_000,
  });
  const task = (owner: string, dryRun: string): MitigationPlan => ({ kind: 'task', action, owner, dryRun });
  const entry = service.rungs.findIndex((rung) => rung.name === service.entry);
  const top = entry < 0 ? 0 : entry;
  const pin = (index: number): MitigationPlan => {
    const rung = service.rungs[index];
    if (rung === undefined) return impossible('there is no rung below');
    if (rung.availability === 'down' || rung.availability === 'forbidden')
      return impossible(`${rung.name} cannot answer: ${rung.reason}`);
    return orders(
      [{ kind: 'pin', rung: rung.name }],
      `All requests of ${service.name} enter at ${rung.name} (${rung.level}) instead of ${service.entry}; cost in quality: ${rung.qualityImpact}.`,
    );
  };
  const featuresOf = (rung: string): RungNeeds['features'] =>
    context.needs.find((need) => need.rung === rung)?.features ?? 'none';

  switch (action) {
    case 'roll_back_model': {
      const answering = context.rollBacks[0];
      if (answering === undefined) return impossible('the file names no previous version of any model');
      return orders(
        [{ kind: 'roll_back', model: answering.model }],
        `${answering.model} answers with version ${answering.to} instead of ${answering.from}, for all requests of ${service.name}.`,
      );
    }
    case 'pin_cached_features': {
      const index = service.rungs.findIndex(({ name }) => featuresOf(name) === 'cached');
      if (index < 0) return impossible('no rung lives on cached features');
      if (entry >= index)
        return impossible(
          `requests enter at ${service.entry} already, not above ${service.rungs[index]?.name}`,
        );
      return pin(index);
    }
    case 'pin_batch_features': {
      if (!context.batchFeatures) return impossible('no batch table stands behind the features');
      const index = service.rungs.findIndex(({ name }) => featuresOf(name) === 'cached');
      if (index < 0) return impossible('no rung lives on cached or batch features');
      return pin(index);
    }
    case 'pin_safer_rung': {
      const index = service.rungs.findIndex(
        (rung, i) =>
          i > top &&
          rung.availability !== 'down' &&
          rung.availability !== 'forbidden' &&
          rung.level !== service.rungs[top]?.level,
      );
      if (index < 0) return impossible('no rung below can answer');
      return pin(index);
    }
    case 'forbid_rung': {
      const rung = service.rungs[top];
      if (rung === undefined) return impossible('there is no rung');
      if (top === service.rungs.length - 1) return impossible(`${rung.name} is the last rung`);
      return orders(
        [{ kind: 'forbid', rung: rung.name }],
        `${rung.name} of ${service.name} is not used; requests enter below it.`,
      );
    }
    case 'tighten_admission': {
      const gated = service.gate !== undefined || service.rungs.some(({ gate }) => gate !== undefined);
      if (!gated) return impossible('the service has no gate');
      return orders(
        [{ kind: 'tighten', factor: TIGHTENED }],
        `Every gate of ${service.name} works with ${TIGHTENED * 100} % of its capacity; the lowest classes are turned away first, class 0 last.`,
      );
    }
    case 'tighten_safety':
    case 'human_review': {
      if (context.strictness === undefined) return impossible('the service has no output safety check');
      if (context.strictness === 'strict') return impossible('the safety check is strict already');
      if (action === 'human_review' && !context.holdsWhenStrict)
        return impossible('the safety check holds nothing for a person, at any strictness');
      return orders(
        [{ kind: 'strictness', level: 'strict' }],
        action === 'human_review'
          ? `Answers that the safety check flags wait for a person; the callers get its stand-in meanwhile.`
          : `The output safety check of ${service.name} works at strict instead of ${context.strictness}: more answers are turned down, right ones among them.`,
      );
    }
    case 'block_pattern':
      return task(
        owners.service,
        `Find what the affected requests of ${service.name} have in common and add it to the rules of the file; a pattern guessed by a machine would block the wrong people.`,
      );
    case 'raise_sampling':
      return control(
        [{ kind: 'sampling', share: 1 }],
        `Every full record of ${service.name} is kept for a day.`,
      );
    case 'finer_monitoring':
      return control(
        [{ kind: 'monitoring', segments: true }],
        `The monitors of ${service.name} also watch by model version, tenant and cohort, for a day.`,
      );
    case 'start_retraining':
      if (context.retrain === undefined)
        return task(
          owners.models,
          'Start a training run on data from after the change; the file names no command for it.',
        );
      return control(
        [{ kind: 'run_command', command: context.retrain }],
        `Runs "${context.retrain}"; its result takes no traffic before its gates and its canary have passed.`,
      );
    case 'pause_retraining':
      return control(
        [{ kind: 'pause_training', service: service.name }],
        `No scheduled training run of ${service.name} starts for a day.`,
      );
    case 'freeze_promotion':
      return control(
        [{ kind: 'freeze_promotion', service: service.name }],
        `No model of ${service.name} is promoted for a day; the one in production stays.`,
      );
    case 'verify_drift':
      return control(
        [{ kind: 'verify_drift' }],
        'Tests each drifted monitor again on raw samples, against the baseline and against last week.',
      );
    case 'assess_impact':
      return control(
        [{ kind: 'assess_impact' }],
        'Compares quality, confidence and levels by segment, before and since.',
      );
    case 'restart_worker': {
      const gone = service.components.find(({ up, details }) => !up && 'restarts' in details);
      return task(
        owners.service,
        gone === undefined
          ? `No worker of ${service.name} is down; look for one that hangs.`
          : `Worker ${gone.name} is down (${gone.reason}): restart it, or the machine it runs on.`,
      );
    }
    case 'tell_team': {
      const owner =
        type === 'feature_pipeline' || type === 'data_quality'
          ? owners.features
          : type === 'serving_latency'
            ? owners.service
            : owners.models;
      return task(owner, `${TYPE_TITLES[type]} at ${service.name}: tell ${owner}.`);
    }
  }
}
