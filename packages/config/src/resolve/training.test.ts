import { describe, expect, it } from 'vitest';
import { loadServiceFile } from '../load.ts';

function load(model: object, objectives?: object) {
  const file = {
    evenkeel: 1,
    service: 'mail',
    type: 'content_moderation',
    owner: 'mail-team',
    models: { m: { version: '1', ...model } },
    ladder: [{ level: 'full_service', model: 'm', budget: '100ms' }],
    ...(objectives === undefined ? {} : { objectives }),
  };
  return loadServiceFile(JSON.stringify(file), { path: '/srv/mail.yaml', env: {}, exists: () => true });
}
const problems = (model: object, objectives?: object): string => {
  const loaded = load(model, objectives);
  return loaded.ok ? '' : loaded.problems.map(({ message }) => message).join('\n');
};
const module = './m.js';

describe('training of a model', () => {
  it('allows nothing by itself, and tries a tenth of the users for ten minutes, unless it says otherwise', () => {
    const loaded = load({ module, training: { artifact: 'm.bin', retrain: { command: ['node', 't.js'] } } });
    expect(loaded.ok && loaded.service.models.get('m')?.training).toEqual({
      weights: 'weights',
      artifact: 'm.bin',
      automatic: [],
      gates: [],
      canary: {
        share: 0.1,
        tolerance: 0.01,
        minimum: 100,
        soakMs: 600_000,
        timeoutMs: 86_400_000,
        objectives: undefined,
      },
      retrain: { command: ['node', 't.js'], cwd: '/srv', everyMs: undefined, timeoutMs: 21_600_000 },
    });
  });

  it('has gates', () => {
    const gates = [
      { kind: 'threshold', metric: 'accuracy', direction: 'higher', limit: 0.9 },
      { kind: 'against_production', metric: 'auc', direction: 'higher', tolerance: 0.01, each_segment: true },
      { kind: 'latency', limit: '5ms' },
      { kind: 'size', limit: '10MiB' },
    ];
    const loaded = load({ module, training: { artifact: 'm.bin', gates } });
    expect(loaded.ok && loaded.service.models.get('m')?.training?.gates).toMatchObject([
      { kind: 'threshold', limit: 0.9, eachSegment: false },
      { kind: 'against_production', tolerance: 0.01, eachSegment: true },
      { kind: 'latency', limitMs: 5 },
      { kind: 'size', limitBytes: 10_485_760 },
    ]);
  });

  it('has objectives counted by version: of requests and labels, not of slices', () => {
    const loaded = load(
      { module, training: { artifact: 'm.bin' } },
      {
        availability: { category: 'availability' },
        quality: { category: 'quality', target: '90%' },
        minutes: { category: 'latency', indicator: { latency: { p95: '50ms' } }, slices: { every: '1m' } },
        steps: { category: 'availability', indicator: { pushed: 'training-goodput' }, target: '90%' },
        few: { category: 'availability', segments: { version: 3 } },
      },
    );
    const segments = loaded.ok
      ? Object.fromEntries(loaded.service.objectives.map(({ name, segments: by }) => [name, by]))
      : {};
    const byVersion = [{ by: 'version', most: 20 }];
    expect(segments).toEqual({
      availability: byVersion,
      quality: byVersion,
      minutes: undefined,
      steps: undefined,
      few: [{ by: 'version', most: 3 }],
    });
  });

  it('is refused where it cannot be', () => {
    const training = { artifact: 'm.bin' };
    expect(problems({ json: { url: 'http://127.0.0.1:9/' }, training })).toMatch(/only a module is given/);
    expect(problems({ module, training: { artifact: '../m.bin' } })).toMatch(/a file inside a checkpoint/);
    expect(problems({ module, training: { artifact: '/etc/passwd' } })).toMatch(/a file inside a checkpoint/);
    expect(problems({ module, training: { ...training, canary: { timeout: '1m' } } })).toMatch(
      /shorter than soak/,
    );
    expect(
      problems(
        { module, training: { ...training, canary: { objectives: ['qualty'] } } },
        { quality: { category: 'quality', target: '90%' } },
      ),
    ).toMatch(/there is no objective "qualty"/);
  });
});
