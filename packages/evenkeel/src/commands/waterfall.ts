import { z } from 'zod';
import type { Paint } from '../output.ts';

/** A request as the API shows it: the whole record. What is not read goes through as it came. */
export interface ShownRequest {
  readonly id: string;
  readonly service: string;
  readonly at: number;
  readonly durationMs: number;
  readonly tenant: string;
  readonly user: string;
  readonly priority: number;
  readonly level: string;
  readonly model?: string | null | undefined;
  readonly version?: string | null | undefined;
  readonly confidence?: number | null | undefined;
  readonly label?: string | null | undefined;
  readonly status: number;
  readonly reason: string;
  readonly traceId?: string | null | undefined;
  readonly entry: string;
  readonly entryReason: string;
  readonly features?:
    | {
        readonly source: string;
        readonly reason: string;
        readonly ageMs?: number | null | undefined;
        readonly durationMs: number;
      }
    | null
    | undefined;
  readonly safety?:
    | { readonly verdict: string; readonly reason: string; readonly durationMs: number }
    | null
    | undefined;
  readonly steps: readonly {
    readonly rung: string;
    readonly outcome: string;
    readonly reason: string;
    readonly startMs: number;
    readonly durationMs: number;
  }[];
}

const step = z.looseObject({
  rung: z.string(),
  outcome: z.string(),
  reason: z.string(),
  startMs: z.number(),
  durationMs: z.number(),
});
const features = z.looseObject({
  source: z.string(),
  reason: z.string(),
  ageMs: z.number().nullish(),
  durationMs: z.number(),
});
export const requestRecord: z.ZodType<ShownRequest> = z.looseObject({
  id: z.string(),
  service: z.string(),
  at: z.number(),
  durationMs: z.number(),
  tenant: z.string(),
  user: z.string(),
  priority: z.number(),
  level: z.string(),
  model: z.string().nullish(),
  version: z.string().nullish(),
  confidence: z.number().nullish(),
  label: z.string().nullish(),
  status: z.number(),
  reason: z.string(),
  traceId: z.string().nullish(),
  entry: z.string(),
  entryReason: z.string(),
  features: features.nullish(),
  safety: z.looseObject({ verdict: z.string(), reason: z.string(), durationMs: z.number() }).nullish(),
  steps: z.array(step),
});

interface Bar {
  readonly name: string;
  readonly outcome: string;
  readonly reason: string;
  readonly startMs: number;
  readonly durationMs: number;
}

const NARROW = 10;
const WIDE = 40;

function bars(record: ShownRequest): readonly Bar[] {
  const { features, safety } = record;
  const last = record.steps.at(-1);
  // Features are had for the first rung that wants them, so they lie inside its step.
  return [
    ...(features == null || features.source === 'none'
      ? []
      : [
          {
            name: 'features',
            outcome: features.source,
            reason:
              features.ageMs == null
                ? features.reason
                : `${features.reason}, ${(features.ageMs / 1_000).toFixed(1)} s old`,
            startMs: record.steps[0]?.startMs ?? 0,
            durationMs: features.durationMs,
          },
        ]),
    ...record.steps.map((one) => ({ name: one.rung, ...one })),
    ...(safety == null
      ? []
      : [
          {
            name: 'safety',
            outcome: safety.verdict,
            reason: safety.reason,
            startMs: (last?.startMs ?? 0) + (last?.durationMs ?? 0) - safety.durationMs,
            durationMs: safety.durationMs,
          },
        ]),
  ];
}

/** One bar: where in the whole it lies. What is shorter than a cell still has a mark. */
export function barOf(startMs: number, durationMs: number, wholeMs: number, cells: number): string {
  if (!(wholeMs > 0)) return ' '.repeat(cells);
  const from = Math.min(cells - 1, Math.max(0, Math.floor((startMs / wholeMs) * cells)));
  const to = Math.min(cells, Math.round(((startMs + durationMs) / wholeMs) * cells));
  const tiny = to <= from || (durationMs / wholeMs) * cells < 0.5;
  const body = tiny ? '▏' : '█'.repeat(to - from);
  return (' '.repeat(from) + body).padEnd(cells);
}

const STYLE: Readonly<Record<string, 'green' | 'yellow' | 'red' | 'dim'>> = {
  answered: 'green',
  skipped: 'dim',
  full: 'yellow',
  failed: 'red',
  timed_out: 'red',
  unsafe: 'red',
};

/**
 * One request drawn over its layers: when each began, how long it took, what was decided and why. Reasons are wrapped under their
 * column, never cut: they are what one came for.
 * @param columns of the terminal
 */
export function waterfall(record: ShownRequest, paint: Paint, columns: number): string {
  const rows = bars(record);
  const names = Math.max(8, ...rows.map(({ name }) => name.length));
  const outcomes = Math.max(7, ...rows.map(({ outcome }) => outcome.length));
  const fixed = names + outcomes + 9 + 6;
  const width = Number.isFinite(columns) ? columns : 120;
  const cells = Math.max(NARROW, Math.min(WIDE, Math.floor((width - fixed) * 0.45)));
  const room = Math.max(20, width - fixed - cells - 2);
  const indent = ' '.repeat(width - room);
  return rows
    .flatMap(({ name, outcome, reason, startMs, durationMs }) => {
      const [first = '', ...rest] = wrapped(reason, room);
      const took = `${durationMs.toFixed(1)} ms`.padStart(9);
      const bar = barOf(startMs, durationMs, record.durationMs, cells);
      const head = `${name.padEnd(names)}  ${paint(STYLE[outcome] ?? 'dim', outcome.padEnd(outcomes))}  ${bar}  ${took}  `;
      return [`${head}${first}`, ...rest.map((line) => indent + line)];
    })
    .join('\n');
}

/** Words in lines of at most `room` characters; a longer word stands alone. */
export function wrapped(text: string, room: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= room) line += ` ${word}`;
    else {
      lines.push(line);
      line = word;
    }
  }
  return [...lines, line];
}
