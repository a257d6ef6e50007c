import {
  armOf,
  type Clock,
  type Directive,
  describeError,
  type FaultMeter,
  type FaultReport,
  faultMeter,
  type Priority,
  type Random,
  type RequestRecord,
  type ServingService,
  type Timers,
} from '@evenkeel/core';
import { type ActiveFault, faultOf } from './active-fault.ts';
import { readCorpus } from './corpus.ts';
import { type ExtraTraffic, extraTraffic } from './extra-traffic.ts';
import { type InterposedFeatures, strikesFeatures } from './interposed-features.ts';
import { type InterposedModel, strikesModel } from './interposed-model.ts';
import { killThread, threadOf } from './worker-threads.ts';

/** The places of one service where faults strike. */
export interface FaultPlaces {
  readonly service: Pick<ServingService, 'name' | 'predict' | 'onRecord' | 'onSeen'> & {
    readonly deadlineMs: number;
  };
  readonly models: ReadonlyMap<string, InterposedModel>;
  /** The models without their interposition: what says which thread it runs in. */
  readonly plain: ReadonlyMap<string, object>;
  readonly features: InterposedFeatures | undefined;
  /** Directives in force now; asked again while a fault is, so that a lease ends although nothing arrives. */
  readonly directives: () => readonly Directive[];
  readonly onProblem: (what: string, reason: string) => void;
}

export interface FaultInjector {
  /** Puts in force what is ordered, and ends what is not any more. */
  refresh(): void;
  /** What each fault did, those in force and the last ones that ended. */
  reports(): readonly FaultReport[];
  /** Whether a request was made by a fault: nothing may come of it outside. */
  owns(requestId: string): boolean;
  /** Why a write of the replica into the store fails; undefined when none does. */
  storeFails(caller: { readonly tenant: string; readonly user: string }): string | undefined;
  close(): void;
}

interface InForce {
  readonly active: ActiveFault;
  readonly meter: FaultMeter;
  traffic: ExtraTraffic | undefined;
  killedAt: number;
}

/** Milliseconds between two looks at the leases while a fault is in force. */
const LOOK_EVERY_MS = 250;
/** Reports of ended faults that are kept: an experiment is judged after its fault has gone. */
const KEPT = 32;

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

export function faultInjector(
  places: FaultPlaces,
  host: { readonly clock: Clock; readonly timers: Timers; readonly random: Random },
): FaultInjector {
  const { clock, timers } = host;
  const { service, models, plain, features } = places;
  const inForce = new Map<string, InForce>();
  const ended: FaultReport[] = [];
  /** Stopped, but with requests still under way. */
  const draining = new Set<ExtraTraffic>();
  let unhear: (() => void) | undefined;
  let looking = false;
  let closed = false;

  function hear(record: RequestRecord): void {
    for (const { meter, traffic } of inForce.values()) {
      meter.record(record);
      traffic?.heard(record);
    }
  }

  function begin(id: string, directive: Directive): void {
    const fault = faultOf(directive);
    if (fault === undefined) return;
    // Late is what the service itself calls late.
    const meter = faultMeter(id, fault, service.deadlineMs, clock.wall());
    const active: ActiveFault = { id, fault, struck: (count) => meter.hit(count) };
    const own: InForce = { active, meter, traffic: undefined, killedAt: Number.NEGATIVE_INFINITY };
    inForce.set(id, own);
    const { spec, radius } = fault;
    if (spec.type !== 'capacity_overload') return;
    readCorpus(spec.corpus).then(
      (corpus) => {
        if (inForce.get(id) !== own) return;
        own.traffic = extraTraffic(spec, radius, corpus, service, host, active.struck);
      },
      (error: unknown) => places.onProblem(`${service.name}: no extra traffic`, describeError(error)),
    );
  }

  function end(id: string, reason: string): void {
    const own = inForce.get(id);
    if (own === undefined) return;
    inForce.delete(id);
    if (own.traffic !== undefined) {
      own.traffic.stop();
      draining.add(own.traffic);
    }
    own.meter.end(clock.wall(), reason);
    ended.unshift(own.meter.report());
    ended.length = Math.min(ended.length, KEPT);
  }

  function interpose(): void {
    const active = [...inForce.values()].map((own) => own.active);
    for (const [name, model] of models)
      model.interpose(active.filter(({ fault }) => strikesModel(fault.spec, name)));
    features?.interpose(active.filter(strikesFeatures));
    if (active.length === 0) {
      unhear?.();
      unhear = undefined;
    } else unhear ??= service.onRecord(hear);
  }

  function killWorkers(): void {
    const now = clock.now();
    for (const own of inForce.values()) {
      const { spec } = own.active.fault;
      if (spec.type !== 'worker_kill') continue;
      if (now - own.killedAt < (spec.everyMs ?? Number.POSITIVE_INFINITY)) continue;
      const model = plain.get(spec.model);
      const thread = model === undefined ? undefined : threadOf(model);
      if (thread === undefined || !killThread(thread)) continue;
      own.killedAt = now;
      own.active.struck(1);
    }
  }

  function look(): void {
    if (looking || inForce.size === 0) return;
    looking = true;
    timers.after(LOOK_EVERY_MS, () => {
      looking = false;
      if (!closed) refresh();
    });
  }

  function refresh(): void {
    if (closed) return;
    const ordered = new Map(
      places
        .directives()
        .filter((directive) => directive.order.kind === 'fault')
        .map((directive) => [directive.id, directive]),
    );
    let changed = false;
    for (const [id, { active }] of [...inForce]) {
      const now = ordered.get(id);
      if (now !== undefined && same(active.fault, faultOf(now))) continue;
      end(id, now === undefined ? 'lifted, or its lease ran out' : 'ordered anew');
      changed = true;
    }
    for (const [id, directive] of ordered) {
      if (inForce.has(id)) continue;
      begin(id, directive);
      changed = true;
    }
    if (changed) interpose();
    killWorkers();
    look();
  }

  return {
    refresh,
    reports: () => [...[...inForce.values()].map(({ meter }) => meter.report()), ...ended],
    owns(id) {
      if (inForce.size === 0 && draining.size === 0) return false;
      for (const { traffic } of inForce.values()) if (traffic?.owns(id) === true) return true;
      for (const traffic of draining) {
        if (traffic.owns(id)) return true;
        if (traffic.counts().inFlight === 0) draining.delete(traffic);
      }
      return false;
    },
    storeFails(caller) {
      for (const { active } of inForce.values()) {
        if (active.fault.spec.type !== 'store_outage') continue;
        const priority: Priority = active.fault.radius.priorities[0] ?? 3;
        if (armOf(active.fault.radius, { ...caller, priority }) !== 'experiment') continue;
        active.struck(1);
        return `chaos: the store is out (${active.id})`;
      }
      return undefined;
    },
    close() {
      for (const id of [...inForce.keys()]) end(id, 'the service was closed');
      interpose();
      closed = true;
    },
  };
}
