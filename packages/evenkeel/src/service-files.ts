import { resolve } from 'node:path';
import { formatProblems } from '@evenkeel/config';
import { EvenkeelError } from '@evenkeel/core';
import { type Checked, checkFile } from './check.ts';

export type GoodFile = Extract<Checked, { ok: true }>;

/**
 * Reads every service file.
 * @throws EvenkeelError config_invalid, with every mistake in words
 */
export function readServiceFiles(files: readonly string[]): readonly GoodFile[] {
  const good = files.map((file): GoodFile => {
    const checked = checkFile(resolve(file), process.env);
    if (checked.ok) return checked;
    throw new EvenkeelError(
      'config_invalid',
      formatProblems(checked.problems, { color: false, source: checked.text }),
    );
  });
  const names = good.map((file) => file.service.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) {
    throw new EvenkeelError('config_invalid', `two files describe the service ${twice}`);
  }
  return good;
}
