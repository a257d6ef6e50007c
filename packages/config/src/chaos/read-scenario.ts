import { type Criterion, type Inject, type Scenario, TABLETOP_QUESTIONS } from '@evenkeel/core';
import { z } from 'zod';
import { parseSource } from '../document.ts';
import type { Problem } from '../problem.ts';
import { checkSchema } from '../schema-problems.ts';
import { duration, name, optionalDuration, share } from '../values.ts';

const DAY_MS = 86_400_000;
const title = z.string().min(1).max(200);
const within = duration(1_000, DAY_MS, 'Counted from the first experiment that began.');

/** A game day as people write it. */
export const scenarioSchema = z.strictObject({
  evenkeel: z.literal(1).describe('Version of this format.'),
  gameday: name.describe('Its name.'),
  service: name,
  title,
  story: z.string().min(1).max(4_000).describe('What the participants are told at the start.'),
  duration: duration(60_000, DAY_MS, 'Of the whole day.'),
  roles: z
    .array(z.strictObject({ name: title, duty: z.string().max(500).default('') }))
    .min(1, 'somebody has to take part')
    .max(20),
  injects: z
    .array(
      z.strictObject({
        name: title,
        at: optionalDuration('After the start; left out: by the facilitator.').optional(),
        experiment: name.optional(),
        message: z.string().min(1).max(2_000).optional(),
        to: title.optional().describe('A role; everybody when left out.'),
      }),
    )
    .max(100)
    .default([]),
  expected_response: z.array(z.string().min(1).max(500)).max(50).default([]),
  criteria: z
    .array(
      z.union([
        z.strictObject({ detected: within }),
        z.strictObject({ acknowledged: within }),
        z.strictObject({ mitigated: within }),
        z.strictObject({ incident_type: z.string().min(1).max(100) }),
        z.strictObject({ paged: title.describe('A role.') }),
        z.strictObject({ budget_spent: share('Of any budget, at most.') }),
        z.strictObject({ judged: z.string().min(1).max(500).describe('By the facilitator.') }),
      ]),
    )
    .max(50)
    .default([]),
  questions: z.array(z.string().min(1).max(300)).max(30).optional().describe('The six when left out.'),
});

type Raw = z.output<typeof scenarioSchema>;

export type ReadScenario =
  | { readonly ok: true; readonly scenario: Scenario }
  | { readonly ok: false; readonly problems: readonly Problem[] };

function criterionOf(raw: Raw['criteria'][number]): Criterion {
  if ('detected' in raw) return { kind: 'detected', withinMs: raw.detected };
  if ('acknowledged' in raw) return { kind: 'acknowledged', withinMs: raw.acknowledged };
  if ('mitigated' in raw) return { kind: 'mitigated', withinMs: raw.mitigated };
  if ('incident_type' in raw) return { kind: 'incident_type', type: raw.incident_type };
  if ('paged' in raw) return { kind: 'paged', role: raw.paged };
  if ('budget_spent' in raw) return { kind: 'budget_spent', max: raw.budget_spent };
  return { kind: 'judged', text: raw.judged };
}

/** Reads one scenario: all its mistakes at once. Never throws. @param experiments names that exist; all when undefined */
export function readScenario(text: string, path: string, experiments?: ReadonlySet<string>): ReadScenario {
  const source = parseSource(text, path);
  if (!source.ok) return { ok: false, problems: source.problems };
  const { document } = source;
  const checked = checkSchema(document, scenarioSchema);
  if (!checked.ok) return { ok: false, problems: [...source.problems, ...checked.problems] };
  const raw = checked.value;
  const problems: Problem[] = [...source.problems];
  const roles = new Set(raw.roles.map((role) => role.name));
  const seen = new Set<string>();
  const injects: Inject[] = [];
  for (const [i, one] of raw.injects.entries()) {
    const at = ['injects', i] as const;
    if (seen.has(one.name))
      problems.push(document.problem([...at, 'name'], `"${one.name}" stands here twice`));
    seen.add(one.name);
    if (one.at !== undefined && one.at >= raw.duration)
      problems.push(document.problem([...at, 'at'], `comes after the duration of ${raw.duration} ms`));
    if (one.to !== undefined && !roles.has(one.to))
      problems.push(document.problem([...at, 'to'], `there is no role "${one.to}"`));
    if ((one.experiment === undefined) === (one.message === undefined)) {
      problems.push(document.problem(at, 'expected either "experiment" or "message"'));
      continue;
    }
    if (one.experiment !== undefined && experiments !== undefined && !experiments.has(one.experiment))
      problems.push(document.problem([...at, 'experiment'], `there is no experiment "${one.experiment}"`));
    injects.push({
      name: one.name,
      atMs: one.at,
      what:
        one.experiment === undefined
          ? { kind: 'message', to: one.to, text: one.message ?? '' }
          : { kind: 'experiment', experiment: one.experiment },
    });
  }
  for (const [i, one] of raw.criteria.entries())
    if ('paged' in one && !roles.has(one.paged))
      problems.push(document.problem(['criteria', i, 'paged'], `there is no role "${one.paged}"`));
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    scenario: {
      name: raw.gameday,
      service: raw.service,
      title: raw.title,
      story: raw.story,
      durationMs: raw.duration,
      roles: raw.roles,
      injects,
      expectedResponse: raw.expected_response,
      criteria: raw.criteria.map(criterionOf),
      questions: raw.questions ?? TABLETOP_QUESTIONS,
    },
  };
}
