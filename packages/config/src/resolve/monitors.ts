import type { PathStep } from '../document.ts';
import type { RawBaseline, RawMonitors } from '../schema/monitors.ts';
import type { RawService } from '../schema/service.ts';
import type { BaselineConfig, MonitorConfig, MonitorSource, MonitorsConfig } from '../service-config.ts';
import type { Scope } from './scope.ts';

const DAY_MS = 86_400_000;

/** `feature:age` as a source. The schema has seen to it that it is one. */
function sourceOf(of: string): MonitorSource {
  const [kind = '', ...rest] = of.split(':');
  const path = rest.join(':');
  if (kind === 'feature') return { from: 'feature', name: path };
  if (kind === 'input') return { from: 'input', path };
  switch (kind) {
    case 'confidence':
    case 'label':
    case 'level':
    case 'input_tokens':
    case 'output_tokens':
      return { from: kind };
    default:
      return { from: 'score' };
  }
}

const NAMES: ReadonlySet<MonitorSource['from']> = new Set(['label', 'level']);

function roleOf(source: MonitorSource): MonitorConfig['role'] {
  if (source.from === 'confidence') return 'confidence';
  return source.from === 'feature' || source.from === 'input' || source.from === 'input_tokens'
    ? 'input'
    : 'prediction';
}

/** Names of the features that the source gives, as far as the file knows them. Feast answers `view:feature` under the name of the feature alone. */
function featureNames(raw: RawService): readonly string[] {
  const { features } = raw;
  if (features === undefined) return [];
  return [
    ...(features.feast?.features ?? []).map((reference) => reference.slice(reference.indexOf(':') + 1)),
    ...(features.redis?.fields ?? []),
  ];
}

function baselineOf(
  raw: RawBaseline,
  monitor: string,
  at: readonly PathStep[],
  scope: Scope,
): BaselineConfig {
  if (raw === 'learned') return { kind: 'learned' };
  if ('file' in raw)
    return { kind: 'given', file: scope.file([...at, 'file'], raw.file), column: raw.column ?? monitor };
  if ('seasonal' in raw) return { kind: 'seasonal', weeks: raw.seasonal };
  const days = raw.rolling / DAY_MS;
  if (!Number.isInteger(days) || days < 1 || days > 90) {
    scope.fail([...at, 'rolling'], 'a rolling baseline is of 1 to 90 whole days, such as "7d"');
  }
  return { kind: 'rolling', days: Math.min(90, Math.max(1, Math.round(days))) };
}

/** From the section to the monitors of the service: those named, and the usual ones that are not replaced. */
export function resolveMonitors(raw: RawMonitors, service: RawService, scope: Scope): MonitorsConfig {
  const monitors: MonitorConfig[] = [];
  const add = (
    name: string,
    of: string,
    own: Partial<RawMonitors['watch'][string]>,
    at: readonly PathStep[],
  ): void => {
    const source = sourceOf(of);
    const learn = own.learn ?? raw.learn;
    const written = own.baseline ?? raw.baseline;
    const where = own.baseline === undefined ? ['monitors', 'baseline'] : [...at, 'baseline'];
    monitors.push({
      name,
      source,
      role: roleOf(source),
      kind: own.kind ?? (NAMES.has(source.from) ? 'categorical' : 'numeric'),
      worse: own.worse ?? (source.from === 'confidence' ? 'lower' : 'any'),
      baseline: baselineOf(written, name, where, scope),
      learn: { values: learn.values, forMs: learn.for },
      minimum: own.minimum ?? raw.minimum,
      maxAgeMs: own.max_age ?? raw.max_age,
      maxSegments: own.segments === false ? 0 : (raw.segments?.max ?? 0),
    });
  };
  const known = featureNames(service);
  const taken = new Set<string>();
  for (const [name, watch] of Object.entries(raw.watch)) {
    const at = ['monitors', 'watch', name];
    add(name, watch.of, watch, at);
    taken.add(watch.of);
    const source = sourceOf(watch.of);
    if (source.from === 'feature' && known.length > 0) {
      scope.reference([...at, 'of'], source.name, known, 'feature');
    }
  }
  if (raw.defaults) {
    for (const of of [...known.map((name) => `feature:${name}`), 'score', 'confidence', 'label', 'level']) {
      if (taken.has(of)) continue;
      if (Object.hasOwn(raw.watch, of)) {
        scope.fail(
          ['monitors', 'watch', of],
          `is the name of the usual monitor of ${of}: choose another one, or watch ${of}`,
        );
      } else add(of, of, {}, ['monitors']);
    }
  }
  const { positive, false_alarm_every, calibrate_after, half_life } = raw.estimate;
  if (half_life < calibrate_after) {
    scope.fail(
      ['monitors', 'estimate', 'half_life'],
      `is less than calibrate_after, ${calibrate_after} labels`,
    );
  }
  return {
    monitors,
    falseAlarmEvery: raw.false_alarm_every,
    segmentBy: raw.segments?.by,
    estimate: {
      positive,
      falseAlarmEvery: false_alarm_every,
      calibrateAfter: calibrate_after,
      halfLife: half_life,
      maxSegments: raw.segments?.max ?? 0,
    },
  };
}
