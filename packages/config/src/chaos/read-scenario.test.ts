import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readScenario } from './read-scenario.ts';

const FLAGSHIP = fileURLToPath(new URL('../../../../examples/moderation', import.meta.url));
const names = (folder: string): string[] =>
  readdirSync(join(FLAGSHIP, folder)).filter((file) => file.endsWith('.yaml'));
const experiments = new Set(names('experiments').map((file) => file.replace('.yaml', '')));

const SOUND = `evenkeel: 1
gameday: one
service: mail
title: One
story: It is Tuesday.
duration: 30m
roles: [{ name: on call }]
injects:
  - { name: a, at: 1m, experiment: capacity_overload }
  - { name: b, message: hello, to: on call }
criteria:
  - { detected: 3m }
  - { paged: on call }
`;

const refused = (text: string): string => {
  const read = readScenario(text, 'one.yaml', experiments);
  return read.ok ? '' : read.problems.map(({ line, message }) => `${line}: ${message}`).join('\n');
};

describe('readScenario', () => {
  it('reads a scenario, with the six questions where it has none of its own', () => {
    const read = readScenario(SOUND, 'one.yaml', experiments);
    expect(read).toMatchObject({
      ok: true,
      scenario: {
        durationMs: 1_800_000,
        injects: [
          { atMs: 60_000, what: { kind: 'experiment' } },
          { atMs: undefined, what: { kind: 'message' } },
        ],
        criteria: [
          { kind: 'detected', withinMs: 180_000 },
          { kind: 'paged', role: 'on call' },
        ],
      },
    });
    expect(read.ok && read.scenario.questions.length).toBe(6);
  });
  it.each([
    [
      'an experiment that is not there',
      SOUND.replace('capacity_overload', 'nothing'),
      '9: there is no experiment "nothing"',
    ],
    ['a role that is not there', SOUND.replace('to: on call', 'to: king'), '10: there is no role "king"'],
    ['paging nobody', SOUND.replace('paged: on call', 'paged: king'), '13: there is no role "king"'],
    ['an inject after the end', SOUND.replace('at: 1m', 'at: 30m'), '9: comes after the duration'],
    [
      'an inject that is two things',
      SOUND.replace('message: hello', 'message: hello, experiment: capacity_overload'),
      'either "experiment" or "message"',
    ],
    ['a name twice', SOUND.replace('name: b', 'name: a'), '10: "a" stands here twice'],
    ['no role', SOUND.replace('[{ name: on call }]', '[]'), 'somebody has to take part'],
  ])('refuses %s', (_, text, message) => {
    expect(refused(text)).toContain(message);
  });
  it.each(names('gamedays'))('reads %s of the flagship', (file) => {
    const text = readFileSync(join(FLAGSHIP, 'gamedays', file), 'utf8');
    expect(refused(text)).toBe('');
    const read = readScenario(text, file, experiments);
    expect(read.ok && `${read.scenario.name}.yaml`).toBe(file);
  });
  it('has three of them', () => {
    expect(names('gamedays').length).toBe(3);
  });
});
