import type { AlertLogEntry } from './alert-state.ts';
import { type BudgetFigures, type BudgetState, budgetReason, budgetShare, figure } from './budget.ts';
import type { Exclusion } from './exclusions.ts';
import { exclusionKind } from './exclusions.ts';
import type { Objective } from './objective.ts';
import type { QualityBounds } from './quality-bounds.ts';
import type { Restatement } from './restatement.ts';
import type { ObjectiveRevision } from './revisions.ts';
import type { Span } from './window.ts';

/** One objective over the period of a report. */
export interface ReportedObjective {
  /** The definition in force at the end of the period. */
  readonly objective: Objective;
  readonly revision: number;
  readonly segment: string;
  readonly raw: BudgetFigures;
  /** Without what is excluded; the same object as `raw` when nothing is. */
  readonly adjusted: BudgetFigures;
  /** The period before, of the same length; undefined when it was not watched. */
  readonly before: BudgetFigures | undefined;
  /** Share of the period that was observed, in [0, 1]. */
  readonly seen: number;
  readonly bounds: QualityBounds | undefined;
  readonly alerts: readonly { readonly pair: string; readonly entry: AlertLogEntry }[];
}

export interface ReportInput {
  readonly service: string;
  readonly owner: string;
  readonly period: Span;
  /** When it was written, wall milliseconds. */
  readonly at: number;
  readonly objectives: readonly ReportedObjective[];
  readonly exclusions: readonly Exclusion[];
  readonly restatements: readonly Restatement[];
  /** Revisions that began within the period. */
  readonly revisions: readonly ObjectiveRevision[];
}

/** A page as data: what Markdown, HTML and JSON have in common. */
export interface PeriodReport {
  readonly title: string;
  readonly period: Span;
  readonly summary: string;
  readonly sections: readonly ReportSection[];
}

export interface ReportSection {
  readonly title: string;
  /** Told when there are no rows. */
  readonly empty: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const WORST: readonly BudgetState[] = ['exhausted', 'critical', 'warning', 'no_data', 'healthy'];

const percent = (share: number | undefined, digits = 1): string =>
  share === undefined ? 'n/a' : `${(100 * share).toFixed(digits)} %`;

/** Digits that tell a target from its neighbours: 99.9 % needs more than 99 %. */
function shareOf(share: number | undefined, { allowance }: Objective): string {
  const digits = allowance.kind === 'target' ? Math.round(-Math.log10(budgetShare(allowance.target))) : 2;
  return percent(share, Math.max(1, digits));
}

function promise({ allowance }: Objective): string {
  if (allowance.kind === 'zero_tolerance') return 'none bad';
  if (allowance.kind === 'amount') return `at most ${figure(allowance.amount)} ${allowance.unit}`;
  return `${Number((100 * allowance.target).toPrecision(10))} %`;
}

function trend({ adjusted, before }: ReportedObjective): string {
  if (before?.remaining === undefined || adjusted.remaining === undefined) return 'n/a';
  const points = 100 * (adjusted.remaining - before.remaining);
  return `${points >= 0 ? '+' : '−'}${Math.abs(points).toFixed(1)} points`;
}

function notesOf({ adjusted, raw, seen, bounds, objective }: ReportedObjective): string {
  const notes = [budgetReason(adjusted, objective.allowance)];
  if (adjusted !== raw) notes.push(`as measured ${percent(raw.remaining)} left`);
  if (seen < 1) notes.push(`${percent(seen)} of the period was observed`);
  if (bounds !== undefined && bounds.coverage < 1)
    notes.push(
      `${percent(bounds.coverage)} is labelled: between ${percent(bounds.lower)} and ${percent(bounds.upper)} whatever the rest says`,
    );
  return notes.join('; ');
}

const nameOf = (objective: string, segment: string): string =>
  segment === '' ? objective : `${objective} (${segment})`;

/**
 * A week's or month's page.
 * @param print how instants are written for the readers
 */
export function periodReport(input: ReportInput, print: (ms: number) => string): PeriodReport {
  const { service, period } = input;
  const sorted = [...input.objectives].sort(
    (a, b) =>
      WORST.indexOf(a.adjusted.state) - WORST.indexOf(b.adjusted.state) ||
      (a.adjusted.remaining ?? 1) - (b.adjusted.remaining ?? 1),
  );
  const count = (state: BudgetState): number =>
    sorted.filter(({ adjusted }) => adjusted.state === state).length;
  const told = WORST.flatMap((state) => (count(state) === 0 ? [] : [`${count(state)} ${state}`]));
  const span = (of: Span): string => `${print(of.start)} – ${print(of.end)}`;
  const inside = ({ start, end }: Span): boolean => start < period.end && end > period.start;
  return {
    title: `${service}: ${span(period)}`,
    period,
    summary: `${sorted.length} objectives: ${told.length === 0 ? 'none' : told.join(', ')}. Owner: ${input.owner}. Written ${print(input.at)}.`,
    sections: [
      {
        title: 'Objectives',
        empty: 'The service has none.',
        columns: [
          'objective',
          'promised',
          'kept',
          'budget left',
          'against the period before',
          'state',
          'why',
          'revision',
        ],
        rows: sorted.map((one) => [
          nameOf(one.objective.name, one.segment),
          promise(one.objective),
          shareOf(one.adjusted.sli, one.objective),
          percent(one.adjusted.remaining),
          trend(one),
          one.adjusted.state,
          notesOf(one),
          String(one.revision),
        ]),
      },
      {
        title: 'Alerts',
        empty: 'None fired.',
        columns: ['time', 'objective', 'alert', 'what', 'why'],
        rows: sorted
          .flatMap((one) => one.alerts.map(({ pair, entry }) => ({ one, pair, entry })))
          .sort((a, b) => a.entry.at - b.entry.at)
          .map(({ one, pair, entry }) => [
            print(entry.at),
            nameOf(one.objective.name, one.segment),
            pair,
            entry.kind,
            entry.reason,
          ]),
      },
      {
        title: 'Excluded',
        empty: 'Nothing was excluded.',
        columns: ['name', 'kind', 'objective', 'when', 'reason', 'by', 'recorded'],
        rows: input.exclusions.map((one) => [
          one.name,
          one.withdrawn === undefined ? exclusionKind(one) : `withdrawn by ${one.withdrawn.by}`,
          one.objective ?? 'all',
          one.spans.filter(inside).map(span).join(', '),
          one.reason,
          one.by,
          print(one.recordedAt),
        ]),
      },
      {
        title: 'Restated',
        empty: 'No figure that was told changed.',
        columns: ['objective', 'period', 'statement', 'before', 'after', 'reason', 'by', 'when'],
        rows: input.restatements.map((one) => [
          nameOf(one.objective, one.segment),
          span(one.period),
          String(one.statement),
          `${percent(one.before.remaining)} left, ${one.before.state}`,
          `${percent(one.after.remaining)} left, ${one.after.state}`,
          one.reason,
          one.by,
          print(one.at),
        ]),
      },
      {
        title: 'Changed promises',
        empty: 'No objective was changed.',
        columns: ['from', 'objective', 'revision', 'change', 'promised', 'reason', 'by'],
        rows: input.revisions.map((one) => [
          print(one.from),
          one.objective.name,
          String(one.revision),
          one.change,
          promise(one.objective),
          one.reason,
          one.by,
        ]),
      },
    ],
  };
}

/** Markdown: cells cannot break out of their table or into markup. */
function markdownCell(text: string): string {
  return text.replace(/[\\`*_{}[\]<>#|~!]/g, '\\$&').replace(/\s+/g, ' ');
}

export function reportMarkdown(report: PeriodReport): string {
  const parts = [`# ${markdownCell(report.title)}`, markdownCell(report.summary)];
  for (const { title, empty, columns, rows } of report.sections) {
    parts.push(`## ${title}`);
    if (rows.length === 0) parts.push(empty);
    else {
      const row = (cells: readonly string[]): string => `| ${cells.map(markdownCell).join(' | ')} |`;
      parts.push(
        [row(columns), row(columns.map(() => '---')).replaceAll('\\', ''), ...rows.map(row)].join('\n'),
      );
    }
  }
  return `${parts.join('\n\n')}\n`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? char);
}

const STYLE =
  'body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color-scheme:light dark}' +
  'table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}' +
  'th,td{text-align:left;vertical-align:top;padding:.35rem .6rem;border-bottom:1px solid color-mix(in srgb,currentColor 20%,transparent)}' +
  '.scroll{overflow-x:auto}';

/** A page of its own, without scripts and without anything from elsewhere. */
export function reportHtml(report: PeriodReport): string {
  const sections = report.sections.map(({ title, empty, columns, rows }) => {
    if (rows.length === 0) return `<h2>${escaped(title)}</h2>\n<p>${escaped(empty)}</p>`;
    const head = columns.map((column) => `<th scope="col">${escaped(column)}</th>`).join('');
    const body = rows
      .map(([first = '', ...rest]) => {
        const cells = rest.map((cell) => `<td>${escaped(cell)}</td>`).join('');
        return `<tr><th scope="row">${escaped(first)}</th>${cells}</tr>`;
      })
      .join('\n');
    return `<h2>${escaped(title)}</h2>\n<div class="scroll"><table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table></div>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(report.title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(report.title)}</h1>
<p>${escaped(report.summary)}</p>
${sections.join('\n')}
</body>
</html>
`;
}
