import { figure, percent } from '../words/numbers.ts';
import type { Line, Plotted } from './plotted.ts';

/** Colours of a drawing that leaves the page: on white, whatever the theme. */
const COLOURS: Readonly<Record<Line['tone'], string>> = {
  accent: '#0b655d',
  bad: '#a8241c',
  good: '#1a6b45',
  quiet: '#6b7a75',
};
const WIDTH = 960;
const HEIGHT = 320;
const LEFT = 64;
const RIGHT = 16;
const TOP = 36;
const BOTTOM = 44;

export function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

export function unitText(value: number, unit: Plotted['unit']): string {
  if (unit === 'share') return percent(value);
  return unit === 'ms' ? `${figure(value)} ms` : unit === 'factor' ? `${figure(value)} ×` : figure(value);
}

/** Round steps for an axis: 1, 2 or 5 times a power of ten. */
export function ticks(from: number, to: number, about: number): readonly number[] {
  if (!(to > from)) return [from];
  const rough = (to - from) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough;
  const found: number[] = [];
  for (let i = Math.ceil(from / step); i * step <= to + step / 1e6; i++) found.push(i * step);
  return found;
}

/** A chart as a drawing of its own: for a report, a chat, a slide. */
export function plotSvg(plot: Plotted): string {
  const { times, lines, markers, title, unit } = plot;
  const first = times[0] ?? 0;
  const last = times.at(-1) ?? 1;
  const all = lines.flatMap(({ values }) => values).filter((value) => value !== null);
  const low = Math.min(0, ...all);
  const high = Math.max(unit === 'share' ? 1 : 0, ...all, low + 1e-9);
  const x = (at: number): number =>
    LEFT + ((at - first) / Math.max(1, last - first)) * (WIDTH - LEFT - RIGHT);
  const y = (value: number): number => TOP + ((high - value) / (high - low)) * (HEIGHT - TOP - BOTTOM);
  const at = (value: number): string => value.toFixed(1);

  const path = ({ values, tone }: Line): string => {
    let pen = 'M';
    const points = values.flatMap((value, i) => {
      const time = times[i];
      if (value === null || time === undefined) {
        pen = 'M';
        return [];
      }
      const step = `${pen}${at(x(time))} ${at(y(value))}`;
      pen = 'L';
      return [step];
    });
    return `<path d="${points.join('')}" fill="none" stroke="${COLOURS[tone]}" stroke-width="2"/>`;
  };
  const grid = ticks(low, high, 5).map(
    (value) =>
      `<path d="M${LEFT} ${at(y(value))}H${WIDTH - RIGHT}" stroke="#d5dcd8"/><text x="${LEFT - 8}" y="${at(y(value) + 4)}" text-anchor="end">${escapeXml(unitText(value, unit))}</text>`,
  );
  const days = [0, 0.25, 0.5, 0.75, 1].map((share) => {
    const time = first + share * (last - first);
    const words = new Date(time).toISOString().slice(5, 16).replace('T', ' ');
    const anchor = share === 0 ? 'start' : share === 1 ? 'end' : 'middle';
    return `<text x="${at(x(time))}" y="${HEIGHT - 20}" text-anchor="${anchor}">${words}</text>`;
  });
  const happened = markers
    .filter((marker) => marker.at >= first && marker.at <= last)
    .map(
      (marker) =>
        `<path d="M${at(x(marker.at))} ${TOP}V${HEIGHT - BOTTOM}" stroke="#835200" stroke-dasharray="4 3"><title>${escapeXml(marker.text)}</title></path>`,
    );
  const legend = lines.map(
    ({ label, tone }, i) =>
      `<text x="${LEFT + 160 * i}" y="${HEIGHT - 4}" fill="${COLOURS[tone]}">— ${escapeXml(label)}</text>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#15211f">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`,
    `<text x="${LEFT}" y="20" font-size="14" font-weight="600">${escapeXml(title)}</text>`,
    ...grid,
    ...days,
    ...happened,
    ...lines.map(path),
    ...legend,
    '</svg>',
  ].join('\n');
}
