import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ANN, FILE, type Rig, rig, second } from './engine.test.support.ts';

let one: Rig;
beforeEach(async () => {
  one = await rig();
  one.traffic = second(20, 0);
});
afterEach(() => one.close());

const featuresGone = (of: Rig): void => {
  of.link.down.set('features', 'connection refused');
  of.link.level = 'cached_features';
};
const featuresBack = (of: Rig): void => {
  of.link.down.delete('features');
  of.link.level = 'full_service';
};
const acknowledge = (of: Rig, id: string) =>
  of.book.command(id, { by: ANN, at: of.clock.wall(), intent: { do: 'acknowledge' } });

describe('opening', () => {
  it('opens nothing while all is well, nor for a service that is still starting', async () => {
    one.link.level = 'simpler_model';
    one.link.down.set('m', 'loading');
    await one.seconds(30);
    expect(await one.incidents()).toEqual([]);
    one.link.level = 'full_service';
    one.link.down.clear();
    await one.seconds(120);
    expect(await one.incidents()).toEqual([]);
  });

  it('opens once for one cause at the first look that shows it, with evidence and a page in the same look', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(1);
    const incident = await one.only();
    expect(incident).toMatchObject({
      type: 'feature_pipeline',
      severity: 'SEV2',
      status: 'detected',
      dedupKey: 'mail|feature_pipeline|features',
    });
    expect(incident.signals.map(({ kind }) => kind)).toContain('features_down');
    expect(incident.signals[0]?.evidence.link).toMatch(/^\/api\/v1\//);
    expect(await one.told()).toEqual(['opened/page/dora']);
    await one.seconds(120);
    expect(await one.incidents()).toHaveLength(1);
  });

  it('takes consequences into the incident of their cause, and tells nobody again', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(1);
    one.link.open.add('top');
    await one.seconds(20);
    const incident = await one.only();
    expect(incident.type).toBe('feature_pipeline');
    expect(await one.told()).toEqual(['opened/page/dora']);
  });

  it('does not swallow another cause once it is acknowledged', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(1);
    await acknowledge(one, (await one.only()).id);
    one.link.down.set('s', 'out of memory');
    await one.seconds(5);
    const types = (await one.incidents()).map(({ type, dedupKey }) => `${type} ${dedupKey}`).sort();
    expect(types).toEqual([
      'feature_pipeline mail|feature_pipeline|features',
      'model_degradation mail|model_degradation|s',
    ]);
  });

  it('waits for three sightings of what has no hysteresis of its own', async () => {
    // What is usual is known from five minutes of quiet.
    await one.seconds(300);
    one.traffic = second(20, 0, { safety: { checked: 20, turned: 20 } });
    await one.seconds(2);
    expect(await one.incidents()).toEqual([]);
  });
});

describe('ending', () => {
  it('resolves by itself when the signals have been gone for as long as the file says, and tells it', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(10);
    featuresBack(one);
    await one.seconds(119);
    expect((await one.only()).status).toBe('detected');
    await one.seconds(5);
    expect(await one.only()).toMatchObject({ status: 'resolved' });
    expect((await one.told()).at(-1)).toBe('resolved/note/mail-team');
  });

  it('reopens when the same is back within the hour, and goes the escalation path from its beginning', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(400);
    expect((await one.told()).filter((line) => line.includes('/page/'))).toEqual([
      'opened/page/dora',
      'escalated/page/mia',
      'escalated/page/max',
    ]);
    featuresBack(one);
    await one.seconds(125);
    featuresGone(one);
    await one.seconds(1);
    expect(await one.only()).toMatchObject({ status: 'investigating', recurrences: 1 });
    expect((await one.told()).slice(-2)).toEqual(['reopened/note/mail-team', 'escalated/page/dora']);
  });

  it('is another incident after the hour', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(5);
    featuresBack(one);
    await one.seconds(130);
    one.clock.advance(3_601_000);
    featuresGone(one);
    await one.seconds(2);
    expect(await one.incidents()).toHaveLength(2);
  });
});

describe('severity', () => {
  it('is raised at once and lowered after ten minutes, each with its reason', async () => {
    one.link.down.set('s', 'out of memory');
    await one.seconds(5);
    const first = await one.only();
    expect(first.severity).toBe('SEV3');
    one.traffic = second(20, 0, { byLevel: { full_service: 10, failed: 10 } });
    await one.seconds(60);
    expect((await one.only()).severity).toBe('SEV1');
    one.traffic = second(20, 0);
    await one.seconds(500);
    expect((await one.only()).severity).toBe('SEV1');
    await one.seconds(400);
    const lines = (await one.only()).timeline.filter(({ kind }) => kind === 'severity');
    expect(lines.map(({ text }) => text.slice(0, 28))).toEqual([
      expect.stringMatching(/^raised from SEV3 to SEV[12]/),
      ...lines.slice(1, -1).map(() => expect.anything()),
      expect.stringMatching(/^lowered from SEV1 to SEV3/),
    ]);
  });

  it('that a person has set stays', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(1);
    const { id } = await one.only();
    await one.book.command(id, {
      by: ANN,
      at: one.clock.wall(),
      intent: { do: 'set_severity', severity: 'SEV4', reason: 'nobody is there at night' },
    });
    await one.seconds(30);
    expect((await one.only()).severity).toBe('SEV4');
    // What is not grave enough wakes nobody any more.
    await one.seconds(600);
    expect((await one.told()).filter((line) => line.includes('/page/'))).toEqual(['opened/page/dora']);
  });
});

describe('silence and maintenance', () => {
  const silence = async (kind: 'silence' | 'maintenance', forMs: number): Promise<void> => {
    const at = one.clock.wall();
    const body = { id: `s-${kind}`, kind, from: at, to: at + forMs, by: 'ann', reason: 'planned' };
    await one.store.documents.commit({
      puts: [
        {
          kind: 'silence',
          id: body.id,
          service: '',
          state: 'in_force',
          label: '',
          createdAt: at,
          updatedAt: at,
          revision: 0,
          body,
        },
      ],
      audit: [],
      outbox: [],
    });
  };

  it('maintenance opens nothing; what still holds when it ends is opened then', async () => {
    await one.seconds(16);
    await silence('maintenance', 60_000);
    featuresGone(one);
    await one.seconds(50);
    expect(await one.incidents()).toEqual([]);
    await one.seconds(15);
    expect((await one.only()).type).toBe('feature_pipeline');
  });

  it('a silence records and tells nobody until it ends', async () => {
    await one.seconds(16);
    await silence('silence', 60_000);
    featuresGone(one);
    await one.seconds(50);
    expect(await one.only()).toMatchObject({ silencedBy: 's-silence', pages: [] });
    expect(await one.told()).toEqual([]);
    await one.seconds(15);
    expect((await one.only()).silencedBy).toBeUndefined();
    expect(await one.told()).toEqual(['opened/page/dora']);
  });

  it('one that begins later stops a notification cycle that runs, and lets it go on afterwards', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(10);
    await silence('silence', 900_000);
    await one.seconds(600);
    expect(await one.told()).toEqual(['opened/page/dora']);
    await one.seconds(310);
    expect(await one.told()).toEqual(['opened/page/dora', 'escalated/page/mia', 'escalated/page/max']);
  });
});

describe('escalation', () => {
  it('goes on while nobody acknowledges, everybody of a step once', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(301);
    expect(await one.told()).toEqual(['opened/page/dora', 'escalated/page/mia', 'escalated/page/max']);
    await one.seconds(900);
    expect((await one.told()).at(-1)).toBe('escalated/page/boss');
  });

  it('stops at an acknowledgement, and forgets one that nothing followed for an hour', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(1);
    await acknowledge(one, (await one.only()).id);
    await one.seconds(300);
    one.clock.advance(3_200_000);
    await one.seconds(60);
    expect(await one.told()).toEqual(['opened/page/dora']);
    await one.seconds(100);
    expect((await one.told()).slice(1)).toEqual(['escalated/page/mia', 'escalated/page/max']);
    // Told once, not at every look.
    await one.seconds(100);
    expect(await one.told()).toHaveLength(3);
  });

  it('passes over a role that nobody holds, and says so', async () => {
    const other = await rig({
      file: {
        ...FILE,
        incidents: {
          ...FILE.incidents,
          on_call: { ...FILE.incidents.on_call, 'Data Engineer On-Call': { schedule: 'nobody-made-it' } },
        },
      },
    });
    await other.seconds(16);
    featuresGone(other);
    await other.seconds(1);
    expect(await other.told()).toEqual(['opened/page/mia', 'escalated/page/max']);
    expect(other.said.join('\n')).toContain('nobody is on call: Data Engineer On-Call');
    await other.close();
  });
});

describe('another process', () => {
  it('that takes over pages nobody again and opens nothing twice', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(10);
    const next = await rig({ beside: one });
    await next.book.load();
    await next.seconds(200);
    expect(await next.incidents()).toHaveLength(1);
    expect(await next.told()).toEqual(['opened/page/dora']);
    // The path goes on where it was.
    await next.seconds(120);
    expect(await next.told()).toEqual(['opened/page/dora', 'escalated/page/mia', 'escalated/page/max']);
  });

  it('that took the acknowledgement is believed at once', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(1);
    const api = await rig({ beside: one });
    await acknowledge(api, (await api.only()).id);
    await one.seconds(900);
    expect(await one.told()).toEqual(['opened/page/dora']);
  });

  it('finds an open incident behind thousands that were resolved since', async () => {
    await one.seconds(16);
    featuresGone(one);
    await one.seconds(1);
    const { id } = await one.only();
    const at = one.clock.wall();
    for (let batch = 0; batch < 6; batch++) {
      await one.store.documents.commit({
        puts: Array.from({ length: 1_000 }, (_, i) => ({
          kind: 'incident' as const,
          id: `Z-${batch}-${String(i).padStart(4, '0')}`,
          service: 'mail',
          state: 'resolved',
          label: 'drift_detected',
          createdAt: at,
          updatedAt: at,
          revision: 0,
          body: null,
        })),
        audit: [],
        outbox: [],
      });
    }
    const next = await rig({ beside: one });
    await next.book.load();
    expect(next.book.live('mail').map(({ incident }) => incident.id)).toEqual([id]);
  });
});
