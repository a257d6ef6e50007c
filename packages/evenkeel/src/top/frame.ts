import { severityStyle } from '../commands/incident-page.ts';
import type { ShownIncident } from '../commands/incident-shape.ts';
import { clockTime } from '../commands/moment.ts';
import { gateText, levelStyle, type ShownService, shareOf } from '../commands/services.ts';
import { cut, type Paint, percent, span, table } from '../output.ts';

export interface Budget {
  readonly service: string;
  readonly objective: string;
  readonly state: string;
  readonly remaining: number | null;
  readonly firing: readonly string[];
}

/** What one frame shows. */
export interface View {
  readonly url: string;
  /** Wall milliseconds. */
  readonly now: number;
  readonly services: readonly ShownService[];
  /** Requests a second by service since the frame before; none in the first. */
  readonly rates: ReadonlyMap<string, number>;
  /** Share of the answers since the frame before, by `service/rung`. */
  readonly shares: ReadonlyMap<string, number>;
  readonly budgets: readonly Budget[];
  /** Open ones. */
  readonly incidents: readonly ShownIncident[];
  /** Why what is shown is not from now. */
  readonly problem: string | undefined;
  /** Milliseconds since it was. */
  readonly ageMs: number;
}

const BAR = 10;
const bar = (share: number): string => {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return '█'.repeat(full) + '░'.repeat(BAR - full);
};

/** The whole state in a sentence, the worst of it first. */
export function sentence({ services, incidents }: View): string {
  const worst = incidents[0];
  const below = services.find(({ level }) => level !== 'full_service');
  if (below !== undefined) {
    return `${below.name} has been at ${below.level} for ${span(below.sinceMs)}: ${below.reason}`;
  }
  if (worst !== undefined) return `${worst.service}: ${worst.title}`;
  return services.length === 0 ? 'no service is served here' : 'every service is at full service';
}

function serviceRows(view: View, paint: Paint): string {
  return table(
    ['SERVICE', 'LEVEL', 'FOR', 'REQ/S', 'LOAD', 'FULL', 'SINCE THE START'],
    view.services.map((one) => {
      const refused = Object.values(one.figures.refused).reduce((sum, some) => sum + some, 0);
      return [
        one.name,
        paint(levelStyle(one.level), one.level),
        span(one.sinceMs),
        view.rates.get(one.name)?.toFixed(1) ?? '–',
        gateText(one.gate),
        percent(shareOf(one, 'full_service')),
        `${one.figures.requests} requests, ${refused} refused`,
      ];
    }),
  );
}

function rungRows(view: View, paint: Paint): string {
  return table(
    ['RUNG', 'STATE', 'TRAFFIC NOW', '', 'LOAD', 'WHY'],
    view.services.flatMap((service) =>
      service.rungs.map((rung) => {
        const share = view.shares.get(`${service.name}/${rung.name}`);
        const name = view.services.length === 1 ? rung.name : `${service.name}/${rung.name}`;
        return [
          `${rung.name === service.entry ? '>' : ' '} ${name}`,
          paint(rung.availability === 'ready' ? 'green' : 'red', rung.availability),
          bar(share ?? 0),
          share === undefined ? '–' : percent(share, 0),
          gateText(rung.gate),
          rung.reason === 'ok' ? '' : rung.reason,
        ];
      }),
    ),
  );
}

const STYLE: Readonly<Record<string, 'green' | 'yellow' | 'red'>> = {
  healthy: 'green',
  warning: 'yellow',
  critical: 'red',
  exhausted: 'red',
};

function budgetRows(view: View, paint: Paint): string {
  return table(
    ['BUDGET', 'STATE', 'LEFT', '', 'FIRING'],
    view.budgets.map((one) => [
      view.services.length === 1 ? one.objective : `${one.service}/${one.objective}`,
      paint(STYLE[one.state] ?? 'dim', one.state),
      one.remaining === null ? '░'.repeat(BAR) : bar(one.remaining),
      // Far overdrawn is overdrawn: more digits say nothing more.
      one.remaining === null ? '–' : one.remaining < -9.99 ? '< -999 %' : percent(one.remaining, 0),
      one.firing.join(' '),
    ]),
  );
}

function incidentRows(view: View, paint: Paint): string {
  if (view.incidents.length === 0) return paint('green', 'no incident is open');
  return table(
    ['INCIDENT', 'SEV', 'STATE', 'FOR', 'WHO', 'WHAT'],
    view.incidents.map((one) => [
      one.id.slice(-10),
      paint(severityStyle(one.severity), one.severity),
      one.status,
      span(view.now - one.startedAt),
      one.acknowledgedBy ?? '–',
      one.title,
    ]),
  );
}

/**
 * One frame: lines that fit the terminal. What is left out for want of rows is rungs first, then budgets; never the sentence on
 * top or the incidents.
 */
export function frame(
  view: View,
  size: { readonly columns: number; readonly rows: number },
  paint: Paint,
): readonly string[] {
  const stale = view.problem === undefined ? [] : [paint('red', `${span(view.ageMs)} old: ${view.problem}`)];
  const head = [
    `${paint('bold', 'evenkeel')}  ${view.url}  ${clockTime(view.now, view.now)}   ${paint('dim', 'q quits')}`,
    ...stale,
    paint('bold', sentence(view)),
    '',
    ...serviceRows(view, paint).split('\n'),
    '',
  ];
  const incidents = ['', ...incidentRows(view, paint).split('\n')];
  let room = Math.max(0, size.rows - head.length - incidents.length);
  const take = (lines: readonly string[], most: number): readonly string[] => {
    if (lines.length <= most) return lines;
    return most < 2 ? [] : [...lines.slice(0, most - 1), paint('dim', `… ${lines.length - most + 1} more`)];
  };
  const budgets = ['', ...budgetRows(view, paint).split('\n')];
  const half = Math.max(Math.floor(room / 2), room - (rungCount(view) + 1));
  const shownBudgets = view.budgets.length === 0 ? [] : take(budgets, Math.min(half, budgets.length));
  room -= shownBudgets.length;
  const shownRungs = take(rungRows(view, paint).split('\n'), room);
  return [...head, ...shownRungs, ...shownBudgets, ...incidents]
    .slice(0, size.rows)
    .map((line) => cut(line.trimEnd(), size.columns));
}

const rungCount = ({ services }: View): number => services.reduce((sum, { rungs }) => sum + rungs.length, 0);
