import { budgetShare, figure } from './budget.ts';
import type { Prepared } from './prepared.ts';
import { type AlertStanding, alertReason, type ObjectiveStatus } from './status.ts';

/** One line of arithmetic and the lines that it rests on. */
export interface Explanation {
  readonly text: string;
  readonly because: readonly Explanation[];
}

const line = (text: string, ...because: Explanation[]): Explanation => ({ text, because });

function span(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
    [1_000, 's'],
  ] as const;
  for (const [size, unit] of units) if (ms >= size && ms % size === 0) return `${ms / size}${unit}`;
  return `${figure(ms / 1_000)}s`;
}

/** Where the counts come from: all of them, what is excluded, what is left. */
function countsOf(status: ObjectiveStatus): Explanation[] {
  const { raw, adjusted } = status;
  const bad = adjusted.counts.total - adjusted.counts.good;
  const outTotal = raw.counts.total - adjusted.counts.total;
  const outBad = raw.counts.total - raw.counts.good - bad;
  const measured = (what: string, all: number, out: number): Explanation[] =>
    adjusted === raw ? [] : [line(`${figure(all)} ${what} measured − ${figure(out)} excluded`)];
  return [
    line(`bad = ${figure(bad)}`, ...measured('bad', raw.counts.total - raw.counts.good, outBad)),
    line(`all = ${figure(adjusted.counts.total)}`, ...measured('events', raw.counts.total, outTotal)),
  ];
}

function budgetLines(status: ObjectiveStatus, prepared: Prepared): Explanation {
  const { allowance } = prepared.objective;
  const { adjusted } = status;
  const counts = countsOf(status);
  const bad = adjusted.counts.total - adjusted.counts.good;
  if (allowance.kind === 'zero_tolerance')
    return line(`state = ${status.state}: ${figure(bad)} bad, none is tolerated`, ...counts);
  if (adjusted.consumed === undefined || adjusted.remaining === undefined)
    return line(`state = ${status.state}: no events, so no share of the budget`, ...counts);
  const remaining = (...because: Explanation[]): Explanation =>
    line(
      `remaining = 1 − consumed = 1 − ${figure(adjusted.consumed ?? 0)} = ${figure(adjusted.remaining ?? 0)}`,
      ...because,
    );
  if (allowance.kind === 'amount') {
    const { amount, unit } = allowance;
    return remaining(
      line(
        `consumed = spent ÷ allowed = ${figure(bad)} ÷ ${figure(amount)} = ${figure(adjusted.consumed)}`,
        line(`spent = ${figure(bad)} ${unit}`),
        line(`allowed = ${figure(amount)} ${unit} in the window`),
      ),
    );
  }
  const budget = budgetShare(allowance.target);
  const errors = bad / adjusted.counts.total;
  return remaining(
    line(
      `consumed = bad share ÷ budget = ${figure(errors)} ÷ ${figure(budget)} = ${figure(adjusted.consumed)}`,
      line(
        `bad share = bad ÷ all = ${figure(bad)} ÷ ${figure(adjusted.counts.total)} = ${figure(errors)}`,
        ...counts,
      ),
      line(`budget = 1 − target = 1 − ${figure(allowance.target)} = ${figure(budget)}`),
    ),
  );
}

function alertLines(alert: AlertStanding, status: ObjectiveStatus, prepared: Prepared): Explanation {
  const head = `alert ${alert.pair} ${alert.firing ? 'fires' : 'is silent'}: ${alertReason(alert, status, prepared)}`;
  const period = prepared.period(status.at);
  const rule = period.rules.find(({ pair }) => pair.name === alert.pair);
  const { basis } = period;
  if (rule === undefined || basis === undefined) return line(head);
  const burn = (
    name: string,
    ms: number,
    bad: number,
    total: number,
    value: number | undefined,
  ): Explanation => {
    if (value === undefined) return line(`${name} burn over ${span(ms)}: no events`);
    const sum =
      basis.kind === 'amount'
        ? `${figure(bad)} ÷ ${figure(basis.amount)} × ${span(basis.windowMs)} ÷ ${span(ms)}`
        : `${figure(bad)} ÷ ${figure(total)} ÷ ${figure(basis.budget)}`;
    return line(`${name} burn over ${span(ms)} = ${sum} = ${figure(value)}`);
  };
  const { pair } = rule;
  const share = `${figure(100 * pair.budgetShare)} % of the budget`;
  return line(
    head,
    line(
      `factor = ${share} × ${span(period.lengthMs)} ÷ ${span(pair.longMs)}, never under 1 = ${figure(rule.factor)}`,
    ),
    burn('long', pair.longMs, alert.longBad, alert.longTotal, alert.longBurn),
    burn('short', pair.shortMs, alert.shortBad, alert.shortTotal, alert.shortBurn),
  );
}

/**
 * The arithmetic behind a status, down to the counts.
 * @param printTime how instants are written; core does not know about calendars of its reader
 */
export function explainStatus(
  status: ObjectiveStatus,
  prepared: Prepared,
  printTime: (ms: number) => string,
): Explanation {
  const { window, exhaustionNoReturnMs: left } = status;
  const segment = status.segment === '' ? '' : ` (${status.segment})`;
  const passed = Math.min(status.at, window.end) - window.start;
  const lines = [
    line(
      `window = [${printTime(window.start)}, ${printTime(window.end)})`,
      line(
        `${figure(100 * status.seen)} % of the ${span(Math.round(passed / 60_000) * 60_000)} so far was observed`,
      ),
    ),
    budgetLines(status, prepared),
    ...status.alerts.map((alert) => alertLines(alert, status, prepared)),
  ];
  if (left !== undefined && status.adjusted.remaining !== undefined) {
    const over = prepared.objective.alerts[0]?.longMs ?? 0;
    const text = Number.isFinite(left) ? span(Math.round(left / 1_000) * 1_000) : 'never at this rate';
    lines.push(
      line(
        `gone in ${text}, if it goes on as over the last ${span(over)} (what a rolling window gives back is not counted)`,
      ),
    );
  }
  if (status.forecast !== undefined)
    lines.push(
      line(
        `forecast for the whole period = ${figure(status.forecast.remaining)} left of the budget of ${figure(Math.round(status.forecast.events))} events`,
      ),
    );
  lines.push(line(`computed under revision ${status.revision} of the objective`));
  return line(`${status.service}/${status.objective}${segment}: ${status.state}`, ...lines);
}

/** An explanation as indented text. */
export function printExplanation(explanation: Explanation, indent = ''): string {
  return [
    `${indent}${explanation.text}`,
    ...explanation.because.map((one) => printExplanation(one, `${indent}  `)),
  ].join('\n');
}
