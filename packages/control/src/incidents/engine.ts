import type { ServiceConfig } from '@evenkeel/config';
import {
  type Candidate,
  type Change,
  type Clock,
  type Diagnosis,
  decideOpening,
  diagnose,
  ESCALATION_DEFAULTS,
  EVENKEEL,
  escalate,
  type IncidentIntent,
  type IncidentView,
  incidentIdMaker,
  isOpen,
  judgeSeverity,
  OPENING_DEFAULTS,
  type OpeningDecision,
  observeSignals,
  openIncident,
  type Random,
  type ReplicaLink,
  reachOf,
  recentTraffic,
  runbook,
  type SignalSnapshot,
  severityChange,
  signalsOf,
  silenceFor,
  startEscalation,
  TYPE_TITLES,
} from '@evenkeel/core';
import type { Lease, Store } from '@evenkeel/store';
import type { Notification } from '../notifiers/notification.ts';
import type { Evaluator } from '../objectives/evaluator.ts';
import type { JoinedLabel } from '../objectives/label-counts.ts';
import type { RollupBody } from '../replicas/rollup-body.ts';
import type { Mitigations } from './actions.ts';
import type { Beside, IncidentBook } from './book.ts';
import type { KeptIncident } from './kept-incident.ts';
import type { People } from './people.ts';
import { changesOf, labelOutcome, needsOf, objectiveSnapshot, reportsOf, rolesOf } from './snapshot.ts';
import { messages } from './telling.ts';
import { forgetBefore, newWatch, type ServiceWatch, settleTraffic, takeLabel, takeTraffic } from './watch.ts';

export interface IncidentEngine {
  onRollup(rollup: RollupBody): void;
  /** A label found its prediction: what a mitigation of bad answers is judged by. */
  onLabel(joined: Pick<JoinedLabel, 'service' | 'at' | 'label' | 'predicted'>): void;
  /** One look at every service: open, join, resolve, raise, wake, act. */
  step(lease: Lease | undefined): Promise<void>;
  /** What holds of a service now, and what it is held to be. */
  diagnosis(
    service: string,
  ): { readonly snapshot: SignalSnapshot; readonly diagnosis: Diagnosis } | undefined;
  watch(service: string): ServiceWatch;
}

const CHANGES_MS = 6 * 3_600_000;
const REPORTS_MS = 600_000;
const DAY_MS = 86_400_000;
/** A service that has just been started is not in trouble because its models are still loading, in milliseconds. */
const STARTING_MS = 30_000;
/** Full service after this long is full service, in milliseconds: before its first health checks a service says that all is well. */
const SETTLED_MS = 5_000;
/** Facts change slowly beside traffic: they are read this often, in milliseconds. */
const FACTS_EVERY_MS = 5_000;
const MOST_FACTS = 1_000;
/** An item held for longer than this keeps somebody waiting, in milliseconds. */
const QUEUE_TARGET_MS = 4 * 3_600_000;

interface SlowFacts {
  readonly readAt: number;
  readonly changes: readonly Change[];
  readonly reports: SignalSnapshot['reports'];
  readonly queue: SignalSnapshot['queue'];
}

function viewOf({ incident }: KeptIncident): IncidentView {
  const { id, service, type, typeBy, dedupKey, status, acknowledgedAt, detectedAt, resolvedAt, signals } =
    incident;
  return {
    id,
    service,
    type,
    typeByPerson: !typeBy.automatic,
    dedupKey,
    status,
    acknowledged: acknowledgedAt !== undefined,
    detectedAt,
    resolvedAt,
    signals: signals.map(({ key }) => key),
  };
}

/** Looks at what is recorded, says what is wrong, wakes whom it must, and does what it may. */
export function incidentEngine(parts: {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly link: ReplicaLink;
  readonly evaluator: Pick<Evaluator, 'standings'>;
  readonly book: IncidentBook;
  readonly people: People;
  readonly mitigations: Mitigations;
  readonly monitors: (service: string) => Pick<SignalSnapshot, 'monitors' | 'estimates'>;
  /** Runs of the service that are in trouble, and candidates that were. */
  readonly training: (service: string) => SignalSnapshot['training'];
  readonly configs: () => Iterable<ServiceConfig>;
  readonly tell: (what: string, reason: string) => void;
}): IncidentEngine {
  const { store, clock, link, evaluator, book, people, mitigations, tell } = parts;
  const watches = new Map<string, ServiceWatch>();
  const slow = new Map<string, SlowFacts>();
  const latest = new Map<string, { snapshot: SignalSnapshot; diagnosis: Diagnosis }>();
  const begun = new Map<string, number>();
  const newId = incidentIdMaker(clock, parts.random);

  function watch(service: string): ServiceWatch {
    const known = watches.get(service) ?? newWatch();
    watches.set(service, known);
    return known;
  }

  async function facts(service: string): Promise<SlowFacts> {
    const known = slow.get(service);
    if (known !== undefined && clock.now() - known.readAt < FACTS_EVERY_MS) return known;
    const now = Math.round(clock.wall());
    const [changes, recent, day, figures] = await Promise.all([
      store.facts.list({ kind: 'change', service, from: now - CHANGES_MS, limit: MOST_FACTS }),
      store.facts.list({ kind: 'feedback', service, from: now - REPORTS_MS, limit: MOST_FACTS }),
      store.facts.list({
        kind: 'feedback',
        service,
        from: now - DAY_MS,
        to: now - REPORTS_MS,
        limit: MOST_FACTS,
      }),
      store.queues.figures(service),
    ]);
    const { all, harmful } = reportsOf(recent);
    const found: SlowFacts = {
      readAt: clock.now(),
      changes: changesOf(changes),
      reports: { recent: all, harmful, usual: (reportsOf(day).all * REPORTS_MS) / DAY_MS },
      queue:
        figures.oldestWaitingAt === undefined
          ? undefined
          : { oldestMs: now - figures.oldestWaitingAt, targetMs: QUEUE_TARGET_MS },
    };
    slow.set(service, found);
    return found;
  }

  async function look(config: ServiceConfig): Promise<SignalSnapshot | undefined> {
    const status = await link.service(config.name);
    if (status === undefined) return undefined;
    const own = watch(config.name);
    settleTraffic(
      own,
      book.live(config.name).some(({ incident }) => isOpen(incident)),
    );
    const { changes, reports, queue } = await facts(config.name);
    const standings = evaluator.standings(config.name).filter((one) => one.status.segment === '');
    return {
      service: status,
      needs: needsOf(config),
      roles: rolesOf(config),
      objectives: standings.map(objectiveSnapshot),
      ...parts.monitors(config.name),
      traffic: { recent: recentTraffic(own.traffic), usual: own.traffic.usual },
      maxFeatureAgeMs: config.features?.maxAgeMs,
      changes,
      outcomes: standings.map(labelOutcome).filter((one) => one !== undefined),
      comparisons: [],
      reports,
      flags: { recent: 0, usual: 0 },
      training: parts.training(config.name),
      loop: undefined,
      queue,
    };
  }

  const besideOf = (
    config: ServiceConfig,
    lease: Lease | undefined,
    event: Notification['event'] | undefined,
    told: { readonly page: boolean; readonly recipient: string } = { page: false, recipient: config.owner },
  ): Beside => ({
    lease,
    outbox: (incident) =>
      event === undefined
        ? []
        : messages(config.incidents, incident, event, { ...told, at: Math.round(clock.wall()) }),
  });

  async function command(
    config: ServiceConfig,
    id: string,
    intent: IncidentIntent,
    beside: Beside,
  ): Promise<boolean> {
    const result = await book.command(id, { by: EVENKEEL, at: Math.round(clock.wall()), intent }, beside);
    if (!result.ok && result.code !== 'nothing_to_do' && result.code !== 'operator_decided') {
      tell(`${config.name}: ${id} was left as it is`, result.message);
    }
    return result.ok;
  }

  async function open(
    config: ServiceConfig,
    decision: Extract<OpeningDecision, { do: 'open' }>,
    snapshot: SignalSnapshot,
    lease: Lease | undefined,
  ): Promise<void> {
    const { candidate, cause, silence } = decision;
    const at = Math.round(clock.wall());
    const own = candidate.evidence.map(({ signal }) => signal);
    const severity = judgeSeverity(cause.type, own, reachOf(snapshot, at));
    const incident = openIncident(
      {
        id: newId(),
        service: config.name,
        type: cause.type,
        severity: severity.severity,
        severityReason: severity.reason,
        title: `${TYPE_TITLES[cause.type]}: ${candidate.likelyCause}`,
        description: runbook(cause.type).summary,
        startedAt: candidate.root?.since,
        by: EVENKEEL,
        affectedSystems: [config.name],
        dedupKey: `${config.name}|${cause.type}|${cause.name}`,
        likelyCause: candidate.likelyCause,
        signals: signalsOf(candidate),
        silencedBy: silence?.id,
        link: candidate.root?.evidence.link,
      },
      at,
    );
    await book.create(
      incident,
      besideOf(config, lease, wakes(config, incident.severity) ? undefined : 'opened'),
    );
    tell(`${config.name}: incident ${incident.id} (${incident.type}, ${incident.severity})`, incident.title);
  }

  const snapshotSignals = (service: string) => watch(service).signals?.active ?? [];
  // Severities sort by their names: SEV1 is the gravest.
  const wakes = (config: ServiceConfig, severity: string): boolean => severity <= config.incidents.pageFrom;

  const isJudged = (service: string, id: string): boolean =>
    book
      .live(service)
      .some(
        ({ incident, actions }) =>
          incident.id === id && actions.some(({ automatic, state }) => automatic && state === 'running'),
      );

  async function decide(
    config: ServiceConfig,
    decision: OpeningDecision,
    snapshot: SignalSnapshot,
    lease: Lease | undefined,
  ): Promise<void> {
    const join = (id: string, candidate: Candidate): Promise<boolean> => {
      const signals = signalsOf(candidate);
      const known = book.live(config.name).find(({ incident }) => incident.id === id)?.incident;
      const news =
        known === undefined ||
        known.likelyCause !== candidate.likelyCause ||
        signals.some(({ key }) => !known.signals.some((signal) => signal.key === key));
      // Seeing the same again is not worth a write every second.
      if (!news) return Promise.resolve(true);
      return command(
        config,
        id,
        { do: 'observe', signals, likelyCause: candidate.likelyCause },
        besideOf(config, lease, undefined),
      );
    };
    switch (decision.do) {
      case 'open':
        await open(config, decision, snapshot, lease);
        return;
      case 'join':
        await join(decision.incident, decision.candidate);
        return;
      case 'retype':
        await command(
          config,
          decision.incident,
          { do: 'set_type', type: decision.candidate.type, reason: decision.reason },
          besideOf(config, lease, undefined),
        );
        await command(
          config,
          decision.incident,
          {
            do: 'set_field',
            field: 'title',
            value: `${TYPE_TITLES[decision.candidate.type]}: ${decision.candidate.likelyCause}`,
          },
          besideOf(config, lease, 'updated'),
        );
        await join(decision.incident, decision.candidate);
        return;
      case 'rejoin':
        await command(
          config,
          decision.incident,
          { do: 'reopen', reason: decision.reason },
          {
            ...besideOf(config, lease, 'reopened'),
            // Whoever was told last may be off duty by now: the path is gone from its beginning.
            kept: (one) => ({ ...one, escalation: startEscalation(Math.round(clock.wall())) }),
          },
        );
        await join(decision.incident, decision.candidate);
        return;
      case 'resolve':
        if (!endsWithSignals(config.name, decision.incident)) return;
        // Whether it is over because of what was done is not known yet, and ending it now would undo that.
        if (isJudged(config.name, decision.incident)) return;
        await command(
          config,
          decision.incident,
          { do: 'resolve', resolution: decision.reason },
          besideOf(config, lease, 'resolved'),
        );
        forgetBefore(watch(config.name), Math.round(clock.wall()) - config.incidents.resolveAfterMs);
        tell(`${config.name}: incident ${decision.incident} is resolved`, decision.reason);
        return;
      case 'hold':
        return;
    }
  }

  /** What a person has opened without signals, or an alert from outside, ends when they say so. */
  function endsWithSignals(service: string, id: string): boolean {
    const incident = book.live(service).find((kept) => kept.incident.id === id)?.incident;
    return (incident?.signals.length ?? 0) > 0 && incident?.dedupKey.includes('|alertmanager/') !== true;
  }

  async function judge(
    config: ServiceConfig,
    kept: KeptIncident,
    lease: Lease | undefined,
    snapshot: SignalSnapshot,
  ): Promise<void> {
    const { incident } = kept;
    const now = Math.round(clock.wall());
    const keys = new Set(incident.signals.map(({ key }) => key));
    const own = snapshotSignals(config.name).filter(({ key }) => keys.has(key));
    const verdict = judgeSeverity(incident.type, own, reachOf(snapshot, now));
    const lower = verdict.severity > incident.severity;
    const lowerSince = lower ? (kept.lowerSince ?? now) : undefined;
    const change = severityChange(incident.severity, verdict, lowerSince, now);
    if (change !== undefined) {
      await command(
        config,
        incident.id,
        { do: 'set_severity', ...change },
        besideOf(config, lease, 'updated'),
      );
      return;
    }
    if (lowerSince !== kept.lowerSince) await book.remember(incident.id, (one) => ({ ...one, lowerSince }));
  }

  /** A silence that begins or ends while the incident is open is the incident's too. */
  async function hush(
    config: ServiceConfig,
    { incident }: KeptIncident,
    lease: Lease | undefined,
  ): Promise<void> {
    const now = Math.round(clock.wall());
    const silence = silenceFor(people.silences(), config.name, incident.type, now)?.id;
    if (silence === incident.silencedBy) return;
    await command(config, incident.id, { do: 'silence', silence }, besideOf(config, lease, undefined));
  }

  async function wake(config: ServiceConfig, kept: KeptIncident, lease: Lease | undefined): Promise<void> {
    const { incident, escalation } = kept;
    if (!wakes(config, incident.severity)) return;
    const now = Math.round(clock.wall());
    const path = runbook(incident.type).escalationPath;
    const step = escalate(
      escalation,
      {
        path,
        whoIs: (role) => people.whoIs(config, role),
        open: isOpen(incident),
        acknowledgedAt: incident.acknowledgedAt,
        lastActionAt: incident.timeline.findLast(({ automatic }) => !automatic)?.at,
        silenced: incident.silencedBy !== undefined,
        ...ESCALATION_DEFAULTS,
      },
      now,
    );
    let { revision } = incident;
    for (const [i, { person, role, step: number, reason }] of step.tell.entries()) {
      const first = incident.pages.length === 0 && i === 0;
      const result = await book.command(
        incident.id,
        {
          by: EVENKEEL,
          at: now,
          intent: { do: 'paged', page: { at: now, to: person, role, step: number, night: false } },
          // Whoever has just acknowledged it is not woken for it.
          ifRevision: revision,
        },
        {
          ...besideOf(config, lease, first ? 'opened' : 'escalated', { page: true, recipient: person }),
          kept: (one) => ({ ...one, escalation: step.state }),
        },
      );
      if (!result.ok) return;
      revision = result.incident.revision;
      tell(`${config.name}: ${person} is told of ${incident.id}`, reason);
    }
    for (const role of step.passedOver) tell(`${config.name}: nobody is on call`, role);
    if (step.tell.length === 0 && step.state.stopped !== escalation.stopped) {
      await book.remember(incident.id, (one) => ({ ...one, escalation: step.state }));
    }
  }

  /** Until it has served in full for the first time, or has had time enough to. */
  function starting(service: string, { service: status }: SignalSnapshot): boolean {
    const since = begun.get(service) ?? clock.now();
    begun.set(service, since);
    if (status.level === 'full_service' && clock.now() - since >= SETTLED_MS) {
      begun.set(service, Number.NEGATIVE_INFINITY);
    }
    return clock.now() - since < STARTING_MS && status.level !== 'full_service';
  }

  async function stepService(config: ServiceConfig, lease: Lease | undefined): Promise<void> {
    const snapshot = await look(config);
    if (snapshot === undefined) return;
    const now = Math.round(clock.wall());
    const own = watch(config.name);
    own.signals = observeSignals(snapshot, own.signals, now);
    const diagnosis = diagnose(own.signals, snapshot.needs);
    latest.set(config.name, { snapshot, diagnosis });
    if (starting(config.name, snapshot)) return;
    const opening = decideOpening(
      own.opening,
      {
        signals: own.signals,
        diagnosis,
        needs: snapshot.needs,
        incidents: book.live().map(viewOf),
        shared: [],
        silences: people.silences(),
      },
      {
        ...OPENING_DEFAULTS,
        occurrences: config.incidents.occurrences,
        withinMs: config.incidents.withinMs,
        quietMs: config.incidents.resolveAfterMs,
      },
      now,
    );
    for (const decision of opening.decisions) await decide(config, decision, snapshot, lease);
    own.opening = opening.state;
    const current = (id: string): KeptIncident | undefined =>
      book.live(config.name).find(({ incident }) => incident.id === id && isOpen(incident));
    for (const { incident } of book.live(config.name)) {
      // Each step sees what the one before it has left.
      for (const part of [hush, judge, wake]) {
        const kept = current(incident.id);
        if (kept !== undefined) await part(config, kept, lease, snapshot);
      }
    }
    await mitigations.step(config, snapshot, own, lease);
  }

  return {
    onRollup({ service, traffic, to }) {
      if (traffic !== undefined) takeTraffic(watch(service), traffic, to);
    },
    onLabel({ service, at, label, predicted }) {
      if (predicted !== undefined) takeLabel(watch(service), at, label === predicted);
    },
    async step(lease) {
      await people.refresh();
      await book.refresh();
      for (const config of parts.configs()) await stepService(config, lease);
    },
    diagnosis: (service) => latest.get(service),
    watch,
  };
}
