import { describe, expect, it } from 'vitest';
import {
  archiveModel,
  canaryModel,
  emptyRegistry,
  endCanary,
  heldCheckpoints,
  inProductionAt,
  knownGoodModel,
  type ModelRegistry,
  productionModel,
  promoteModel,
  registerModel,
  rollBackModel,
  startCanary,
} from './registry.ts';

const who = (at: number, reason = 'test') => ({ by: 'ada', reason, at });
const add = (registry: ModelRegistry, version: string, passed = true, at = 0): ModelRegistry =>
  registerModel(registry, {
    version,
    artifact: { uri: `file:${version}`, bytes: 10, sha256: version.repeat(3) },
    lineage: { by: 'ada', run: 'run-1', checkpoint: `step-${version}` },
    gates: { passed, findings: [], reason: passed ? 'all 2 gates passed' : 'auc is too low' },
    registeredAt: at,
  });
const serve = (registry: ModelRegistry, version: string, at: number): ModelRegistry =>
  promoteModel(startCanary(add(registry, version), version, who(at)), version, who(at));

describe('registry', () => {
  it('promotes through the canary and knows what was in production when', () => {
    let registry = promoteModel(add(emptyRegistry('simple'), 'a'), 'a', who(100));
    registry = serve(registry, 'b', 200);
    registry = serve(registry, 'c', 300);
    expect(productionModel(registry)?.version).toBe('c');
    expect([50, 100, 199, 200, 299, 300, 1e9].map((at) => inProductionAt(registry, at)?.version)).toEqual([
      undefined,
      'a',
      'a',
      'b',
      'b',
      'c',
      'c',
    ]);
  });

  it('refuses a candidate that failed its gates, two canaries, and promotion past the canary', () => {
    let registry = promoteModel(add(emptyRegistry('simple'), 'a'), 'a', who(1));
    registry = add(add(registry, 'bad', false), 'b');
    expect(() => startCanary(registry, 'bad', who(2))).toThrow(/has not passed its gates: auc/);
    expect(() => promoteModel(registry, 'b', who(2))).toThrow(/only a canary is promoted/);
    registry = startCanary(registry, 'b', who(2));
    expect(() => startCanary(registry, 'bad', who(3), true)).toThrow(/b is the canary now/);
    registry = endCanary(registry, 'b', who(3, 'worse'));
    expect(canaryModel(registry)).toBeUndefined();
    expect(canaryModel(startCanary(registry, 'bad', who(4), true))?.version).toBe('bad');
  });

  it('rolls back in one step, to the last version that was good to its end, and twice in a row to the one before', () => {
    let registry = promoteModel(add(emptyRegistry('simple'), 'a'), 'a', who(100));
    registry = serve(serve(registry, 'b', 200), 'c', 300);
    const first = rollBackModel(registry, who(400, 'quality'));
    expect(first.to.version).toBe('b');
    expect(inProductionAt(first.registry, 350)).toMatchObject({ version: 'c', ended: 'rolled_back' });
    const second = rollBackModel(first.registry, who(500));
    expect(second.to.version).toBe('a');
    expect(() => rollBackModel(second.registry, who(600))).toThrow(
      /no earlier version of simple is known to be good/,
    );
    expect(knownGoodModel(second.registry)).toBeUndefined();
  });

  it('keeps versions as they are', () => {
    const registry = add(emptyRegistry('simple'), 'a');
    expect(add(registry, 'a')).toBe(registry);
    expect(() =>
      registerModel(registry, {
        version: 'a',
        artifact: { uri: 'file:x', bytes: 1, sha256: 'other' },
        lineage: { by: 'eve' },
        gates: undefined,
        registeredAt: 1,
      }),
    ).toThrow(/versions do not change/);
    expect(() => startCanary(registry, 'zz', who(1))).toThrow(/no version zz/);
  });

  it('archives nothing that serves, and holds the checkpoints of its versions', () => {
    const registry = promoteModel(add(emptyRegistry('simple'), 'a'), 'a', who(1));
    expect(() => archiveModel(registry, 'a', who(2))).toThrow(/it serves/);
    expect(archiveModel(add(registry, 'b'), 'b', who(2)).versions.at(-1)?.standing).toBe('archived');
    expect([...heldCheckpoints(registry, 'run-1')]).toEqual([['step-a', 'model simple a']]);
    expect(heldCheckpoints(registry, 'run-2').size).toBe(0);
  });
});
