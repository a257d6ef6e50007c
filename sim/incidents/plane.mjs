// A control plane in small: it measures the world's service as the real one would, and lets the functions of core decide. It knows
// nothing of faults.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const WINDOW = 30 * 24 * HOUR;

const OBJECTIVES = [
  {
    name: 'availability',
    category: 'availability',
    target: 0.995,
    indicator: { kind: 'availability', minimumConfidence: undefined },
  },
  {
    name: 'latency',
    category: 'latency',
    target: 0.97,
    indicator: { kind: 'latency', thresholdMs: 250, part: 'end_to_end' },
  },
  { name: 'full service', category: 'availability', target: 0.95, indicator: { kind: 'full_service' } },
  {
    name: 'freshness',
    category: 'freshness',
    target: 0.98,
    indicator: { kind: 'feature_age', maxAgeMs: 5 * MINUTE },
  },
  { name: 'safety', category: 'safety', target: 0.99, indicator: { kind: 'safety' } },
];

/** Good and all by minute, with sums over the last so many minutes; what was before the start is taken to be like the first minutes. */
class Series {
  /** Running sums at the end of each minute. */
  good = [];
  total = [];
  before = { good: 0, total: 0 };
  add(at, good) {
    const m = Math.floor(at / MINUTE);
    while (this.total.length <= m) {
      this.good.push(this.good.at(-1) ?? 0);
      this.total.push(this.total.at(-1) ?? 0);
    }
    this.total[m] += 1;
    if (good) this.good[m] += 1;
  }
  upTo(m) {
    const i = Math.min(m, this.total.length - 1);
    return i < 0 ? [0, 0] : [this.good[i], this.total[i]];
  }
  /** The past, at the rate of the warm-up. */
  assume(until) {
    const n = Math.max(1, Math.floor(until / MINUTE));
    const [good, total] = this.upTo(n - 1);
    this.before = { good: good / n, total: total / n };
  }
  last(now, span) {
    const end = Math.floor(now / MINUTE);
    const count = Math.round(span / MINUTE);
    const from = Math.max(0, end - count + 1);
    const [g1, t1] = this.upTo(end);
    const [g0, t0] = this.upTo(from - 1);
    const missing = Math.max(0, count - (end - from + 1));
    return { good: g1 - g0 + missing * this.before.good, total: t1 - t0 + missing * this.before.total };
  }
}

const MONITORS = [
  { name: 'amount', role: 'request', kind: 'numeric', of: (s) => s.input.amount },
  { name: 'length', role: 'request', kind: 'numeric', of: (s) => s.input.length },
  { name: 'channel', role: 'request', kind: 'categorical', of: (s) => s.input.channel },
  { name: 'item', role: 'prediction', kind: 'categorical', of: (s) => s.label },
  { name: 'confidence', role: 'confidence', kind: 'numeric', of: (s) => s.confidence },
];

export function createPlane({ core, world, tickMs, reference, rounds }) {
  const { clock, service } = world;
  const meter = core.trafficMeter();
  const series = new Map(OBJECTIVES.map(({ name }) => [name, new Series()]));
  const outcomes = new Series();
  const labels = new Series();
  const every = core.alarmBudget(20_000_000, MONITORS.length);
  const monitors = MONITORS.map((monitor) => {
    const values = reference.map(monitor.of);
    const ref =
      monitor.kind === 'numeric' ? core.numericReference(values) : core.categoricalReference(values);
    const tables = core.driftTables(ref, { sequence: core.slotsOf(ref, values) });
    return {
      ...monitor,
      ref,
      detector: core.createDriftDetector(tables, { falseAlarmEvery: every }),
      sketch: core.createSketch(ref),
      driftedSince: undefined,
      recent: [],
      far: monitor.kind === 'numeric' ? (ref.high - ref.low) * 0.5 : 0,
    };
  });
  let pending = [];
  service.onRecord((record) => {
    meter.record(record);
    for (const { name, indicator } of OBJECTIVES) {
      const verdict = core.judge(indicator, record);
      if (verdict !== undefined) series.get(name).add(clock.now(), verdict === 'good');
    }
    if (record.label !== undefined) pending.push(record);
  });

  function feedMonitors() {
    const inputs = world.events.requests.splice(0);
    const records = pending;
    pending = [];
    for (const monitor of monitors) {
      let wrong = 0;
      let total = 0;
      const eat = (value) => {
        core.recordValue(monitor.sketch, value);
        if (monitor.sketch.n >= 8) {
          monitor.detector.advance(monitor.sketch);
          core.clearSketch(monitor.sketch);
        }
      };
      if (monitor.role === 'request') {
        for (const input of inputs) {
          const value = monitor.of({ input });
          total += 1;
          if (invalid(monitor, value)) wrong += 1;
          eat(value);
        }
      } else
        for (const record of records) eat(monitor.role === 'prediction' ? record.label : record.confidence);
      monitor.recent.push([wrong, total]);
      if (monitor.recent.length > Math.ceil(180_000 / tickMs)) monitor.recent.shift();
    }
  }
  /** As a schema and the reference's range would have it. */
  function invalid(monitor, value) {
    if (value === null || value === undefined) return true;
    if (monitor.kind === 'categorical') return typeof value !== 'string' || !monitor.ref.slotOf.has(value);
    if (typeof value !== 'number' || !Number.isFinite(value)) return true;
    return value > monitor.ref.high + monitor.far || value < monitor.ref.low / 3;
  }
  const usualInvalid = new Map(
    monitors.map((monitor) => [
      monitor.name,
      reference.filter((sample) => invalid(monitor, monitor.of(sample))).length / reference.length,
    ]),
  );

  function monitorSnapshots(now) {
    return monitors.map((monitor) => {
      const { level, finding } = monitor.detector.snapshot();
      if (level === 'drifted') monitor.driftedSince ??= now;
      else monitor.driftedSince = undefined;
      const recent = monitor.recent.reduce((a, [wrong, total]) => [a[0] + wrong, a[1] + total], [0, 0]);
      return {
        name: monitor.name,
        role: monitor.role,
        segment: '',
        level,
        onceIn: (finding?.evidence ?? 0) / monitors.length,
        distance: finding === undefined ? 0 : core.jensenShannonDistance(finding.before, finding.after),
        movements: finding?.movements ?? [],
        invalid:
          monitor.role === 'request'
            ? {
                recent: recent[0],
                total: recent[1],
                usual: usualInvalid.get(monitor.name),
                reference: reference.length,
              }
            : undefined,
        since: monitor.driftedSince,
      };
    });
  }

  function objectiveSnapshots(now) {
    return OBJECTIVES.map(({ name, category, target }) => {
      const counts = series.get(name);
      const verdicts = core.burnRules(core.BURN_PAIRS, WINDOW, target).map((rule) => ({
        pair: rule.pair,
        verdict: core.judgeBurn(
          rule,
          counts.last(now, rule.pair.longMs),
          counts.last(now, rule.pair.shortMs),
          target,
        ),
      }));
      const budget = core.budgetStatus(counts.last(now, WINDOW), {
        kind: 'target',
        target,
        minimumEvents: 0,
      });
      const short = counts.last(now, 5 * MINUTE);
      const burn = core.burnRate(short, target);
      return {
        name,
        category,
        zeroTolerance: false,
        budget,
        verdicts,
        burn,
        recentBad: short.total - short.good,
        exhaustedInMs: core.timeToExhaustion(budget.remaining ?? 1, burn ?? 0, WINDOW),
      };
    });
  }

  const status = () => {
    const state = service.entry.state();
    const states = service.entry.rungStates();
    const entry = world.rungs[state.entry];
    const health = world.health();
    return {
      name: 'shop',
      type: 'recommendation',
      owner: 'shop team',
      deadlineMs: 500,
      level: entry?.level ?? 'failed',
      entry: entry?.name ?? 'failed',
      reason: state.reason,
      sinceMs: clock.now() - state.since,
      probing: undefined,
      rungs: world.rungs.map((rung, i) => ({
        name: rung.name,
        level: rung.level,
        qualityImpact: rung.qualityImpact,
        budgetMs: rung.budgetMs,
        availability: states[i].availability,
        reason: states[i].reason,
        breaker: rung.breaker?.snapshot(),
        gate: rung.gate?.snapshot(),
        counts: service.figures.rungs[rung.name],
      })),
      gate: undefined,
      components: Object.entries(health).map(([name, { up, reason }]) => ({ name, up, reason, details: {} })),
      figures: service.figures,
      directives: service.directives.active(),
      file: { path: 'sim', loadedAt: 0, problem: undefined },
    };
  };
  const needs = world.rungs.map((rung) => ({
    rung: rung.name,
    components: rung.dependencies,
    features: rung.features,
  }));

  let traffic = core.EMPTY_WINDOW;
  let signals;
  let openingState = core.NO_SIGHTINGS;
  let incidents = [];
  const changes = [];
  const comparisons = [];
  const reports = [];
  const flags = [];
  const training = [];
  const baseConcentration = rounds?.baseline ?? [];
  let servedBase;
  const nextId = core.incidentIdMaker(clock, core.seededRandom(3));
  const log = [];
  let pagesSent = 0;
  const trackedSeverity = new Map();

  function loopFigures() {
    const { rounds: done } = world;
    if (done.length < 2) return undefined;
    const last = done.at(-1);
    servedBase ??= done[0].served;
    const now = core.concentration(last.served, 8);
    if (done.length <= 3) baseConcentration.push(now);
    // A round of training is judged once what it served is known.
    const pulls = done
      .slice(-3)
      .map((round, i, list) =>
        list.length < 3 || i === 0
          ? undefined
          : core.pullTowardServed(servedBase, round.served, round.before, round.after),
      )
      .filter((pull) => pull !== undefined);
    return {
      concentration: {
        now,
        usual: core.concentration(servedBase, 8),
        spread: Math.max(0.008, core.spreadOf(baseConcentration)),
      },
      towardServed: {
        pull: pulls.length === 0 ? 0 : pulls.reduce((a, b) => a + b, 0) / pulls.length,
        rounds: pulls.length,
      },
      selfCaused: {
        share: core.selfCausedShare(last),
        labels: last.own + last.independent,
        usual: core.selfCausedShare(done[0]),
      },
    };
  }

  function snapshot(now) {
    const recent = core.recentTraffic(traffic);
    const wall = clock.wall();
    const trim = (list, span) => {
      while (list.length > 0 && now - list[0].at > span) list.shift();
      return list;
    };
    trim(reports, 600_000);
    trim(flags, 600_000);
    const half = 12 * HOUR;
    return {
      service: status(),
      needs,
      roles: { feast: 'features', recommender: 'model' },
      objectives: objectiveSnapshots(now),
      monitors: monitorSnapshots(wall),
      estimates: [],
      traffic: { recent, usual: traffic.usual },
      maxFeatureAgeMs: 5 * MINUTE,
      changes: changes.filter(({ at }) => wall - at < 6 * HOUR),
      outcomes: [
        {
          kind: 'outcome',
          name: 'clicks',
          recent: outcomes.last(now, 10 * MINUTE),
          usual: outcomes.last(now - 20 * MINUTE, half),
        },
        {
          kind: 'labels',
          name: 'panel',
          recent: labels.last(now, 10 * MINUTE),
          usual: labels.last(now - 20 * MINUTE, half),
        },
      ],
      comparisons,
      reports: {
        recent: reports.length,
        harmful: reports.filter(({ harmful }) => harmful).length,
        usual: 0.0006 * recent.total * 3.3,
      },
      flags: { recent: flags.length, usual: 0.0005 * recent.total * 3.3 },
      training: training.filter(({ at, final }) => wall - at < (final ? 6 * HOUR : 30 * MINUTE)),
      loop: loopFigures(),
      queue: undefined,
    };
  }

  const view = (incident) => ({
    id: incident.id,
    service: incident.service,
    type: incident.type,
    typeByPerson: !incident.typeBy.automatic,
    dedupKey: incident.dedupKey,
    status: incident.status,
    acknowledged: incident.acknowledgedAt !== undefined,
    detectedAt: incident.detectedAt,
    resolvedAt: incident.resolvedAt,
    signals: incident.signals.map(({ key }) => key),
  });
  const apply = (id, intent) => {
    incidents = incidents.map((incident) => {
      if (incident.id !== id) return incident;
      const result = core.applyCommand(incident, { by: core.EVENKEEL, at: clock.wall(), intent });
      return result.ok ? result.incident : incident;
    });
  };
  function page(incident, why) {
    // One page an incident: what follows is escalation of the same.
    if (trackedSeverity.get(incident.id) === true || !core.pages(incident.severity)) return;
    trackedSeverity.set(incident.id, true);
    pagesSent += 1;
    log.push({
      at: clock.now(),
      what: 'page',
      incident: incident.id,
      type: incident.type,
      severity: incident.severity,
      why,
    });
  }

  function tick() {
    const now = clock.now();
    const wall = clock.wall();
    for (const clicked of world.events.outcomes.splice(0)) outcomes.add(now, clicked);
    for (const right of world.events.labels.splice(0)) labels.add(now, right);
    for (const report of world.events.reports.splice(0)) reports.push({ at: now, ...report });
    for (const _ of world.events.flags.splice(0)) flags.push({ at: now });
    training.push(...world.events.training.splice(0));
    feedMonitors();
    const troubled =
      incidents.some(core.isOpen) ||
      (signals?.active.some(({ kind }) => !kind.startsWith('change_')) ?? false);
    traffic = core.observeTraffic(traffic, meter.take(tickMs), now, troubled);
    const seen = snapshot(now);
    signals = core.observeSignals(seen, signals, wall);
    const diagnosis = core.diagnose(signals, needs);
    const opened = core.decideOpening(
      openingState,
      { signals, diagnosis, needs, incidents: incidents.map(view), shared: [], silences: [] },
      core.OPENING_DEFAULTS,
      wall,
    );
    openingState = opened.state;
    for (const decision of opened.decisions) {
      if (decision.do === 'open') {
        const { candidate, cause } = decision;
        const severity = core.judgeSeverity(
          candidate.type,
          candidate.evidence.map(({ signal }) => signal),
          core.reachOf(seen, wall),
        );
        const incident = core.openIncident(
          {
            id: nextId(),
            service: 'shop',
            type: candidate.type,
            severity: severity.severity,
            severityReason: severity.reason,
            title: candidate.likelyCause,
            description: '',
            by: core.EVENKEEL,
            dedupKey: core.causeKey('shop', cause),
            likelyCause: candidate.likelyCause,
            signals: core.signalsOf(candidate),
            startedAt: candidate.root?.since,
          },
          wall,
        );
        incidents.push(incident);
        log.push({
          at: now,
          what: 'open',
          incident: incident.id,
          type: candidate.type,
          severity: severity.severity,
          ranked: diagnosis.ranked.slice(0, 3).map((c) => ({ type: c.type, score: c.score })),
          why: candidate.likelyCause,
          evidence: candidate.evidence
            .slice(0, 4)
            .map(({ signal, contribution }) => `${signal.key} ${contribution.toFixed(2)}`),
        });
        page(incident, severity.reason);
      } else if (decision.do === 'join' || decision.do === 'retype') {
        apply(decision.incident, {
          do: 'observe',
          signals: core.signalsOf(decision.candidate),
          likelyCause: decision.candidate.likelyCause,
        });
        if (decision.do === 'retype') {
          apply(decision.incident, {
            do: 'set_type',
            type: decision.candidate.type,
            reason: decision.reason,
          });
          log.push({
            at: now,
            what: 'retype',
            incident: decision.incident,
            type: decision.candidate.type,
            why: decision.reason,
          });
        }
      } else if (decision.do === 'rejoin') {
        apply(decision.incident, { do: 'reopen', reason: decision.reason });
        log.push({ at: now, what: 'rejoin', incident: decision.incident, why: decision.reason });
      } else if (decision.do === 'resolve') {
        apply(decision.incident, { do: 'resolve', resolution: decision.reason });
        log.push({ at: now, what: 'resolve', incident: decision.incident });
      }
    }
    for (const incident of incidents) {
      if (!core.isOpen(incident)) continue;
      const verdict = core.judgeSeverity(
        incident.type,
        core.ownSignals(
          incident.signals.map(({ key }) => key),
          signals.active,
        ),
        core.reachOf(seen, wall),
      );
      const next = core.severityChange(incident.severity, verdict, undefined, wall);
      if (next === undefined) continue;
      apply(incident.id, { do: 'set_severity', ...next });
      const raised = incidents.find(({ id }) => id === incident.id);
      page(raised, next.reason);
    }
  }

  return {
    tick,
    change: (event) => changes.push({ id: `chg-${changes.length}`, at: clock.wall(), ...event }),
    compare: (event) => comparisons.push({ at: clock.wall(), ...event }),
    /** From here on the past is taken to have been like what was seen so far. */
    assumePast() {
      for (const one of [...series.values(), outcomes, labels]) one.assume(clock.now());
    },
    acknowledge(id) {
      incidents = incidents.map((incident) => {
        if (incident.id !== id) return incident;
        const result = core.applyCommand(incident, {
          by: { name: 'ann', automatic: false },
          at: clock.wall(),
          intent: { do: 'acknowledge' },
        });
        return result.ok ? result.incident : incident;
      });
    },
    incidents: () => incidents,
    signals: () => signals,
    log,
    pages: () => pagesSent,
  };
}
