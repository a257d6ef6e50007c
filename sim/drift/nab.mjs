// Scores a detector of ours on series of the Numenta Anomaly Benchmark, standard profile, and writes sim/results/nab.md.
//   node sim/drift/nab.mjs --data DIR      (anomalies/nab inside)
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { alarmsOf, CHOSEN_ON_THE_OTHERS, CONFIGURATION } from './nab-detector.mjs';
import { normalisedScore, probation, rawScore } from './nab-scorer.mjs';

/** Every series with its windows as indices, in the order of their names. */
export function seriesOf(directory) {
  const windows = JSON.parse(readFileSync(join(directory, 'labels/combined_windows.json'), 'utf8'));
  return readdirSync(join(directory, 'data'))
    .flatMap((group) => readdirSync(join(directory, 'data', group)).map((file) => `${group}/${file}`))
    .sort()
    .map((name) => {
      const lines = readFileSync(join(directory, 'data', name), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      const times = lines.map((line) => Date.parse(`${line.split(',')[0].replace(' ', 'T')}Z`));
      const values = lines.map((line) => Number(line.split(',')[1]));
      const gaps = times
        .slice(1)
        .map((t, i) => t - times[i])
        .sort((a, b) => a - b);
      const spans = (windows[name] ?? []).map(([from, to]) => {
        const [first, last] = [from, to].map((text) => Date.parse(`${text.slice(0, 19).replace(' ', 'T')}Z`));
        return [times.findIndex((t) => t >= first), times.findLastIndex((t) => t <= last)];
      });
      return { name, values, intervalMs: gaps[gaps.length >> 1], windows: spans };
    });
}

/** Series are told apart by their place in the order of names: the even ones were looked at while the constants were chosen. */
export const chosenOn = (index) => index % 2 === 0;

export function scoreOf(series, alarms) {
  let raw = 0;
  let windows = 0;
  series.forEach((s, i) => {
    raw += rawScore(s.values.length, s.windows, alarms[i]);
    windows += s.windows.length;
  });
  return { score: windows === 0 ? Number.NaN : normalisedScore(raw, windows), raw, windows };
}

export function alarmsOn(series, configuration = CONFIGURATION) {
  return series.map((s) => alarmsOf(s.values, s.intervalMs, probation(s.values.length), configuration));
}

function main() {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
  const { values } = parseArgs({
    options: { data: { type: 'string' }, out: { type: 'string', default: resolve(root, 'sim/results') } },
  });
  const directory = values.data === undefined ? undefined : resolve(values.data, 'anomalies/nab');
  if (directory === undefined || !existsSync(directory)) {
    process.stderr.write('no --data DIR with anomalies/nab in it: nothing is measured\n');
    process.exitCode = 2;
    return;
  }
  const all = seriesOf(directory);
  const alarms = alarmsOn(all);
  const other = alarmsOn(all, CHOSEN_ON_THE_OTHERS);
  const part = (wanted, of = alarms) => {
    const picked = all.map((_, i) => i).filter((i) => chosenOn(i) === wanted);
    return scoreOf(
      picked.map((i) => all[i]),
      picked.map((i) => of[i]),
    );
  };
  const held = part(false);
  const chosen = part(true);
  const whole = scoreOf(all, alarms);
  const silent = scoreOf(
    all,
    all.map(() => []),
  );
  const perfect = scoreOf(
    all,
    all.map((s) => s.windows.map(([first]) => first)),
  );
  const lines = all.map((s, i) => {
    const inside = s.windows.filter(([a, b]) => alarms[i].some((at) => at >= a && at <= b)).length;
    const outside = alarms[i].filter((at) => !s.windows.some(([a, b]) => at >= a && at <= b)).length;
    return `| ${s.name} | ${chosenOn(i) ? 'chosen on' : 'held out'} | ${inside} of ${s.windows.length} | ${outside} | ${rawScore(s.values.length, s.windows, alarms[i]).toFixed(2)} |`;
  });
  const text = `# Anomalies in single series

Made by \`node sim/drift/nab.mjs --data DIR\`: ${all.length} series of the Numenta Anomaly Benchmark, standard profile, one configuration for all.
Constants were chosen by a grid on every other series in the order of names; the held-out half is the figure to read. One look at it was taken earlier: it led to the comparison with
last week, and so it is not wholly untouched. With so few windows the choice of half matters as much as the detector: the last but one row has the halves exchanged.
On this part of the benchmark nothing is published; on all of its 58 series the best published score is 74.9.

| | score |
|---|---|
| held-out series (${held.windows} windows) | **${held.score.toFixed(1)}** |
| series that constants were chosen on (${chosen.windows} windows) | ${chosen.score.toFixed(1)} |
| halves exchanged: constants chosen on the held-out half, score on the other | ${part(true, other).score.toFixed(1)} |
| all of them, first configuration (${whole.windows} windows) | ${whole.score.toFixed(1)} |
| a detector that never speaks, one that is perfect | ${silent.score.toFixed(1)}, ${perfect.score.toFixed(1)} |

| series | | windows found | false alarms | raw score |
|---|---|---|---|---|
${lines.join('\n')}
`;
  writeFileSync(resolve(values.out, 'nab.md'), text);
  process.stdout.write(text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main();
