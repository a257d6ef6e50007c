import { type ActionKind, type MitigationRecord, NO_TRAFFIC } from '@evenkeel/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, FILE, gone, type Rig, type RigOptions, rig, second } from './engine.test.support.ts';

const allowing = (...automatic: ActionKind[]) => ({
  ...FILE,
  incidents: { ...FILE.incidents, automatic },
});

let one: Rig;
const started = async (options: RigOptions): Promise<void> => {
  one = await rig(options);
  one.traffic = second(20, 0);
  await one.seconds(20);
};
/** The new version of m fails half of what it gets, and somebody has announced it. */
const badVersion = async (): Promise<void> => {
  await one.store.facts.add([
    {
      kind: 'change',
      service: 'mail',
      id: 'release',
      at: one.clock.wall(),
      arrivedAt: one.clock.wall(),
      by: 'ci',
      request: undefined,
      body: { kind: 'model', what: 'm', version: '2' },
    },
  ]);
  one.link.open.add('top');
  one.link.down.set('m', 'half of its answers are errors');
  one.traffic = second(20, 10);
};
const done = async (action: ActionKind): Promise<MitigationRecord> => {
  const found = (await one.incidents())
    .flatMap(({ mitigations }) => mitigations)
    .find((mitigation) => mitigation.action === action);
  if (found === undefined) throw new Error(`no ${action} was done`);
  return found;
};
const orders = async (): Promise<readonly string[]> =>
  (await one.link.directives()).map(({ order, owner }) => `${order.kind} by ${owner.split(':')[0]}`);

afterEach(() => one.close());

describe('a roll-back', () => {
  beforeEach(async () => {
    await started({ file: allowing('roll_back_model') });
    await badVersion();
  });

  it('waits until the trouble is measured, is judged, kept, and stays after the end', async () => {
    await one.seconds(10);
    expect(await orders()).toEqual([]);
    await one.seconds(20);
    expect(await orders()).toEqual(['roll_back by evenkeel']);
    expect(await one.only()).toMatchObject({ status: 'mitigating' });
    // It helps: the version before answers.
    one.traffic = second(20, 0);
    one.link.open.clear();
    one.link.down.clear();
    await one.seconds(125);
    expect(await done('roll_back_model')).toMatchObject({ state: 'kept', automatic: true });
    expect((await done('roll_back_model')).effect).toBeGreaterThan(0.9);
    await one.seconds(130);
    expect((await one.only()).status).toBe('resolved');
    await one.seconds(3_000);
    expect(await orders()).toEqual(['roll_back by evenkeel']);
    expect(await one.incidents()).toHaveLength(1);
  });

  it('is not taken back by the end of the trouble before it was judged', async () => {
    await one.seconds(30);
    one.traffic = second(20, 0);
    one.link.open.clear();
    one.link.down.clear();
    // All signals are gone for longer than resolve_after would take, were it not being judged.
    await one.seconds(100);
    expect((await one.only()).status).toBe('mitigating');
    expect(await orders()).toEqual(['roll_back by evenkeel']);
  });

  it('that does nothing is undone, and it says so', async () => {
    await one.seconds(30);
    expect(await orders()).toEqual(['roll_back by evenkeel']);
    await one.seconds(125);
    expect(await done('roll_back_model')).toMatchObject({ state: 'reverted' });
    expect((await done('roll_back_model')).outcome).toMatch(/chance|too little|by itself/);
    expect(await orders()).toEqual([]);
    // Once is enough: it is not tried again.
    await one.seconds(300);
    expect(await orders()).toEqual([]);
  });

  it('that a person lifts is overruled, and nothing automatic follows', async () => {
    await one.seconds(30);
    const [directive] = await one.link.directives();
    await one.link.lift(directive?.id ?? '');
    await one.seconds(1);
    expect(await done('roll_back_model')).toMatchObject({
      state: 'lifted',
      outcome: 'a person has lifted it',
    });
    await one.seconds(300);
    expect(await orders()).toEqual([]);
    expect((await one.only()).mitigations).toHaveLength(1);
  });

  it('is judged by labels where labels show the trouble', async () => {
    // Nothing fails any more: only the labels tell that the answers are wrong.
    one.link.open.clear();
    one.traffic = second(20, 0);
    await one.seconds(1);
    const { id } = await one.only();
    await one.book.command(id, {
      by: ANN,
      at: one.clock.wall(),
      intent: {
        do: 'observe',
        likelyCause: 'labels disagree',
        signals: [
          {
            key: 'labels_disagree:quality',
            kind: 'labels_disagree',
            name: 'quality',
            firstSeen: one.clock.wall(),
            lastSeen: one.clock.wall(),
            strength: 1,
            role: 'cause',
            evidence: { text: 'labels disagree', figures: {}, link: '/api/v1/feedback' },
          },
        ],
      },
    });
    const label = (right: boolean): void => {
      for (let i = 0; i < 4; i++) {
        one.engine.onLabel({
          service: 'mail',
          at: one.clock.wall(),
          label: 'spam',
          predicted: right || i === 0 ? 'spam' : 'ham',
        });
      }
    };
    for (let i = 0; i < 40; i++) {
      label(false);
      await one.seconds(1);
    }
    expect(await orders()).toEqual(['roll_back by evenkeel']);
    for (let i = 0; i < 125; i++) {
      label(true);
      await one.seconds(1);
    }
    const { state, outcome } = await done('roll_back_model');
    expect(outcome).toContain('it took away');
    expect(state).toBe('kept');
  });
});

describe('a pin of cached features', () => {
  it('is judged by the reads that no longer wait in vain', async () => {
    await started({ file: allowing('pin_cached_features') });
    await one.seconds(300);
    one.traffic = second(20, 0, {
      features: { ...NO_TRAFFIC.features, reads: 20, unfresh: 0 },
    });
    await one.seconds(300);
    // Slow, and not gone: requests still enter at the top and wait for features there.
    one.traffic = second(20, 0, { features: { ...NO_TRAFFIC.features, reads: 20, unfresh: 16 } });
    await one.seconds(60);
    expect(await orders()).toEqual(['pin by evenkeel']);
    // Pinned: all that is read comes from the cache, on purpose.
    one.traffic = second(20, 0, { features: { ...NO_TRAFFIC.features, reads: 20, unfresh: 20 } });
    await one.seconds(125);
    expect(await done('pin_cached_features')).toMatchObject({ state: 'kept' });
  });
});

describe('a store that fails', () => {
  it('between the order and its record leaves neither', async () => {
    let broken = false;
    await started({
      file: allowing('roll_back_model'),
      store: (real) => ({
        ...real,
        documents: {
          ...real.documents,
          commit: (commit) =>
            broken && JSON.stringify(commit.puts).includes('roll_back_model')
              ? Promise.reject(gone())
              : real.documents.commit(commit),
        },
      }),
    });
    await badVersion();
    await one.seconds(10);
    broken = true;
    await expect(one.seconds(20)).rejects.toThrow('the store is gone');
    expect(await orders()).toEqual([]);
    expect((await one.only()).mitigations).toEqual([]);
    broken = false;
    await one.seconds(20);
    expect(await orders()).toEqual(['roll_back by evenkeel']);
    expect((await one.only()).mitigations).toHaveLength(1);
  });

  it('in the middle of opening leaves no incident without its page, and no page without its incident', async () => {
    let left = Number.POSITIVE_INFINITY;
    await started({
      store: (real) => ({
        ...real,
        documents: {
          ...real.documents,
          commit: (commit) => (left-- > 0 ? real.documents.commit(commit) : Promise.reject(gone())),
        },
      }),
    });
    one.link.down.set('features', 'connection refused');
    one.link.level = 'cached_features';
    // Fails at the first write, then at the second, then never.
    for (const writes of [0, 1]) {
      left = writes;
      await expect(one.seconds(1)).rejects.toThrow('the store is gone');
      const incidents = await one.incidents();
      const told = await one.told();
      expect(told).toEqual([]);
      expect(incidents.every(({ pages }) => pages.length === 0)).toBe(true);
    }
    left = Number.POSITIVE_INFINITY;
    await one.seconds(5);
    expect((await one.only()).pages).toHaveLength(1);
    expect(await one.told()).toEqual(['opened/page/dora']);
  });

  it('of a process that died between the order and its record: the next one lifts what nobody wrote down', async () => {
    await started({ file: allowing('roll_back_model') });
    await badVersion();
    await one.seconds(2);
    const { id } = await one.only();
    await one.link.direct(
      { service: 'mail', order: { kind: 'roll_back', model: 'm' }, owner: `evenkeel:${id}`, reason: id },
      60_000,
    );
    await one.link.direct(
      { service: 'mail', order: { kind: 'tighten', factor: 0.9 }, owner: 'ann', reason: 'by hand' },
      60_000,
    );
    const next = await rig({ beside: one, file: allowing('roll_back_model') });
    await next.book.load();
    await next.seconds(2);
    expect(await orders()).toEqual(['tighten by ann']);
    expect(next.said.join('\n')).toContain('nobody wrote down');
  });
});

describe('in the same moment', () => {
  it('two people acknowledge: one wins, the other is told who', async () => {
    await started({});
    one.link.down.set('features', 'connection refused');
    one.link.level = 'cached_features';
    await one.seconds(1);
    const { id } = await one.only();
    const other = await rig({ beside: one });
    await other.book.load();
    const by = (name: string) => ({
      by: { name, automatic: false },
      at: one.clock.wall(),
      intent: { do: 'acknowledge' } as const,
    });
    const [first, second_] = await Promise.all([
      one.book.command(id, by('ann')),
      other.book.command(id, by('bob')),
    ]);
    const results = [first, second_];
    expect(results.filter(({ ok }) => ok)).toHaveLength(1);
    const winner = (await one.only()).acknowledgedBy;
    const told = results.find(({ ok }) => !ok);
    expect(told).toMatchObject({ code: 'nothing_to_do', message: `${winner} has acknowledged it already` });
    expect((await one.only()).timeline.filter(({ kind }) => kind === 'acknowledged')).toHaveLength(1);
  });

  it('a command made for a revision that has changed is refused, whoever changed it', async () => {
    await started({});
    one.link.down.set('features', 'connection refused');
    one.link.level = 'cached_features';
    await one.seconds(1);
    const { id, revision } = await one.only();
    const resolve = (name: string) =>
      one.book.command(id, {
        by: { name, automatic: false },
        at: one.clock.wall(),
        intent: { do: 'set_severity', severity: 'SEV4', reason: name },
        ifRevision: revision,
      });
    const results = await Promise.all([resolve('ann'), resolve('bob')]);
    expect(results.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(results.find(({ ok }) => !ok)).toMatchObject({ code: 'stale' });
  });

  it('a person undoes what the automatism judges: the person wins, and it is lifted once', async () => {
    await started({ file: allowing('roll_back_model') });
    await badVersion();
    await one.seconds(30);
    const { id } = await one.only();
    const mitigation = (await done('roll_back_model')).id;
    const api = await rig({ beside: one, file: allowing('roll_back_model') });
    one.clock.advance(120_000);
    await Promise.all([
      api.mitigations.undo(api.config, id, mitigation, ANN),
      one.engine.step(undefined).catch(() => undefined),
    ]);
    await one.seconds(2);
    expect(await orders()).toEqual([]);
    const states = (await one.only()).timeline
      .filter(({ kind }) => kind === 'mitigation')
      .map(({ text }) => text.split(':')[0]);
    expect(states.filter((state) => state === 'lifted' || state === 'reverted')).toHaveLength(1);
    await one.seconds(300);
    expect(await orders()).toEqual([]);
  });
});
