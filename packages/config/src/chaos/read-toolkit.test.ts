import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readToolkit } from './read-toolkit.ts';

const process_ = { type: 'process', path: 'echo', arguments: 'hello "two words"' };
const probe = { type: 'probe', name: 'up', tolerance: 0, provider: process_ };
const action = { type: 'action', name: 'go', provider: process_ };
const SOUND = {
  title: 'Say hello',
  description: 'politely',
  'steady-state-hypothesis': { title: 'polite', probes: [probe] },
  method: [{ ...action, pauses: { after: 1.5 } }, { ref: 'up' }],
  rollbacks: [{ ref: 'go' }],
};

const read = (value: unknown, env = {}) =>
  readToolkit(typeof value === 'string' ? value : JSON.stringify(value), {
    path: 'x.json',
    env,
    service: 'mail',
  });

function refused(value: unknown): string {
  const result = read(value);
  return result.ok ? '' : result.problems.map(({ at, message }) => `${at}: ${message}`).join('\n');
}

function notRun(value: unknown, env = {}): string {
  const result = read(value, env);
  expect(result.ok).toBe(true);
  if (!result.ok) return '';
  expect(result.experiment).toBeUndefined();
  return result.refusals.join('\n');
}

describe('readToolkit', () => {
  it('turns processes, calls and faults into activities of ours', () => {
    const result = read(
      {
        ...SOUND,
        configuration: { host: { type: 'env', key: 'HOST', default: '127.0.0.1' }, port: 8080 },
        secrets: { global: { auth: { type: 'env', key: 'AUTH' } } },
        method: [
          ...SOUND.method,
          {
            type: 'action',
            name: 'call',
            background: true,
            provider: {
              type: 'http',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: the format's own placeholders
              url: 'http://${host}:${port}/x',
              method: 'post',
              // biome-ignore lint/suspicious/noTemplateCurlyInString: the format's own placeholders
              headers: { authorization: '${auth}' },
              arguments: { a: 1 },
              timeout: [1, 3],
            },
          },
          {
            type: 'action',
            name: 'break',
            provider: { type: 'evenkeel', fault: { type: 'stale_features', older: '24h' }, for: 60 },
          },
        ],
        extensions: [{ name: 'evenkeel', service: 'moderation', radius: { share: '2%' } }],
      },
      { AUTH: 'Basic XYZ' },
    );
    expect(result).toMatchObject({
      ok: true,
      refusals: [],
      experiment: {
        name: 'say-hello',
        service: 'moderation',
        radius: { name: 'limited', share: 0.02 },
        durationMs: 0,
        hypothesis: { probes: [{ name: 'up', tolerance: { kind: 'equals', value: 0 } }] },
        method: [
          { activity: { name: 'go', pauseAfterMs: 1_500, provider: { arguments: ['hello', 'two words'] } } },
          { activity: { name: 'up', type: 'probe' } },
          {
            activity: {
              background: true,
              provider: {
                url: 'http://127.0.0.1:8080/x',
                method: 'POST',
                headers: { authorization: 'Basic XYZ' },
                timeoutMs: 3_000,
              },
            },
          },
          { activity: { provider: { type: 'evenkeel', forMs: 60_000, fault: { olderMs: 86_400_000 } } } },
        ],
        rollbacks: [{ name: 'go' }],
      },
    });
  });

  it.each([
    [true, { kind: 'equals', value: true }],
    [8, { kind: 'equals', value: 8 }],
    ['OK', { kind: 'equals', value: 'OK' }],
    [[4, 9], { kind: 'range', low: 4, high: 9 }],
    [[4, 9, 78], { kind: 'one_of', values: [4, 9, 78] }],
    [[500], { kind: 'one_of', values: [500] }],
    [
      { type: 'range', range: [4.6, 8.9] },
      { kind: 'range', low: 4.6, high: 8.9 },
    ],
    [
      { type: 'regex', target: 'stdout', pattern: '[0-9]{2}' },
      { kind: 'regex', target: 'stdout', pattern: '[0-9]{2}' },
    ],
    [
      { type: 'jsonpath', path: 'foo[*].baz', expect: 4 },
      { kind: 'jsonpath', path: 'foo[*].baz', expect: 4 },
    ],
  ])('understands the tolerance %j', (tolerance, ours) => {
    const result = read({
      ...SOUND,
      'steady-state-hypothesis': { title: 't', probes: [{ ...probe, tolerance }] },
    });
    expect(result.ok && result.experiment?.hypothesis.probes[0]?.tolerance).toMatchObject(ours);
  });

  it.each([
    ['nothing', {}, '"title" is missing'],
    ['no title', { description: 'x', method: [] }, '"title" is missing'],
    ['no description', { title: 'x', method: [] }, '"description" is missing'],
    ['no method', { title: 'x', description: 'y' }, '"method" is missing'],
    ['a hypothesis without a title', { ...SOUND, 'steady-state-hypothesis': {} }, '"title" is missing'],
    [
      'a probe without a tolerance',
      { ...SOUND, 'steady-state-hypothesis': { title: 't', probes: [{ ...probe, tolerance: undefined }] } },
      'tolerance',
    ],
    [
      'a reference to nothing',
      { ...SOUND, method: [{ ref: 'pizza' }] },
      'method[0].ref: no activity is called "pizza"',
    ],
    ['an unknown provider', { ...SOUND, method: [{ ...action, provider: { type: 'ruby' } }] }, 'method[0]'],
    ['an unknown strategy', { ...SOUND, runtime: { rollbacks: { strategy: 'sometimes' } } }, 'sometimes'],
    [
      'a control with a key of its own',
      { ...SOUND, controls: [{ name: 'c', boom: 1, provider: { type: 'python', module: 'm' } }] },
      'controls[0]',
    ],
    ['text', 'title: [', 'not valid YAML'],
  ])('refuses %s, with its place', (_, value, message) => {
    expect(refused(value)).toContain(message);
  });

  it('names what is valid and not run', () => {
    const python = { type: 'python', module: 'os.path', func: 'exists' };
    expect(notRun({ ...SOUND, method: [{ ...action, provider: python }] })).toContain(
      'go: the python provider (os.path.exists) is not run',
    );
    expect(
      notRun({ ...SOUND, controls: [{ name: 'tracing', provider: { type: 'python', module: 'm' } }] }),
    ).toContain('controls: tracing');
    expect(notRun({ ...SOUND, configuration: { k: { type: 'env', key: 'NOT_THERE' } } })).toContain(
      'NOT_THERE is not set',
    );
    expect(notRun({ ...SOUND, secrets: { g: { k: { type: 'vault', path: 'x' } } } })).toContain('vault');
    const nested = { ...probe, tolerance: { type: 'probe', name: 'deep', provider: process_ } };
    expect(notRun({ ...SOUND, 'steady-state-hypothesis': { title: 't', probes: [nested] } })).toContain(
      'a probe of its own',
    );
  });

  it('warns of the rollback strategies that would leave something behind, and goes on', () => {
    const result = read({ ...SOUND, runtime: { rollbacks: { strategy: 'never' } } });
    expect(result.ok && result.warnings.join()).toContain('always undone');
    expect(result.ok && result.experiment).toBeDefined();
    const on = read({ ...SOUND, runtime: { hypothesis: { strategy: 'continuously' } } });
    expect(on.ok && on.experiment?.hypothesis.probes[0]?.during).toBe(true);
  });
});

const DATA = process.env.EVENKEEL_CHAOSTOOLKIT_DATA;
const FILE = join(DATA ?? '', 'lib-experiments.json');
/** Negative by their names and by what the library itself refuses at their loading. */
const NEGATIVE = [
  'EmptyExperiment',
  'MissingTitleExperiment',
  'MissingDescriptionExperiment',
  'MissingHypothesisTitleExperiment',
  'MissingMethodExperiment',
  'MissingRefProbeExperiment',
  'ExperimentWithInvalidHypoProbe',
  'ExperimentWithInvalidControls',
];

describe.skipIf(DATA === undefined || !existsSync(FILE))('the experiments of the library itself', () => {
  const all: Record<string, unknown> = DATA === undefined ? {} : JSON.parse(readFileSync(FILE, 'utf8'));
  it.each(Object.entries(all))('%s', (name, value) => {
    const result = read(value);
    const why = result.ok
      ? 'parses'
      : result.problems.map(({ at, message }) => `${at}: ${message}`).join('; ');
    if (process.env.EVENKEEL_CHAOSTOOLKIT_TABLE === '1')
      console.log(
        `${name} | ${result.ok ? (result.experiment === undefined ? `parses, not run: ${result.refusals[0]}` : 'parses, runs') : `refused: ${why}`}`,
      );
    expect(result.ok, why).toBe(!NEGATIVE.includes(name));
  });

  it("the specification's own examples", () => {
    const blocks: { section: string; value: unknown }[] = JSON.parse(
      readFileSync(join(DATA ?? '', 'spec-experiment-examples.json'), 'utf8'),
    );
    let whole = 0;
    for (const { section, value } of blocks) {
      if (typeof value !== 'object' || value === null) continue;
      // Fragments are put into a whole one; answers of a vault and the like are none.
      const known = ['tolerance', 'contributions', 'secrets', 'configuration', 'controls', 'extensions'];
      const keys = Object.keys(value);
      if (keys.includes('method')) whole += 1;
      else if (keys.length !== 1 || !known.includes(keys[0] ?? '')) continue;
      const experiment = keys.includes('method')
        ? value
        : keys[0] === 'tolerance'
          ? { ...SOUND, 'steady-state-hypothesis': { title: 't', probes: [{ ...probe, ...value }] } }
          : { ...SOUND, ...value };
      expect(
        read(experiment).ok,
        `${section}: ${JSON.stringify(value).slice(0, 200)} ${refused(experiment)}`,
      ).toBe(true);
    }
    expect(whole).toBe(2);
  });
});
