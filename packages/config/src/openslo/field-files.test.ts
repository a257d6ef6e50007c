import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { printOpenSlo, readOpenSlo, toObjectives } from './index.ts';

// OpenSLO's own examples are not part of this repository. EVENKEEL_OBJECTIVES_DATA names a directory with `openslo/`.
const data = process.env.EVENKEEL_OBJECTIVES_DATA ?? '';
const directory = join(data, 'openslo');
const present = data !== '' && existsSync(directory);
if (!present)
  console.warn(
    'SKIPPED: files of the field; set EVENKEEL_OBJECTIVES_DATA to a directory with openslo/ in it',
  );

/** What the published schema and the specification together say; a file that is not named here is only read. */
const VERDICTS: Readonly<Record<string, boolean>> = {
  'v1-examples/alert_conditions.yaml': true,
  'v1-examples/alert_notification_targets.yaml': true,
  'v1-examples/alert_policies.yaml': false,
  'v1-examples/data_sources.yaml': false,
  'v1-examples/services.yaml': true,
  'v1-examples/slis.yaml': true,
  'v1-examples/slos.yaml': true,
  'examples/budgeting-method/occurences-slo.yaml': false,
  'examples/budgeting-method/ratio-timeslices.yaml': false,
  'examples/budgeting-method/timeslices-slo.yaml': false,
  'examples/treat-low-traffic-as-equally-important/timeslices-slo.yaml': false,
};

const files = present
  ? readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.yaml'))
  : [];

describe.skipIf(!present)('files of the field', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it.each(files)('%s: is read or refused with places, and written again equal', (file) => {
    const path = join(directory, file);
    const read = readOpenSlo(readFileSync(path, 'utf8'), relative(directory, path));
    const converted = toObjectives(read.documents);
    if (process.env.EVENKEEL_REPORT !== undefined) {
      const say = (
        title: string,
        list: readonly { line: number; column: number; message: string; hint?: string }[],
      ) =>
        list.map(
          (one) =>
            `    ${title} ${one.line}:${one.column} ${one.message}${one.hint === undefined ? '' : ` (${one.hint})`}`,
        );
      console.log(
        [
          `${file}: ${read.ok ? 'accepted' : 'REFUSED'}, ${read.documents.length} objects, ${converted.objectives.length} objectives`,
          ...say('wrong', read.problems),
          ...say('odd', read.warnings),
          ...say('cannot', converted.problems),
          ...say('note', converted.warnings),
        ].join('\n'),
      );
    }
    expect(read.ok).toBe(VERDICTS[file] ?? read.ok);
    for (const problem of [...read.problems, ...read.warnings]) expect(problem.line).toBeGreaterThan(0);
    const documents = read.documents.map(({ document }) => document);
    const again = readOpenSlo(printOpenSlo(documents), 'again.yaml');
    if (documents.length > 0) expect(again.problems).toEqual([]);
    expect(again.documents.map(({ document }) => document)).toEqual(documents);
  });
});
