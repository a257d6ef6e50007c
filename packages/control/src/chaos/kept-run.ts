import { type Experiment, idMaker, type RunState } from '@evenkeel/core';
import type { DocumentRow } from '@evenkeel/store';
import { z } from 'zod';

/** A run as it is kept: with the experiment as it was when it began, so that a changed file changes no verdict. */
export interface KeptRun {
  readonly experiment: Experiment;
  readonly state: RunState;
  /** The text of a Chaos Toolkit file, parsed, for its journal. */
  readonly toolkit: unknown;
  /** The game day that started it. */
  readonly gameDay: string | undefined;
  readonly revision: number;
}

/** States in which somebody has to go on with it. */
export const ACTIVE_PHASES = ['checking', 'baseline', 'method', 'undoing', 'recovering'] as const;

const object = (value: unknown): value is object => typeof value === 'object' && value !== null;
// Written by this program alone; what makes it whole is looked at, what is in it is not taken apart again.
const body = z.object({
  experiment: z.custom<Experiment>(
    (value) => object(value) && 'method' in value && Array.isArray(value.method) && 'radius' in value,
  ),
  state: z.custom<RunState>(
    (value) => object(value) && 'phase' in value && 'injections' in value && Array.isArray(value.injections),
  ),
  toolkit: z.unknown().optional(),
  gameDay: z.string().optional(),
});

export function readRun(row: DocumentRow): KeptRun | undefined {
  const parsed = body.safeParse(row.body);
  if (!parsed.success) return undefined;
  const { experiment, state, toolkit, gameDay } = parsed.data;
  return { experiment, state, toolkit, gameDay, revision: row.revision };
}

export function runRow({ experiment, state, toolkit, gameDay, revision }: KeptRun, at: number): DocumentRow {
  return {
    kind: 'experiment_run',
    id: state.id,
    service: state.service,
    state: state.status ?? state.phase,
    label: experiment.name,
    createdAt: Math.round(state.startedAt),
    updatedAt: at,
    revision,
    body: { experiment, state, toolkit, gameDay },
  };
}

/** Ids of the fault orders of a run. */
export function directivesOf({ injections }: RunState): string[] {
  return injections.map(({ directive }) => directive);
}

export const runIdMaker = (clock: Parameters<typeof idMaker>[1], random: Parameters<typeof idMaker>[2]) =>
  idMaker('xr', clock, random);
