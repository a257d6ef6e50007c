// The results of catalogue.mjs as a page: node sim/chaos/table.mjs results.json > page.md
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const percent = (share) => (share === undefined ? '–' : `${(100 * share).toFixed(1)} %`);
const ms = (value) => (value === undefined ? '–' : `${Math.round(value)}`);
const cell = (text) => String(text).replaceAll('|', '/').replaceAll('\n', ' ');

function arm(one) {
  if (one === undefined) return ['–', '–', '–', '–', '–'];
  return [
    one.requests,
    percent(one.error_share),
    percent(one.degraded_share),
    percent(one.slow_share),
    ms(one.p99_ms),
  ];
}

/** @param how how it was run, in words */
export function cataloguePage(results, how) {
  const lines = [
    '# The catalogue, run on the flagship under load',
    '',
    ...how,
    '',
    '## Verdicts',
    '',
    '| experiment | verdict | touched | why |',
    '|---|---|---|---|',
    ...results.map(({ name, run, problem }) =>
      run === undefined
        ? `| ${name} | no run | – | ${cell(problem)} |`
        : `| ${name} | ${run.status} | ${run.touched === undefined ? '–' : `${run.touched.words}; ${run.touched.injected} strikes`} | ${cell(run.reason)} |`,
    ),
    '',
    '## Both arms, from the same traffic at the same time',
    '',
    '| experiment | arm | requests | errors | below full service | late | p99, ms |',
    '|---|---|---|---|---|---|---|',
    ...results.flatMap(({ name, run }) =>
      run?.cohorts === undefined
        ? []
        : [
            `| ${name} | experiment | ${arm(run.cohorts.experiment).join(' | ')} |`,
            `| | control | ${arm(run.cohorts.control).join(' | ')} |`,
          ],
    ),
    '',
    '## Checks',
    '',
    '| experiment | check | result | what was seen |',
    '|---|---|---|---|',
    ...results.flatMap(({ name, run }) =>
      (run?.checks ?? []).map(
        ({ check, status, reason }) => `| ${name} | ${check} | ${status} | ${cell(reason)} |`,
      ),
    ),
    '',
    '## What they recommend',
    '',
    ...results
      .filter(({ run }) => run?.status === 'failed' || run?.status === 'inconclusive')
      .map(({ name, run }) => `- **${name}**: ${cell(run.recommendation)}`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(cataloguePage(JSON.parse(readFileSync(process.argv[2], 'utf8')), []).trimEnd());
