import { readFileSync } from 'node:fs';
import type { MonitorsConfig, ServiceConfig } from '@evenkeel/config';
import {
  type AnswerCounts,
  baselineFrom,
  type Clock,
  createAnswerCounts,
  createMonitorBoard,
  createPerformanceEstimator,
  describeError,
  idMaker,
  isEvenkeelError,
  loadAnswers,
  localTime,
  type MonitorBoard,
  type MonitorEvent,
  type MonitorReport,
  mergeAnswers,
  type PerformanceEstimate,
  type PerformanceEstimator,
  type Random,
} from '@evenkeel/core';
import { monitorDefinition } from '@evenkeel/gateway';
import type { DocumentKind, Documents, Lease } from '@evenkeel/store';
import type { JoinedLabel } from '../objectives/label-counts.ts';
import { readColumn } from './rows.ts';

/** Everything of one service that is watched without labels, and held against labels when they come. */
export interface ServiceBoard {
  readonly config: MonitorsConfig;
  readonly board: MonitorBoard;
  readonly estimator: PerformanceEstimator;
}

export interface BoardBook {
  put(config: ServiceConfig): Promise<void>;
  /** Takes what replicas counted; what it comes to is worked out by `step`. */
  onMonitors(service: string, deltas: Readonly<Record<string, unknown>>, answers: unknown, at: number): void;
  /** Quality of the answers of the last hour, estimated from their scores; held against labels. */
  estimate(service: string): PerformanceEstimate;
  onLabel(joined: JoinedLabel): void;
  /** Works out what came, keeps it, and tells what changed. */
  step(
    lease: Lease | undefined,
  ): Promise<readonly { readonly service: string; readonly event: MonitorEvent }[]>;
  get(service: string): ServiceBoard | undefined;
  reports(service: string): readonly MonitorReport[];
  /** Values as they come in a file become the baseline of a monitor. @throws EvenkeelError */
  setBaseline(
    service: string,
    monitor: string,
    segment: string,
    values: readonly unknown[],
    ordered: boolean,
  ): Promise<void>;
  /** What was said, newest first. */
  events(service: string | undefined, limit: number): Promise<readonly unknown[]>;
}

/** States are saved this often, in milliseconds: what a killed process forgets of its detectors at most. */
const SAVE_MS = 15_000;
const MINUTE_MS = 60_000;
/** Answers of so many minutes are what an estimate is about. */
const MINUTES = 60;

interface Entry extends ServiceBoard {
  pending: Readonly<Record<string, unknown>>[];
  dirty: boolean;
  savedAt: number;
  references: string;
  /** Answers by minute of the last hour. */
  readonly answers: Map<number, AnswerCounts>;
}

export function boardBook(parts: {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly random: Random;
  readonly tell: (what: string, reason: string) => void;
}): BoardBook {
  const { documents, clock, tell } = parts;
  const entries = new Map<string, Entry>();
  const newId = idMaker('mo', clock, parts.random);
  const now = (): number => Math.round(clock.wall());

  /** Written whole by whoever leads; when somebody else was faster, theirs is newer. */
  async function keep(
    kind: DocumentKind,
    id: string,
    service: string,
    body: unknown,
    lease: Lease | undefined,
  ): Promise<void> {
    const known = await documents.get(kind, id);
    await documents.commit({
      puts: [
        {
          kind,
          id,
          service,
          state: 'kept',
          label: '',
          createdAt: known?.createdAt ?? now(),
          updatedAt: now(),
          revision: known?.revision ?? 0,
          body,
        },
      ],
      audit: [],
      outbox: [],
      lease,
    });
  }

  function made(
    config: ServiceConfig,
    saved: { board: unknown; estimator: unknown } | undefined,
  ): ServiceBoard {
    const { monitors: own } = config;
    return {
      config: own,
      board: createMonitorBoard(
        own.monitors.map(monitorDefinition),
        {
          falseAlarmEvery: own.falseAlarmEvery,
          localTime: (at) => {
            const { weekday, hour } = localTime(at, config.timeZone);
            return { weekday, hour };
          },
        },
        saved?.board,
      ),
      estimator: createPerformanceEstimator(own.estimate, saved?.estimator),
    };
  }

  async function restore(config: ServiceConfig): Promise<ServiceBoard> {
    const row = await documents.get('monitor', config.name);
    const body = row?.body;
    const saved =
      typeof body === 'object' && body !== null && 'board' in body && 'estimator' in body
        ? { board: body.board, estimator: body.estimator }
        : undefined;
    try {
      return made(config, saved);
    } catch (error) {
      if (!isEvenkeelError(error)) throw error;
      tell(`${config.name}: what monitors knew cannot be used, they begin afresh`, describeError(error));
      return made(config, undefined);
    }
  }

  /** Baselines that the file hands over, where there is none yet. */
  function giveBaselines(service: string, { config, board }: ServiceBoard): void {
    const have = new Set(board.references().map(({ monitor, segment }) => `${monitor} ${segment}`));
    for (const { name, kind, baseline } of config.monitors) {
      if (baseline.kind !== 'given' || have.has(`${name} `)) continue;
      try {
        const values = readColumn(readFileSync(baseline.file, 'utf8'), baseline.file, baseline.column);
        const at = now();
        board.setBaseline(
          name,
          '',
          baselineFrom(kind, values, {
            version: 1,
            source: 'given',
            from: at,
            to: at,
            madeAt: at,
            ordered: false,
          }),
        );
      } catch (error) {
        tell(`${service}: the baseline of ${name} cannot be read`, describeError(error));
      }
    }
  }

  async function stepOne(
    service: string,
    entry: Entry,
    lease: Lease | undefined,
  ): Promise<readonly MonitorEvent[]> {
    const { board } = entry;
    const came = entry.pending;
    entry.pending = [];
    const events = [...board.apply(came, now()), ...board.tick(now())];
    if (came.length > 0) entry.dirty = true;
    for (const event of events) {
      const { report } = event;
      await documents.commit({
        puts: [
          {
            kind: 'alert',
            id: newId(),
            service,
            state: 'monitor',
            label: report.monitor,
            createdAt: event.at,
            updatedAt: event.at,
            revision: 0,
            body: event,
          },
        ],
        audit: [],
        outbox: [],
        lease,
      });
    }
    const references = JSON.stringify(board.references());
    if (references !== entry.references) {
      await keep('baseline', service, service, { references: board.references() }, lease);
      entry.references = references;
    }
    if (entry.dirty && (events.length > 0 || clock.now() - entry.savedAt > SAVE_MS)) {
      await keep(
        'monitor',
        service,
        service,
        { board: board.save(), estimator: entry.estimator.save() },
        lease,
      );
      entry.dirty = false;
      entry.savedAt = clock.now();
    }
    return events;
  }

  function addAnswers({ answers }: Entry, raw: unknown, at: number): void {
    let counts: AnswerCounts;
    try {
      counts = loadAnswers(raw);
    } catch {
      // Of another version of the program: an estimate is not worth failing for.
      return;
    }
    const minute = Math.floor(at / MINUTE_MS);
    const known = answers.get(minute);
    if (known === undefined) answers.set(minute, counts);
    else mergeAnswers(known, counts);
    for (const old of answers.keys()) if (old <= minute - MINUTES) answers.delete(old);
  }

  function entryOf(service: string): Entry {
    const entry = entries.get(service);
    if (entry === undefined) throw new RangeError(`no board for ${service}`);
    return entry;
  }

  return {
    async put(config) {
      const board = await restore(config);
      giveBaselines(config.name, board);
      entries.set(config.name, {
        ...board,
        pending: [],
        dirty: true,
        savedAt: clock.now(),
        references: '',
        answers: new Map(),
      });
    },
    onMonitors(service, deltas, answers, at) {
      const entry = entries.get(service);
      if (entry === undefined) return;
      if (Object.keys(deltas).length > 0) entry.pending.push(deltas);
      if (answers !== undefined) addAnswers(entry, answers, at);
    },
    estimate(service) {
      const { answers, estimator } = entryOf(service);
      const hour = createAnswerCounts();
      for (const counts of answers.values()) mergeAnswers(hour, counts);
      return estimator.estimate(hour);
    },
    onLabel(joined) {
      const entry = entries.get(joined.service);
      if (entry === undefined || joined.predicted === undefined) return;
      const { positive } = entry.config.estimate;
      const score = positive === undefined ? joined.confidence : joined.score;
      if (score === undefined) return;
      const { alarms } = entry.estimator.label({
        id: joined.request,
        score,
        saidPositive: positive === undefined || joined.predicted === positive,
        positive: positive === undefined ? joined.label === joined.predicted : joined.label === positive,
        delayMs: Math.max(0, joined.arrivedAt - joined.at),
      });
      for (const { summary } of alarms) tell(`${joined.service}: the estimate of quality is void`, summary);
      entry.dirty = true;
    },
    async step(lease) {
      const all: { service: string; event: MonitorEvent }[] = [];
      for (const [service, entry] of entries) {
        for (const event of await stepOne(service, entry, lease)) all.push({ service, event });
      }
      return all;
    },
    get: (service) => entries.get(service),
    reports: (service) => entries.get(service)?.board.reports(now()) ?? [],
    async setBaseline(service, monitor, segment, values, ordered) {
      const entry = entryOf(service);
      const definition = entry.board.definitions.find(({ name }) => name === monitor);
      const at = now();
      entry.board.setBaseline(
        monitor,
        segment,
        baselineFrom(definition?.kind ?? 'numeric', values, {
          version: entry.board.nextVersion(monitor, segment),
          source: 'given',
          from: at,
          to: at,
          madeAt: at,
          ordered,
        }),
      );
      entry.dirty = true;
      entry.savedAt = Number.NEGATIVE_INFINITY;
    },
    async events(service, limit) {
      const rows = await documents.list({ kind: 'alert', service, states: ['monitor'], limit });
      return rows.map(({ id, service: of, body }) => ({ id, service: of, ...Object(body) }));
    },
  };
}
