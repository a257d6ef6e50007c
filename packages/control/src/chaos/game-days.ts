import {
  type BudgetView,
  type Clock,
  type DayRecord,
  describeError,
  EvenkeelError,
  type GameDayEffect,
  type GameDayEvent,
  type GameDayMode,
  type GameDayState,
  gameDayRun,
  idMaker,
  isEvenkeelError,
  planGameDay,
  type Random,
  type Scenario,
} from '@evenkeel/core';
import type { Documents, Lease } from '@evenkeel/store';
import { z } from 'zod';
import type { IncidentBook } from '../incidents/book.ts';
import { isOfChaos } from './aftermath.ts';
import type { KeptRun } from './kept-run.ts';

/** A game day as it is kept, with its scenario as it was when it was planned. */
export interface KeptDay {
  readonly scenario: Scenario;
  readonly state: GameDayState;
  /** The budgets when it started. */
  readonly budgets: readonly BudgetView[] | undefined;
  readonly revision: number;
}

export interface GameDays {
  plan(scenario: Scenario, mode: GameDayMode, facilitator: string): Promise<KeptDay>;
  /** @throws EvenkeelError conflict with the reason when the event is not taken */
  tell(id: string, event: GameDayEvent): Promise<KeptDay>;
  get(id: string): Promise<KeptDay>;
  list(limit: number): Promise<readonly KeptDay[]>;
  /** A run that a day has started is over. */
  ended(run: KeptRun): Promise<void>;
  /** One look at every day. Only where this process leads. */
  step(lease: Lease | undefined): Promise<void>;
}

const object = (value: unknown): value is object => typeof value === 'object' && value !== null;
const body = z.object({
  scenario: z.custom<Scenario>((value) => object(value) && 'injects' in value),
  state: z.custom<GameDayState>((value) => object(value) && 'phase' in value && 'log' in value),
  budgets: z.custom<readonly BudgetView[]>(Array.isArray).optional(),
});

/** The record is read this often while people act, in milliseconds. */
const RECORD_EVERY_MS = 5_000;
const MOST_DAYS = 50;
const MOST_INCIDENTS = 200;
const TRIES = 5;

export function gameDays(parts: {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly random: Random;
  readonly incidents: Pick<IncidentBook, 'list'>;
  readonly budgets: (service: string) => readonly BudgetView[] | undefined;
  /** Starts an experiment for a day. */
  readonly startExperiment: (name: string, day: KeptDay) => Promise<void>;
  /** Stops what a day has started. */
  readonly haltRuns: (day: string, reason: string) => Promise<void>;
  readonly onChange: (day: KeptDay) => void;
  readonly tell: (what: string, reason: string) => void;
}): GameDays {
  const { documents, clock } = parts;
  const newId = idMaker('gd', clock, parts.random);
  const boot = newId();
  const readAt = new Map<string, number>();
  const now = (): GameDayState['clock'] => ({ mono: clock.now(), wall: clock.wall(), boot });

  async function read(id: string): Promise<KeptDay> {
    const row = await documents.get('gameday', id);
    const parsed = body.safeParse(row?.body);
    if (row === undefined || !parsed.success) throw new EvenkeelError('not_found', `no game day ${id}`);
    const { scenario, state, budgets } = parsed.data;
    return { scenario, state, budgets, revision: row.revision };
  }

  async function save(day: KeptDay, lease?: Lease): Promise<KeptDay> {
    const { state, scenario, budgets, revision } = day;
    const at = Math.round(clock.wall());
    await documents.commit({
      puts: [
        {
          kind: 'gameday',
          id: state.id,
          service: scenario.service,
          state: state.phase,
          label: scenario.name,
          createdAt: Math.round(state.log[0]?.at ?? at),
          updatedAt: at,
          revision,
          body: { scenario, state, budgets },
        },
      ],
      audit: [],
      outbox: [],
      lease,
    });
    const saved = { ...day, revision: revision + 1 };
    parts.onChange(saved);
    return saved;
  }

  async function recordOf({ state, scenario, budgets }: KeptDay): Promise<DayRecord> {
    const from = state.startedAt ?? clock.wall();
    const found = await parts.incidents
      .list({ service: scenario.service, from, limit: MOST_INCIDENTS })
      .catch(() => undefined);
    // What an experiment says of itself was noticed by nobody.
    const since = found?.filter(
      ({ detectedAt, dedupKey }) => detectedAt >= from && !isOfChaos(scenario.service, dedupKey),
    );
    const latest = parts.budgets(scenario.service);
    const spent = latest?.flatMap(({ objective, remaining }) => {
      const first = budgets?.find((one) => one.objective === objective)?.remaining;
      return first === undefined || remaining === undefined ? [] : [Math.max(0, first - remaining)];
    });
    return {
      incidents: since?.map((one) => ({
        id: one.id,
        type: one.type,
        openedAt: one.detectedAt,
        acknowledgedAt: one.acknowledgedAt,
        acknowledgedBy: one.acknowledgedBy,
        mitigatedAt: one.mitigatedAt,
      })),
      pages: since?.flatMap(({ pages }) => pages.map(({ to, at }) => ({ who: to, at }))),
      budgetSpent: spent === undefined || spent.length === 0 ? undefined : Math.max(...spent),
    };
  }

  async function perform(day: KeptDay, effect: GameDayEffect): Promise<GameDayEvent | undefined> {
    switch (effect.kind) {
      case 'run_experiment':
        try {
          await parts.startExperiment(effect.experiment, day);
          return undefined;
        } catch (error) {
          const { experiment } = effect;
          return { kind: 'experiment_ended', experiment, status: 'refused', reason: describeError(error) };
        }
      case 'halt':
        await parts.haltRuns(day.state.id, effect.reason);
        return undefined;
      case 'read_record':
        return { kind: 'recorded', record: await recordOf(day) };
      // What is told stands in the log, and the feed says that there is something new.
      case 'tell':
      case 'finished':
        return undefined;
    }
  }

  async function take(id: string, event: GameDayEvent, lease?: Lease): Promise<KeptDay> {
    for (let n = 1; ; n++) {
      const before = await read(id);
      const step = gameDayRun(before.scenario, before.state, event, now());
      if (step.refused !== '') throw new EvenkeelError('conflict', step.refused);
      const quiet =
        event.kind === 'tick' && step.effects.length === 0 && step.state.phase === before.state.phase;
      const started = before.state.startedAt === undefined && step.state.startedAt !== undefined;
      const next: KeptDay = {
        ...before,
        state: step.state,
        budgets: started ? parts.budgets(before.scenario.service) : before.budgets,
      };
      // A tick that changes nothing but the clock is not worth a write: the next one counts from the same mark.
      if (quiet && step.state.log.length === before.state.log.length) return before;
      const saved = await save(next, lease).catch((error: unknown) => {
        // Somebody was faster: what happened is taken into what they left.
        if (isEvenkeelError(error) && error.code === 'conflict' && n < TRIES) return undefined;
        throw error;
      });
      if (saved === undefined) continue;
      for (const effect of step.effects) {
        const answer = await perform(saved, effect);
        if (answer !== undefined) await take(id, answer);
      }
      return read(id);
    }
  }

  return {
    async plan(scenario, mode, facilitator) {
      const state = planGameDay(scenario, { id: newId(), mode, facilitator }, now());
      return save({ scenario, state, budgets: undefined, revision: 0 });
    },
    tell: (id, event) => take(id, event),
    get: read,
    async list(limit) {
      const rows = await documents.list({ kind: 'gameday', limit });
      return rows.flatMap((row) => {
        const parsed = body.safeParse(row.body);
        return parsed.success
          ? [{ ...parsed.data, budgets: parsed.data.budgets, revision: row.revision }]
          : [];
      });
    },
    async ended({ gameDay, experiment, state }) {
      if (gameDay === undefined) return;
      await take(gameDay, {
        kind: 'experiment_ended',
        experiment: experiment.name,
        status: state.status ?? 'ended',
        reason: state.reason,
      }).catch((error: unknown) => parts.tell(`the game day ${gameDay}`, describeError(error)));
    },
    async step(lease) {
      const rows = await documents.list({
        kind: 'gameday',
        states: ['running', 'debrief'],
        limit: MOST_DAYS,
      });
      for (const { id, state } of rows) {
        try {
          if (state === 'running') await take(id, { kind: 'tick' }, lease);
          if (clock.now() - (readAt.get(id) ?? Number.NEGATIVE_INFINITY) < RECORD_EVERY_MS) continue;
          readAt.set(id, clock.now());
          const day = await read(id);
          const record = await recordOf(day);
          if (JSON.stringify(record) !== JSON.stringify(day.state.record))
            await take(id, { kind: 'recorded', record }, lease);
        } catch (error) {
          parts.tell(`the game day ${id} could not go on`, describeError(error));
        }
      }
      for (const id of readAt.keys()) if (!rows.some((row) => row.id === id)) readAt.delete(id);
    },
  };
}
