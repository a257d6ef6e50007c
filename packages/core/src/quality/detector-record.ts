import { EvenkeelError } from '../kernel/errors.ts';
import type { DriftFinding, DriftLevel } from './drift-finding.ts';
import type { DriftTables } from './drift-tables.ts';
import {
  malformed,
  readAmount,
  readArray,
  readFinite,
  readFinites,
  readRecord,
} from './metrics/json-state.ts';

/** Everything that a detector keeps between two ticks. */
export interface DetectorState {
  readonly fingerprint: string;
  readonly sums: readonly number[];
  readonly state: readonly number[];
  readonly liveTotal: number;
  readonly half: number;
  readonly recentTotal: number;
  readonly sinceRefresh: number;
  readonly events: number;
  readonly alarms: number;
  readonly level: DriftLevel;
  readonly quiet: number;
  readonly patience: number;
  readonly finding: DriftFinding | undefined;
}

const AMOUNTS = [
  'liveTotal',
  'half',
  'recentTotal',
  'sinceRefresh',
  'events',
  'alarms',
  'quiet',
  'patience',
] as const;

export function writeDetectorState({ finding, ...state }: DetectorState): unknown {
  if (finding === undefined) return { ...state, finding: null };
  // Movements are the tables' own: their places are enough.
  const { before, after, ...rest } = finding;
  return { ...state, finding: { ...rest, before: [...before], after: [...after] } };
}

/** @throws EvenkeelError `bad_request` for what is no state, `conflict` for one of another baseline */
export function readDetectorState(
  raw: unknown,
  sums: number,
  state: number,
  tables: DriftTables,
): DetectorState {
  const record = readRecord(raw, 'a drift detector');
  if (record.fingerprint !== tables.reference.fingerprint) {
    throw new EvenkeelError(
      'conflict',
      `The saved detector watched against ${String(record.fingerprint)}, not ${tables.reference.fingerprint}.`,
    );
  }
  const level = record.level;
  if (level !== 'stable' && level !== 'watch' && level !== 'drifted') throw malformed('level is none');
  const amounts = Object.fromEntries(AMOUNTS.map((key) => [key, readAmount(record[key], key)]));
  const amount = (key: (typeof AMOUNTS)[number]): number => amounts[key] ?? 0;
  return {
    fingerprint: tables.reference.fingerprint,
    sums: readFinites(record.sums, sums, 'sums'),
    state: readFinites(record.state, state, 'state'),
    liveTotal: amount('liveTotal'),
    half: amount('half'),
    recentTotal: amount('recentTotal'),
    sinceRefresh: amount('sinceRefresh'),
    events: amount('events'),
    alarms: amount('alarms'),
    level,
    quiet: amount('quiet'),
    patience: amount('patience'),
    finding: record.finding === null ? undefined : readFinding(record.finding, tables),
  };
}

function readFinding(raw: unknown, tables: DriftTables): DriftFinding {
  const record = readRecord(raw, 'a finding');
  const change = readRecord(record.change, 'a change point');
  const shares = (list: unknown): Float64Array =>
    Float64Array.from(readFinites(list, tables.slots, 'shares'));
  const movements = readArray(record.movements, 'movements').map((entry) => {
    const { movement, share } = readRecord(entry, 'a movement');
    const text = JSON.stringify(movement);
    const known = tables.movements.find((candidate) => JSON.stringify(candidate) === text);
    if (known === undefined) throw malformed(`a movement that is none: ${text}`);
    return { movement: known, share: readFinite(share, 'a share') };
  });
  return {
    evidence: readAmount(record.evidence, 'evidence'),
    change: {
      eventsAgo: readAmount(change.eventsAgo, 'eventsAgo'),
      earliest: readAmount(change.earliest, 'earliest'),
      latest: readAmount(change.latest, 'latest'),
    },
    movements,
    before: shares(record.before),
    after: shares(record.after),
  };
}
