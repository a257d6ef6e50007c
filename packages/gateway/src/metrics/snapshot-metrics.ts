import type { GateSnapshot, ServiceStatus } from '@evenkeel/core';
import { LEVELS, PRIORITIES, REFUSAL_RULES } from '@evenkeel/core';
import { counterFamily, type Family, gaugeFamily } from './family.ts';

const BREAKER_STATES = ['closed', 'open', 'half_open'] as const;
const AVAILABILITIES = ['ready', 'probe', 'down', 'forbidden'] as const;
/** `gate` of the gate in front of a whole service; those of rungs carry the rung's name. */
const SERVICE_GATE = '';

/** What stands somewhere and is read when a scrape asks: nothing of it costs a request anything. */
export interface SnapshotMetrics {
  readonly families: readonly Family[];
  /** Writes all series anew. */
  update(services: readonly ServiceStatus[]): void;
}

export function snapshotMetrics(): SnapshotMetrics {
  const entry = gaugeFamily(
    'evenkeel_ladder_entry',
    'Rung at which requests enter the ladder now (1), and the others (0).',
    ['service', 'rung', 'level'],
  );
  const level = gaugeFamily(
    'evenkeel_ladder_level',
    'Level at which requests enter now: 0 full service to 4 static fallback, 5 no rung at all.',
    ['service'],
  );
  const availability = gaugeFamily(
    'evenkeel_rung_availability',
    'State of each rung: 1 for the one it is in.',
    ['service', 'rung', 'state'],
  );
  const breaker = gaugeFamily('evenkeel_breaker_state', 'State of each breaker: 1 for the one it is in.', [
    'service',
    'rung',
    'state',
  ]);
  const breakerRefused = counterFamily(
    'evenkeel_breaker_refused_total',
    'Calls that an open breaker refused.',
    ['service', 'rung'],
  );
  const gateLabels = ['service', 'gate'];
  const limit = gaugeFamily(
    'evenkeel_gate_limit',
    'Permits of a gate; the service gate has an empty name.',
    gateLabels,
  );
  const inflight = gaugeFamily('evenkeel_gate_inflight', 'Permits of a gate that are in use.', gateLabels);
  const queued = gaugeFamily('evenkeel_gate_queued', 'Requests that wait at a gate.', gateLabels);
  const pressure = gaugeFamily(
    'evenkeel_gate_pressure_ratio',
    'Smoothed queue wait of a gate over its target wait.',
    gateLabels,
  );
  const wait = gaugeFamily(
    'evenkeel_gate_queue_wait_seconds',
    'What a request at the very end of the queue would wait.',
    gateLabels,
  );
  const admitted = counterFamily('evenkeel_admitted_total', 'Requests that a gate admitted, by class.', [
    ...gateLabels,
    'class',
  ]);
  const refused = counterFamily('evenkeel_shed_total', 'Requests that a gate refused, by rule and class.', [
    ...gateLabels,
    'rule',
    'class',
  ]);
  const component = gaugeFamily('evenkeel_component_up', 'Whether what rungs depend on is healthy.', [
    'service',
    'component',
  ]);
  const running = gaugeFamily('evenkeel_requests_in_flight', 'Live requests that are being answered.', [
    'service',
  ]);
  const probes = counterFamily('evenkeel_probes_total', 'Requests sent up the ladder to probe it.', [
    'service',
  ]);
  const directives = gaugeFamily('evenkeel_directives_active', 'Directives in force.', ['service']);
  const stale = gaugeFamily(
    'evenkeel_config_refused',
    'Whether a newer version of the file was refused (1): the one before is running.',
    ['service'],
  );
  const families = [
    entry,
    level,
    availability,
    breaker,
    breakerRefused,
    limit,
    inflight,
    queued,
    pressure,
    wait,
    admitted,
    refused,
    component,
    running,
    probes,
    directives,
    stale,
  ];

  function writeGate(service: string, name: string, gate: GateSnapshot): void {
    limit.cell(service, name).value = gate.effectiveLimit;
    inflight.cell(service, name).value = gate.inflight;
    queued.cell(service, name).value = gate.queued;
    pressure.cell(service, name).value = gate.pressure;
    wait.cell(service, name).value = gate.queueWaitMs / 1_000;
    for (const priority of PRIORITIES) {
      admitted.cell(service, name, String(priority)).value = gate.admitted[priority];
      for (const rule of REFUSAL_RULES) {
        refused.cell(service, name, rule, String(priority)).value = gate.refused[rule][priority];
      }
    }
  }

  function writeRung(service: ServiceStatus, rung: ServiceStatus['rungs'][number]): void {
    const { name } = service;
    entry.cell(name, rung.name, rung.level).value = rung.name === service.entry ? 1 : 0;
    for (const state of AVAILABILITIES) {
      availability.cell(name, rung.name, state).value = rung.availability === state ? 1 : 0;
    }
    if (rung.breaker !== undefined) {
      for (const state of BREAKER_STATES) {
        breaker.cell(name, rung.name, state).value = rung.breaker.state === state ? 1 : 0;
      }
      breakerRefused.cell(name, rung.name).value = rung.breaker.refused;
    }
    if (rung.gate !== undefined) writeGate(name, rung.name, rung.gate);
  }

  return {
    families,
    update(services) {
      for (const family of families) family.clear();
      for (const service of services) {
        const { name } = service;
        level.cell(name).value = service.level === 'failed' ? LEVELS.length : LEVELS.indexOf(service.level);
        for (const rung of service.rungs) writeRung(service, rung);
        if (service.gate !== undefined) writeGate(name, SERVICE_GATE, service.gate);
        for (const one of service.components) component.cell(name, one.name).value = one.up ? 1 : 0;
        running.cell(name).value = service.figures.inFlight;
        probes.cell(name).value = service.figures.probes;
        directives.cell(name).value = service.directives.length;
        stale.cell(name).value = service.file.problem === undefined ? 0 : 1;
      }
    },
  };
}
