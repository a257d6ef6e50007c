import type { CliContext } from '../cli-context.ts';
import { span, table } from '../output.ts';
import { OPEN_STATES, type WholeIncident } from './incident-shape.ts';
import { clockTime } from './moment.ts';
import { wrapped } from './waterfall.ts';

export function severityStyle(severity: string): 'red' | 'yellow' | 'dim' {
  return severity === 'SEV1' || severity === 'SEV2' ? 'red' : severity === 'SEV3' ? 'yellow' : 'dim';
}

/** What a person would do next, as commands that can be copied. */
function next(one: WholeIncident): readonly string[] {
  const { id } = one;
  switch (one.status) {
    case 'detected':
    case 'investigating':
    case 'mitigating':
      return [
        ...(one.acknowledgedAt == null ? [`evenkeel incidents ack ${id}`] : []),
        `evenkeel incidents actions ${id}`,
        `evenkeel incidents resolve ${id} "what ended it"`,
      ];
    case 'resolved':
      return [`evenkeel incidents review ${id}`, `evenkeel incidents reopen ${id} "why"`];
    case 'post_mortem':
      return [`evenkeel incidents waive ${id} "why no experiment"`, `evenkeel incidents close ${id}`];
    default:
      return [];
  }
}

/** One incident as a page: what is wrong, why, what was done already, what to do next. */
export function incidentPage(
  one: WholeIncident,
  { paint, columns }: CliContext,
  everything: boolean,
): string {
  const width = Number.isFinite(columns) ? columns : 120;
  const para = (head: string, text: string): string => {
    const [first = '', ...rest] = wrapped(text, Math.max(30, width - 10));
    return [`${head.padEnd(10)}${first}`, ...rest.map((line) => ' '.repeat(10) + line)].join('\n');
  };
  const section = (title: string, body: string): readonly string[] => ['', paint('bold', title), body];
  const lasted = (one.resolvedAt ?? Date.now()) - one.startedAt;
  const acknowledged =
    one.acknowledgedAt == null
      ? 'nobody has acknowledged it'
      : `acknowledged by ${one.acknowledgedBy ?? 'somebody'} at ${clockTime(one.acknowledgedAt)}`;
  const shownEntries = everything ? one.timeline : one.timeline.filter(({ decisive }) => decisive);
  const left = one.timeline.length - shownEntries.length;
  return [
    `${paint(severityStyle(one.severity), one.severity)} ${paint('bold', one.title)}`,
    `${one.id}  ${one.service}  ${one.type}  ${one.status}`,
    para('since', `${clockTime(one.startedAt)} (${span(lasted)}); ${acknowledged}`),
    para('cause', one.rootCause ?? `likely: ${one.likelyCause}`),
    para('severity', one.severityReason),
    ...(one.resolution == null ? [] : [para('ended by', one.resolution)]),
    ...(one.silencedBy == null ? [] : [para('silenced', one.silencedBy)]),
    ...section(
      'Evidence',
      table(
        ['role', 'strength', 'last seen', 'what'],
        one.signals.map((signal) => [
          signal.role,
          signal.strength.toFixed(2),
          clockTime(signal.lastSeen),
          signal.evidence.text,
        ]),
        columns,
      ),
    ),
    ...(one.mitigations.length === 0
      ? []
      : section(
          'What was done',
          table(
            ['id', 'state', 'when', 'by', 'what'],
            one.mitigations.map((done) => [
              done.id,
              done.state,
              clockTime(done.at),
              done.by,
              done.outcome == null ? done.text : `${done.text}: ${done.outcome}`,
            ]),
            columns,
          ),
        )),
    ...(one.pages.length === 0
      ? []
      : section(
          'Who was told',
          table(
            ['when', 'who', 'as'],
            one.pages.map((page) => [clockTime(page.at), page.to, page.role]),
            columns,
          ),
        )),
    ...section(
      left === 0 ? 'Timeline' : `Timeline (${left} more with --all)`,
      table(
        ['when', 'by', 'kind', 'what'],
        shownEntries.map((entry) => [clockTime(entry.at), entry.by, entry.kind, entry.text]),
        columns,
      ),
    ),
    ...(OPEN_STATES.includes(one.status)
      ? section('Look at', one.runbook.investigationSteps.map((step, i) => `${i + 1}. ${step}`).join('\n'))
      : []),
    ...(next(one).length === 0 ? [] : section('Next', next(one).join('\n'))),
  ].join('\n');
}
