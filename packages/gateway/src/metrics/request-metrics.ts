import {
  ERRORS,
  LEVELS,
  type RequestRecord,
  type ServedLevel,
  type Step,
  type StepOutcome,
} from '@evenkeel/core';
import type { Cell, HistogramCell } from './family.ts';
import { labelCap, OTHER } from './label-cap.ts';
import type { RequestFamilies } from './request-families.ts';

/** What became of a request, as a label. */
export type RequestOutcome =
  | 'served'
  /** Turned away for load, or over its budget. */
  | 'shed'
  /** An error that is ours. */
  | 'failed'
  /** An error that is the caller's, or a caller that has gone. */
  | 'rejected';

const OUTCOMES: readonly RequestOutcome[] = ['served', 'shed', 'failed', 'rejected'];
const SERVED_LEVELS: readonly ServedLevel[] = [...LEVELS, 'failed'];
const STEP_OUTCOMES: readonly StepOutcome[] = [
  'answered',
  'skipped',
  'full',
  'failed',
  'timed_out',
  'unsafe',
];
const SOURCES = ['online', 'cache', 'batch', 'none'] as const;
const VERDICTS = ['allow', 'block', 'replace', 'hold'] as const;
/** Models and versions are told apart for each service up to these counts. */
const MOST_MODELS = 20;
const MOST_VERSIONS = 20;
/** Rungs come from the file, which bounds them; this holds whatever the file says. */
const MOST_RUNGS = 64;

/** A service's series, looked up once. */
interface ServiceCells {
  readonly requests: Record<ServedLevel, Record<RequestOutcome, Cell>>;
  readonly duration: Record<ServedLevel, HistogramCell>;
  readonly rungs: Map<string, RungCells>;
  readonly rungName: (rung: string) => string;
  readonly models: Map<string, ModelCells>;
  readonly modelName: (model: string) => string;
  readonly errors: Map<string, Cell>;
  readonly firstToken: HistogramCell;
  readonly chunkGap: HistogramCell;
  readonly confidence: HistogramCell;
  readonly reads: Record<(typeof SOURCES)[number], Cell>;
  readonly missing: Cell;
  readonly age: HistogramCell;
  readonly featureDuration: HistogramCell;
  readonly safety: Record<(typeof VERDICTS)[number], Cell>;
}

interface RungCells {
  readonly outcomes: Record<StepOutcome, Cell>;
  readonly duration: HistogramCell;
}

interface ModelCells {
  readonly versions: Map<string, Cell>;
  readonly versionName: (version: string) => string;
  readonly input: Cell;
  readonly output: Cell;
  readonly name: string;
}

/** A record with every key of `keys`. */
function each<K extends string, V>(keys: readonly K[], make: (key: K) => V): Record<K, V> {
  const made: Partial<Record<K, V>> = {};
  for (const key of keys) made[key] = make(key);
  return whole(made, keys);
}

function whole<K extends string, V>(made: Partial<Record<K, V>>, keys: readonly K[]): Record<K, V> {
  if (isWhole(made, keys)) return made;
  throw new TypeError('a key is missing');
}

function isWhole<K extends string, V>(made: Partial<Record<K, V>>, keys: readonly K[]): made is Record<K, V> {
  return keys.every((key) => made[key] !== undefined);
}

export function outcomeOf(record: RequestRecord): RequestOutcome {
  const { error } = record;
  if (error === undefined) return 'served';
  if (error === 'shed' || error === 'rate_limited') return 'shed';
  return record.status >= 500 ? 'failed' : 'rejected';
}

/** A model's word about itself, which may be no count: counters only grow. */
function countable(tokens: number | undefined): number {
  return tokens !== undefined && tokens > 0 && Number.isFinite(tokens) ? tokens : 0;
}

/** Counts finished requests. */
export interface RequestMetrics {
  /** Makes the series of a service at 0, before its first request: what never happened is then 0 and not absent. */
  declare(service: string, rungs: readonly string[]): void;
  onRecord(record: RequestRecord): void;
}

/** @param mostServices services told apart; the rest is `other` */
export function requestMetrics(families: RequestFamilies, mostServices: number): RequestMetrics {
  const services = new Map<string, ServiceCells>();
  const serviceName = labelCap(mostServices);

  function cellsOf(service: string): ServiceCells {
    const known = services.get(service);
    if (known !== undefined) return known;
    const name = serviceName(service);
    // All services beyond the cap share one entry: this map is bounded too.
    const shared = services.get(name);
    if (shared !== undefined) return shared;
    const made: ServiceCells = {
      requests: each(SERVED_LEVELS, (level) =>
        each(OUTCOMES, (outcome) => families.requests.cell(name, level, outcome)),
      ),
      duration: each(SERVED_LEVELS, (level) => families.duration.cell(name, level)),
      rungs: new Map(),
      rungName: labelCap(MOST_RUNGS),
      models: new Map(),
      modelName: labelCap(MOST_MODELS),
      errors: new Map(),
      firstToken: families.firstToken.cell(name),
      chunkGap: families.chunkGap.cell(name),
      confidence: families.confidence.cell(name),
      reads: each(SOURCES, (source) => families.featureReads.cell(name, source)),
      missing: families.featuresMissing.cell(name),
      age: families.featureAge.cell(name),
      featureDuration: families.featureDuration.cell(name),
      safety: each(VERDICTS, (verdict) => families.safety.cell(name, verdict)),
    };
    for (const code of Object.keys(ERRORS)) made.errors.set(code, families.errors.cell(name, code));
    services.set(name, made);
    return made;
  }

  function rungOf(service: string, cells: ServiceCells, rung: string): RungCells {
    const known = cells.rungs.get(rung);
    if (known !== undefined) return known;
    const name = cells.rungName(rung);
    const shared = cells.rungs.get(name);
    if (shared !== undefined) return shared;
    const label = serviceName(service);
    const made: RungCells = {
      outcomes: each(STEP_OUTCOMES, (outcome) => families.attempts.cell(label, name, outcome)),
      duration: families.rungDuration.cell(label, name),
    };
    cells.rungs.set(name, made);
    return made;
  }

  function modelOf(service: string, cells: ServiceCells, model: string): ModelCells {
    const known = cells.models.get(model);
    if (known !== undefined) return known;
    const name = cells.modelName(model);
    const shared = cells.models.get(name);
    if (shared !== undefined) return shared;
    const label = serviceName(service);
    const made: ModelCells = {
      name,
      versions: new Map(),
      versionName: labelCap(MOST_VERSIONS),
      input: families.tokens.cell(label, name, 'input'),
      output: families.tokens.cell(label, name, 'output'),
    };
    cells.models.set(name, made);
    return made;
  }

  function countSteps(service: string, cells: ServiceCells, steps: readonly Step[]): void {
    for (const step of steps) {
      const rung = rungOf(service, cells, step.rung);
      rung.outcomes[step.outcome].value += 1;
      if (step.outcome === 'answered') rung.duration.observe(step.durationMs / 1_000);
    }
  }

  function countPrediction(record: RequestRecord, cells: ServiceCells, model: string): void {
    const own = modelOf(record.service, cells, model);
    const version = record.version ?? '';
    let versioned = own.versions.get(version);
    if (versioned === undefined) {
      const name = own.versionName(version);
      versioned = families.predictions.cell(serviceName(record.service), own.name, name);
      // What is `other` is looked up by its cell each time: the map stays bounded.
      if (name !== OTHER) own.versions.set(version, versioned);
    }
    versioned.value += 1;
    own.input.value += countable(record.inputTokens);
    own.output.value += countable(record.outputTokens);
    if (record.confidence !== undefined) cells.confidence.observe(record.confidence);
  }

  function countFeatures(record: RequestRecord, cells: ServiceCells): void {
    const { features } = record;
    if (features === undefined) return;
    cells.reads[features.source].value += 1;
    cells.missing.value += features.missing.length;
    cells.featureDuration.observe(features.durationMs / 1_000);
    if (features.ageMs !== undefined && record.error === undefined) cells.age.observe(features.ageMs / 1_000);
  }

  return {
    declare(service, rungs) {
      const cells = cellsOf(service);
      for (const rung of rungs) rungOf(service, cells, rung);
    },
    onRecord(record) {
      if (record.kind !== 'live') return;
      const cells = cellsOf(record.service);
      cells.requests[record.level][outcomeOf(record)].value += 1;
      const seconds = record.durationMs / 1_000;
      const duration = cells.duration[record.level];
      if (record.traceId === undefined) duration.observe(seconds);
      else duration.observeTraced(seconds, record.traceId, record.at + record.durationMs);
      const { error } = record;
      const counted = error === undefined ? undefined : cells.errors.get(error);
      if (counted !== undefined) counted.value += 1;
      countSteps(record.service, cells, record.steps);
      if (record.model !== undefined) countPrediction(record, cells, record.model);
      countFeatures(record, cells);
      if (record.safety !== undefined) cells.safety[record.safety.verdict].value += 1;
      if (record.firstChunkMs !== undefined) cells.firstToken.observe(record.firstChunkMs / 1_000);
      if (record.meanGapMs !== undefined) cells.chunkGap.observe(record.meanGapMs / 1_000);
    },
  };
}
