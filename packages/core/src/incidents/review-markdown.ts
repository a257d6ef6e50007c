import { lineChart } from './chart.ts';
import type { Figure, Review } from './review.ts';
import { isoTime, percent } from './stamp.ts';

/**
 * Text of unknown origin as Markdown that shows it and does nothing: no markup, no HTML, no link, one line.
 */
export function escapeMarkdown(text: string): string {
  return (
    text
      // Newlines would begin blocks, other controls hide things.
      .replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('>', '&gt;')
      .replace(/[\\`*_{}[\]()#+\-.!|~^$:@]/g, '\\$&')
      .trim()
  );
}

const MOMENT_WORDS = 24;

/** A review as Markdown. `base` stands before the paths of links (an origin, or '' for relative ones). */
export function reviewMarkdown(review: Review, base = ''): string {
  const out: string[] = [];
  const e = escapeMarkdown;
  const heading = (text: string): void => {
    out.push('', `## ${text}`, '');
  };
  const list = (items: readonly string[], none: string): void => {
    if (items.length === 0) out.push(none);
    for (const item of items) out.push(`- ${e(item)}`);
  };
  const linked = (text: string, link: string): string => `[${e(text)}](<${base}${safePath(link)}>)`;
  const table = (figures: readonly Figure[]): void => {
    if (figures.length === 0) return;
    out.push('| what | how much |', '|---|---|');
    for (const { name, text, link, restated } of figures) {
      const was = restated === undefined ? '' : ` (restated ${isoTime(restated.at)}, was ${e(restated.was)})`;
      out.push(`| ${e(name)} | ${linked(text, link)}${was} |`);
    }
  };

  out.push(`# Review of ${e(review.incident)}`, '', e(review.summary), '');
  out.push(
    `${review.state === 'completed' ? 'Completed' : 'Draft'}, version ${review.version}, drawn from the record ${isoTime(review.draftedAt)}.`,
  );
  heading('Impact');
  table(review.impact);
  heading('What degraded');
  table(review.degraded);
  const decisive = review.timeline.filter((entry) => entry.decisive);
  const chart = lineChart(
    'Share of bad events',
    review.course.map(({ at, bad }) => ({ at, value: bad })),
    decisive.map(({ at, text }) => ({ at, text: text.slice(0, MOMENT_WORDS) })),
  );
  if (chart !== undefined) {
    const data = encodeURIComponent(chart)
      .replaceAll('(', '%28')
      .replaceAll(')', '%29')
      .replaceAll("'", '%27');
    out.push('', `![Share of bad events over time](data:image/svg+xml,${data})`);
  }
  heading('Times');
  table(review.times);
  heading('Timeline');
  out.push('| when | who | what |', '|---|---|---|');
  for (const { at, by, text, decisive: marked, link } of review.timeline) {
    const words = link === undefined ? e(text) : linked(text, link);
    out.push(`| ${isoTime(at)} | ${e(by)} | ${marked ? `**${words}**` : words} |`);
  }
  heading('What was done');
  if (review.mitigations.length === 0) out.push('Nothing was done beside looking for the cause.');
  for (const { at, by, text, state, effect, outcome } of review.mitigations) {
    const how = effect === undefined ? '' : `, ${percent(effect)} of the trouble gone`;
    out.push(
      `- ${isoTime(at)} ${e(by)}: ${e(text)} — ${state}${how}${outcome === undefined ? '' : ` (${e(outcome)})`}`,
    );
  }
  heading('Root cause');
  out.push(review.words.rootCause === '' ? 'To be written by people.' : e(review.words.rootCause), '');
  for (const question of review.questions) {
    const answer = review.words.answers[question];
    out.push(`- ${e(question)}${answer === undefined ? '' : ` ${e(answer)}`}`);
  }
  heading('Contributing factors');
  list(review.words.contributingFactors, 'To be written by people.');
  heading('What went well');
  list(review.wentWell, 'Nothing that the record shows.');
  heading('What to improve');
  list(review.toImprove, 'Nothing that the record shows.');
  heading('Detection');
  list(review.detectionImprovements, 'Nothing that the record shows.');
  heading('Prevention');
  list(review.prevention, '');
  heading('Action items');
  if (review.actions.length === 0) out.push('None yet.');
  for (const { text, owner, due, state } of review.actions) {
    const by = due === undefined ? '' : `, due ${isoTime(due).slice(0, 10)}`;
    out.push(
      `- [${state === 'done' ? 'x' : ' '}] ${e(text)} (${e(owner ?? 'nobody yet')}${by}${state === 'dropped' ? ', dropped' : ''})`,
    );
  }
  if (review.words.notes !== '') {
    heading('Notes');
    out.push(e(review.words.notes));
  }
  return `${out.join('\n')}\n`;
}

/** Links lead into the API and nowhere else. */
function safePath(link: string): string {
  return link.startsWith('/api/v1/') && !/[<>\s\\]/.test(link) ? link : '/api/v1/incidents';
}
