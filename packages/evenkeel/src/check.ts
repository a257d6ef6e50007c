import { existsSync, readFileSync } from 'node:fs';
import { formatProblems, loadServiceFile, type Problem, type ServiceConfig } from '@evenkeel/config';
import { describeError } from '@evenkeel/core';

/** A service file that has been read, with its text for messages that show the line. */
export type Checked =
  | {
      readonly ok: true;
      readonly path: string;
      readonly text: string;
      readonly service: ServiceConfig;
      readonly warnings: readonly Problem[];
    }
  | {
      readonly ok: false;
      readonly path: string;
      readonly text: string;
      readonly problems: readonly Problem[];
    };

/** Reads and checks one service file; a file that cannot be read is a problem like any other. */
export function checkFile(path: string, env: Readonly<Record<string, string | undefined>>): Checked {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const message = `cannot be read: ${describeError(error)}`;
    return { ok: false, path, text: '', problems: [{ path, line: 1, column: 1, at: '', message }] };
  }
  const loaded = loadServiceFile(text, { path, env, exists: existsSync });
  return loaded.ok
    ? { ok: true, path, text, service: loaded.service, warnings: loaded.warnings }
    : { ok: false, path, text, problems: loaded.problems };
}

/** What `evenkeel check` prints for one file. */
export function report(checked: Checked, color: boolean): string {
  const problems = checked.ok ? checked.warnings : checked.problems;
  const words = problems.length === 0 ? '' : formatProblems(problems, { color, source: checked.text });
  if (!checked.ok) return words;
  const { service } = checked;
  const rungs = service.ladder.map((rung) => rung.name).join(' → ');
  return `${words}${words === '' ? '' : '\n'}${checked.path}: service ${service.name} is well described (${rungs})`;
}
