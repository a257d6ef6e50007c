import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evenkeelProgram } from '../program.ts';
import { completionScript, SHELLS } from './scripts.ts';
import { completionTree, everyNode } from './tree.ts';

const tree = completionTree(evenkeelProgram());
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-completion-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** What bash would offer for the last word. */
function bash(...words: readonly string[]): readonly string[] {
  const script = join(dir, 'bash');
  writeFileSync(script, completionScript('bash', tree));
  const quoted = words.map((word) => `'${word}'`).join(' ');
  const ran = spawnSync(
    'bash',
    [
      '-c',
      `source ${script}; COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _evenkeel; printf '%s\\n' "\${COMPREPLY[@]}"`,
    ],
    { encoding: 'utf8', cwd: dir },
  );
  expect(ran.stderr).toBe('');
  return ran.stdout.split('\n').filter((line) => line !== '');
}

describe('in bash', () => {
  it('offers nouns, verbs, options and the values that an option has', () => {
    expect(bash('evenkeel', 'incid')).toEqual(['incidents']);
    expect(bash('evenkeel', 'incidents', 's')).toEqual(expect.arrayContaining(['show', 'severity', 'set']));
    expect(bash('evenkeel', 'serve', '--ro')).toEqual(['--role']);
    expect(bash('evenkeel', 'serve', '--role', '')).toEqual(['all', 'gateway', 'control']);
  });
  it('passes over options and their values', () => {
    expect(bash('evenkeel', '--json', 'incidents', 'resol')).toEqual(['resolve']);
    expect(bash('evenkeel', 'requests', '--service', 'incidents', '--tena')).toEqual(['--tenant']);
  });
  it('offers files where files are wanted', () => {
    writeFileSync(join(dir, 'triage.yaml'), '');
    expect(bash('evenkeel', 'check', 'tri')).toEqual(['triage.yaml']);
  });
});

it.each(SHELLS)('the script of %s knows every command', (shell) => {
  const script = completionScript(shell, tree);
  const nodes = everyNode(tree);
  expect(nodes.length).toBeGreaterThan(60);
  for (const { path, name } of nodes.slice(1)) {
    expect(script, path).toContain(name);
    if (shell !== 'fish') expect(script, path).toContain(`'${path.split(' ').slice(1).join(' ')}')`);
  }
});
