import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { query } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import type { Series, ShownObjective } from '../api/wire.ts';
import { Readout } from '../parts/readout.tsx';
import { count, percent } from '../words/numbers.ts';
import { RANGES, rangeOf } from '../words/time.ts';
import { burnDown, burnRates, withHoles } from './budget.ts';
import { Chart } from './chart.tsx';
import { Happened } from './happened.tsx';
import type { Plotted } from './plotted.ts';
import { useMarkers } from './use-markers.ts';

const POINTS = 240;
const MINUTE = 60_000;

function startOf(objective: ShownObjective, range: string | undefined, end: number): number {
  return range === 'window' || range === undefined
    ? objective.span.start
    : end - RANGES[rangeOf(range, '1d')];
}

/** What is left of the budget of one objective, as the time went; or how fast it was spent. */
export function BudgetChart(props: {
  readonly objective: ShownObjective;
  readonly range: string | undefined;
  readonly show: 'budget' | 'burn' | 'events';
  readonly before?: boolean;
}): JSX.Element {
  const { objective, range, show, before = false } = props;
  const { service, objective: name, segment, allowance } = objective;
  const end = Math.ceil(objective.at / MINUTE) * MINUTE;
  const from = startOf(objective, range, end);
  const step = Math.max(MINUTE, Math.ceil((end - from) / POINTS / MINUTE) * MINUTE);
  // The address moves once a minute: the figures of a minute are whole when it is over.
  const path = (since: number, until: number | undefined): string =>
    `/api/v1/objectives/${encodeURIComponent(service)}/${encodeURIComponent(name)}/series${query({
      segment,
      from: since,
      to: until,
      step,
    })}`;
  const anchor = Math.floor(from / step) * step;
  const series = useRead<Series>(path(anchor, undefined), ['objectives']);
  const earlier = useRead<Series>(before ? path(anchor - (end - from), anchor) : undefined);
  const markers = useMarkers(service, from, end, name, segment);

  const data = useMemo((): Plotted => {
    const got = series.data;
    const points = got?.points ?? [];
    const width = got?.step ?? step;
    const span = { from: anchor, to: end };
    if (show === 'budget') {
      const burnt = burnDown(points, width, allowance);
      const past = earlier.data === undefined ? undefined : burnDown(earlier.data.points, width, allowance);
      const shift = end - from;
      const pastAt = new Map(past?.times.map((at, i) => [at + shift, past.remaining[i] ?? null]) ?? []);
      return {
        title: `Budget of ${name}, ${service}`,
        times: burnt.times,
        unit: 'share',
        markers,
        span,
        lines: [
          { label: 'left', values: burnt.remaining, tone: 'accent', shape: 'area' },
          ...(past === undefined
            ? []
            : [
                {
                  label: 'the period before',
                  values: burnt.times.map((at) => pastAt.get(at) ?? null),
                  tone: 'quiet' as const,
                  shape: 'line' as const,
                },
              ]),
        ],
      };
    }
    const holed = withHoles(points, width);
    const times = holed.map(({ at }) => at);
    if (show === 'burn') {
      return {
        title: `Burn rate of ${name}, ${service}`,
        times,
        unit: 'factor',
        markers,
        span,
        lines: [{ label: 'burn rate', values: burnRates(holed, allowance), tone: 'bad', shape: 'steps' }],
      };
    }
    return {
      title: `Events of ${name}, ${service}`,
      times,
      unit: 'count',
      markers,
      span,
      lines: [
        { label: 'all', values: holed.map(({ total }) => total), tone: 'quiet', shape: 'bars' },
        { label: 'bad', values: holed.map(({ good, total }) => total - good), tone: 'bad', shape: 'bars' },
      ],
    };
  }, [series.data, earlier.data, markers, show]);

  return (
    <Readout of={series} rows={6}>
      {({ points }) => {
        const total = points.reduce((sum, point) => sum + point.total, 0);
        const good = points.reduce((sum, point) => sum + point.good, 0);
        return (
          <div class="stack">
            <Chart data={data} empty="Nothing was measured in this time." />
            {total === 0 ? undefined : (
              <p class="quiet small">
                {count(total - good)} bad of {count(total)} ({percent(good / total)} good) in the time shown;
                one point is {step / MINUTE} min.
              </p>
            )}
            <Happened markers={markers} />
          </div>
        );
      }}
    </Readout>
  );
}
