import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { Empty } from '../parts/page.tsx';
import { clockTime } from '../words/time.ts';
import { plotCsv } from './csv.ts';
import type { Line, Marker, Plotted } from './plotted.ts';
import { saveFile } from './save-file.ts';
import { plotSvg, unitText } from './svg.ts';

const HEIGHT = 230;

function colours(): Record<Line['tone'] | 'ink' | 'line' | 'warn', string> {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    accent: of('--accent'),
    bad: of('--bad'),
    good: of('--good'),
    quiet: of('--line-2'),
    ink: of('--ink-2'),
    line: of('--line'),
    warn: of('--warn'),
  };
}

const DASHES: Readonly<Record<Marker['kind'], number[]>> = {
  change: [2, 3],
  alert: [6, 3],
  incident: [],
  exclusion: [],
};

/** Draws what happened over the lines: each kind has its own stroke, so that it reads without colours. */
function drawMarkers(plot: uPlot, markers: readonly Marker[]): void {
  const { ctx, bbox } = plot;
  const paint = colours();
  const min = plot.scales.x?.min ?? 0;
  const max = plot.scales.x?.max ?? 0;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  for (const { at, until = at, kind } of markers) {
    if (until / 1_000 < min || at / 1_000 > max) continue;
    const from = plot.valToPos(at / 1_000, 'x', true);
    if (until > at) {
      const end = plot.valToPos(until / 1_000, 'x', true);
      ctx.globalAlpha = 0.07;
      ctx.fillStyle = kind === 'incident' ? paint.bad : paint.ink;
      ctx.fillRect(from, bbox.top, Math.max(2, end - from), bbox.height);
      ctx.globalAlpha = 1;
    }
    ctx.strokeStyle = kind === 'incident' || kind === 'alert' ? paint.bad : paint.warn;
    ctx.setLineDash(DASHES[kind].map((length) => length * devicePixelRatio));
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(from, bbox.top);
    ctx.lineTo(from, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

/** Times under the axis: the day where it begins or nothing finer is shown, the time of day otherwise. */
function axisTimes(values: readonly number[]): string[] {
  let day = '';
  return values.map((value) => {
    const date = new Date(1_000 * value);
    const today = `${date.getDate()} ${date.toLocaleString('en-GB', { month: 'short' })}`;
    const time = `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`;
    const first = today !== day;
    day = today;
    return time === '00:00' ? today : first ? `${today} ${time}` : time;
  });
}

function optionsFor(data: Plotted, width: number): uPlot.Options {
  const paint = colours();
  const axis = {
    stroke: paint.ink,
    grid: { stroke: paint.line, width: 1 },
    ticks: { stroke: paint.line, width: 1 },
    font: '12px system-ui, sans-serif',
  };
  const bars = uPlot.paths.bars?.({ size: [0.8, 24], align: 1 });
  const steps = uPlot.paths.stepped?.({ align: 1 });
  return {
    width,
    height: HEIGHT,
    // Charts of one page point at the same moment.
    cursor: { sync: { key: 'time' }, drag: { x: true, y: false } },
    legend: { live: true },
    scales: {
      ...(data.span === undefined
        ? {}
        : {
            x: {
              range: (_plot, low, high): [number, number] => {
                const { from, to } = data.span ?? { from: 1_000 * low, to: 1_000 * high };
                // A stretch that was dragged is shown as it is; all of it is all of the time asked for.
                const [first, last] = [data.times[0] ?? from, data.times.at(-1) ?? to];
                const whole = 1_000 * low <= first && 1_000 * high >= last;
                return whole ? [from / 1_000, to / 1_000] : [low, high];
              },
            },
          }),
      y: {
        range: (_plot, low, high): [number, number] => {
          const top = data.unit === 'share' ? Math.max(1, high) : Math.max(high, 1e-6) * 1.05;
          // How far below nothing a budget is matters little, and would flatten all the rest.
          return [data.unit === 'share' ? Math.max(-1, Math.min(0, low)) : Math.min(0, low), top];
        },
      },
    },
    axes: [
      { ...axis, space: 76, values: (_plot, values) => axisTimes(values) },
      { ...axis, size: 64, values: (_plot, values) => values.map((value) => unitText(value, data.unit)) },
    ],
    series: [
      {
        label: 'time',
        value: (_plot, value) => (value === null ? '–' : clockTime(value * 1_000, Date.now())),
      },
      ...data.lines.map(
        (line): uPlot.Series => ({
          label: line.label,
          stroke: paint[line.tone],
          width: line.shape === 'bars' ? 0 : 2,
          ...(line.shape === 'area' || line.shape === 'bars'
            ? {
                fill: `color-mix(in srgb, ${paint[line.tone]} ${line.shape === 'bars' ? 70 : 14}%, transparent)`,
              }
            : {}),
          ...(line.shape === 'bars' && bars !== undefined ? { paths: bars } : {}),
          ...(line.shape === 'steps' && steps !== undefined ? { paths: steps } : {}),
          points: { show: line.values.length < 3 },
          value: (_plot, value) => (value === null ? '–' : unitText(value, data.unit)),
        }),
      ),
    ],
    hooks: { draw: [(plot) => drawMarkers(plot, data.markers)] },
  };
}

function values(data: Plotted): uPlot.AlignedData {
  return [data.times.map((at) => at / 1_000), ...data.lines.map((line) => [...line.values])];
}

/** A chart over time. Drag to zoom, double click for all; its table and its exports show the same figures. */
export function Chart({ data, empty }: { readonly data: Plotted; readonly empty: string }): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [table, setTable] = useState(false);
  const bare = data.times.length === 0;
  const shape = JSON.stringify([data.title, data.unit, data.lines.map(({ label, tone }) => [label, tone])]);

  useEffect(() => {
    const target = box.current;
    if (target === null || bare) return;
    const build = (): void => {
      plot.current?.destroy();
      plot.current = new uPlot(optionsFor(data, target.clientWidth), values(data), target);
    };
    build();
    const resize = new ResizeObserver(() => {
      plot.current?.setSize({ width: target.clientWidth, height: HEIGHT });
    });
    resize.observe(target);
    addEventListener('evenkeel-theme', build);
    return () => {
      resize.disconnect();
      removeEventListener('evenkeel-theme', build);
      plot.current?.destroy();
      plot.current = undefined;
    };
  }, [shape, bare, data.markers.length, data.span?.from, data.span?.to]);
  useEffect(() => {
    // Who has zoomed in wants to stay there while new figures come.
    const { min, max } = plot.current?.scales.x ?? {};
    const [first] = plot.current?.data[0] ?? [];
    const zoomed = min !== undefined && first !== undefined && min > first;
    plot.current?.setData(values(data), !zoomed);
    if (zoomed && min != null && max != null) plot.current?.setScale('x', { min, max });
  }, [data]);

  if (bare) return <Empty what={empty} />;
  const name = data.title.replace(/[^\w.-]+/g, '-').toLowerCase();
  return (
    <figure class="chart">
      <div class="over" ref={box} role="img" aria-label={`${data.title}; the table below has its figures`} />
      <div class="tools">
        <button type="button" class="button plain" aria-pressed={table} onClick={() => setTable(!table)}>
          Table
        </button>
        <button
          type="button"
          class="button plain"
          onClick={() => saveFile(`${name}.csv`, 'text/csv', plotCsv(data))}
        >
          CSV
        </button>
        <button
          type="button"
          class="button plain"
          onClick={() => saveFile(`${name}.svg`, 'image/svg+xml', plotSvg(data))}
        >
          SVG
        </button>
      </div>
      {table ? <Values data={data} /> : undefined}
    </figure>
  );
}

function Values({ data }: { readonly data: Plotted }): JSX.Element {
  const now = Date.now();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reached by key
    <section class="values-box" tabIndex={0} aria-label={`Figures of ${data.title}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {data.lines.map(({ label }) => (
              <th key={label} scope="col" class="num">
                {label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {data.times.map((at, i) => (
            <tr key={at}>
              <td>{clockTime(at, now)}</td>
              {data.lines.map((line) => {
                const value = line.values[i] ?? null;
                return (
                  <td key={line.label} class="num">
                    {value === null ? '–' : unitText(value, data.unit)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
