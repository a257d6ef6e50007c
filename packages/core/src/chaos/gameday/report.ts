import type { GameDayState } from './gameday.ts';
import type { Scenario } from './scenario.ts';

const MARK = { met: 'met', missed: '**missed**', unknown: 'not known' } as const;

/** Text from people must not become structure. */
const md = (text: string): string => text.replace(/[\\`*_[\]<>|#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
const html = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const stamp = (wall: number | undefined): string => (wall === undefined ? '–' : isoOf(wall));

/** ISO 8601 of wall milliseconds, without what only hosts have. */
function isoOf(wall: number): string {
  const days = Math.floor(wall / 86_400_000);
  const rest = Math.floor((wall - days * 86_400_000) / 1_000);
  // Civil from days (Hinnant).
  const z = days + 719_468;
  const era = Math.floor(z / 146_097);
  const doe = z - era * 146_097;
  const yoe = Math.floor(
    (doe - Math.floor(doe / 1_460) + Math.floor(doe / 36_524) - Math.floor(doe / 146_096)) / 365,
  );
  const doy = doe - (365 * yoe + Math.floor(yoe / 4) - Math.floor(yoe / 100));
  const mp = Math.floor((5 * doy + 2) / 153);
  const day = doy - Math.floor((153 * mp + 2) / 5) + 1;
  const month = mp < 10 ? mp + 3 : mp - 9;
  const year = yoe + era * 400 + (month <= 2 ? 1 : 0);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${year}-${two(month)}-${two(day)} ${two(Math.floor(rest / 3_600))}:${two(Math.floor(rest / 60) % 60)}:${two(rest % 60)} UTC`;
}

const clockOf = (ms: number): string => {
  const s = Math.floor(ms / 1_000);
  return `${String(Math.floor(s / 60)).padStart(2, '0')}:${String(s % 60).padStart(2, '0')}`;
};

/** A part of the report: a heading and what stands under it. */
interface Section {
  readonly heading: string;
  readonly lead: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

function sections(scenario: Scenario, state: GameDayState): Section[] {
  const list: Section[] = [
    {
      heading: 'Who',
      lead: `Facilitated by ${state.facilitator}.`,
      head: ['role', 'duty', 'who'],
      rows: scenario.roles.map(({ name, duty }) => [
        name,
        duty,
        state.participants
          .filter(({ role }) => role === name)
          .map((one) => one.name)
          .join(', ') || '–',
      ]),
    },
    {
      heading: 'Success criteria',
      lead: `${state.scores.filter(({ status }) => status === 'met').length} of ${state.scores.length} met.`,
      head: ['criterion', 'result', 'what the record says'],
      rows: state.scores.map(({ criterion, status, reason }) => [criterion, MARK[status], reason]),
    },
  ];
  if (state.mode === 'tabletop')
    list.push({
      heading: 'Questions',
      lead: '',
      head: ['question', 'answer'],
      rows: scenario.questions.map((question, i) => [question, state.answers[i] ?? '–']),
    });
  list.push(
    {
      heading: 'Expected response',
      lead: '',
      head: ['step'],
      rows: scenario.expectedResponse.map((step) => [step]),
    },
    {
      heading: 'What happened',
      lead: '',
      head: ['time', 'kind', 'who', 'what'],
      rows: state.log.map(({ elapsedMs, kind, by, text }) => [clockOf(elapsedMs), kind, by, text]),
    },
    {
      heading: 'Findings and action items',
      lead: state.findings.length === 0 ? 'None.' : '',
      head: ['finding', 'action', 'owner', 'due'],
      rows: state.findings.flatMap(({ text, actions }) =>
        actions.length === 0
          ? [[text, '–', '–', '–']]
          : actions.map((action) => [text, action.text, action.owner, action.due ?? '–']),
      ),
    },
  );
  return list;
}

function facts(scenario: Scenario, state: GameDayState): string {
  return `${scenario.service}, ${state.mode}, ${stamp(state.startedAt)} to ${stamp(state.endedAt)}, ${state.phase}`;
}

/** The report of a game day, in Markdown. */
export function gameDayMarkdown(scenario: Scenario, state: GameDayState): string {
  const lines = [
    `# Game day: ${md(scenario.title)}`,
    '',
    md(facts(scenario, state)),
    '',
    md(scenario.story),
    '',
  ];
  for (const { heading, lead, head, rows } of sections(scenario, state)) {
    lines.push(`## ${heading}`, '');
    if (lead !== '') lines.push(md(lead), '');
    if (rows.length === 0) continue;
    lines.push(`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`);
    // The marks are ours; everything else was written by somebody.
    for (const row of rows)
      lines.push(`| ${row.map((cell) => (cell === MARK.missed ? cell : md(cell))).join(' | ')} |`);
    lines.push('');
  }
  return `${lines.join('\n').trimEnd()}\n`;
}

/** The same as a page of its own: no script, nothing loaded. */
export function gameDayHtml(scenario: Scenario, state: GameDayState): string {
  const parts = sections(scenario, state).map(({ heading, lead, head, rows }) => {
    const table =
      rows.length === 0
        ? ''
        : `<table><thead><tr>${head.map((cell) => `<th scope="col">${html(cell)}</th>`).join('')}</tr></thead><tbody>${rows
            .map(
              (row) =>
                `<tr>${row.map((cell) => `<td>${html(cell.replaceAll('**', ''))}</td>`).join('')}</tr>`,
            )
            .join('')}</tbody></table>`;
    return `<section><h2>${html(heading)}</h2>${lead === '' ? '' : `<p>${html(lead)}</p>`}${table}</section>`;
  });
  const title = `Game day: ${html(scenario.title)}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8888}</style></head>
<body><h1>${title}</h1><p>${html(facts(scenario, state))}</p><p>${html(scenario.story)}</p>${parts.join('')}</body></html>
`;
}
