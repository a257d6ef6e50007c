import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { loadServiceFile } from '../packages/config/src/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

it('the service file of the README is a good one', () => {
  const text = /```yaml\n([\s\S]*?)```/.exec(read('README.md'))?.[1] ?? '';
  const loaded = loadServiceFile(text, { path: 'README.md', env: {} });
  expect(loaded.ok ? [] : loaded.problems).toEqual([]);
});

it('the README is short and holds its two commands in the first screen', () => {
  const lines = read('README.md').split('\n');
  expect(lines.length).toBeLessThanOrEqual(150);
  const screen = lines.slice(0, 20).join('\n');
  expect(screen).toContain('npm start');
  expect(screen).toContain('npm test');
});
