import { isoTime } from './stamp.ts';

/** Text between tags or in an attribute of SVG. */
export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

export interface ChartMark {
  readonly at: number;
  readonly text: string;
}

const WIDTH = 720;
const HEIGHT = 200;
const LEFT = 44;
const TOP = 12;
const BOTTOM = 34;

/**
 * A line of shares over time with the decisive moments marked, as SVG: no script, no style that needs one, readable on white and black.
 * @returns undefined without at least two points
 */
export function lineChart(
  title: string,
  points: readonly { readonly at: number; readonly value: number }[],
  marks: readonly ChartMark[],
): string | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  const top = Math.max(...points.map(({ value }) => value), 1e-9);
  const x = (at: number): number => LEFT + ((at - first.at) / (last.at - first.at)) * (WIDTH - LEFT - 8);
  const y = (value: number): number => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM);
  const round = (value: number): string => String(Number(value.toFixed(1)));
  const path = points
    .map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${round(x(at))} ${round(y(value))}`)
    .join('');
  const seen = marks.filter(({ at }) => at >= first.at && at <= last.at);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" font-family="sans-serif" font-size="11">`,
    `<title>${escapeXml(title)}</title>`,
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - 8}" fill="none" stroke="#888"/>`,
    `<text x="${LEFT - 4}" y="${TOP + 8}" text-anchor="end" fill="#888">${(100 * top).toPrecision(3)} %</text>`,
    `<text x="${LEFT - 4}" y="${HEIGHT - BOTTOM}" text-anchor="end" fill="#888">0</text>`,
    `<text x="${LEFT}" y="${HEIGHT - 6}" fill="#888">${isoTime(first.at)}</text>`,
    `<text x="${WIDTH - 8}" y="${HEIGHT - 6}" text-anchor="end" fill="#888">${isoTime(last.at)}</text>`,
    `<path d="${path}" fill="none" stroke="#c2410c" stroke-width="2"/>`,
    ...seen.map(
      ({ at, text }, i) =>
        `<path d="M${round(x(at))} ${TOP}V${HEIGHT - BOTTOM}" stroke="#2563eb" stroke-dasharray="3 3"/><text x="${round(x(at) + 3)}" y="${TOP + 10 + 12 * (i % 4)}" fill="#2563eb">${escapeXml(text)}</text>`,
    ),
    '</svg>',
  ].join('');
}
