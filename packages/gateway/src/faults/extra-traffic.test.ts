import { type Answer, type FaultSpec, fakeClock, type PredictRequest } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import { parseCorpus } from './corpus.ts';
import { extraTraffic } from './extra-traffic.ts';
import { fault, random, record } from './faults.test.rig.ts';

const corpus = parseCorpus(['{"input":{"text":"a"}}', '', '{"input":{"text":"b"}}'].join('\n'), 'c.ndjson');

type Overload = Extract<FaultSpec, { type: 'capacity_overload' }>;

const base: Overload = {
  type: 'capacity_overload',
  pattern: { kind: 'multiple', multiple: 2, floorPerSecond: 0 },
  ceilingPerSecond: 1_000,
  corpus: 'c.ndjson',
  retries: undefined,
};

function rig(part: Partial<Overload> = {}, share = 1, rows = corpus) {
  const clock = fakeClock();
  const sent: { request: PredictRequest; at: number }[] = [];
  const pending: (() => void)[] = [];
  const refused: Answer = { outcome: 'refused', error: new Error() as never, shouldRetry: false, reason: '' };
  let hold = false;
  const service = {
    name: 'mail',
    deadlineMs: 500,
    predict(request: PredictRequest): Promise<Answer> {
      sent.push({ request, at: clock.now() });
      return hold ? new Promise((resolve) => pending.push(() => resolve(refused))) : Promise.resolve(refused);
    },
    onRecord: () => () => {},
    onSeen: () => () => {},
  };
  const traffic = extraTraffic(
    { ...base, ...part },
    fault(base, { share }).radius,
    rows,
    service,
    { clock, timers: clock, random: random() },
    () => {},
  );
  return {
    clock,
    sent,
    traffic,
    hold: () => (hold = true),
    release: () => pending.splice(0).forEach((fn) => fn()),
  };
}

describe('extraTraffic', () => {
  it('doubles what arrives, of its class and tenant, as chaos, soon after', async () => {
    const { clock, sent, traffic } = rig();
    for (let i = 0; i < 300; i++) {
      traffic.heard(
        record({ user: `u-${i}`, priority: i % 2 === 0 ? 0 : 3, tenant: i % 2 === 0 ? 'a' : 'b' }),
      );
      clock.advance(10);
    }
    clock.advance(300);
    expect(sent.length).toBe(300);
    expect(sent.every(({ request }) => request.kind === 'chaos' && request.signal === undefined)).toBe(true);
    expect(sent.filter(({ request }) => request.priority === 0 && request.caller.tenant === 'a').length).toBe(
      150,
    );
    expect(new Set(sent.map(({ request }) => JSON.stringify(request.input))).size).toBe(2);
  });

  it('reaches the same total from the arrivals of a quarter of the users', () => {
    const { clock, sent, traffic } = rig({}, 0.25);
    for (let i = 0; i < 2_000; i++) {
      traffic.heard(record({ user: `u-${i % 400}` }));
      clock.advance(5);
    }
    clock.advance(300);
    expect(sent.length).toBeGreaterThan(1_700);
    expect(sent.length).toBeLessThan(2_300);
    expect(new Set(sent.map(({ request }) => request.caller.user)).size).toBeLessThan(140);
  });

  it('does not multiply its own, stops at its ceiling, and ends with its fault', () => {
    const { clock, sent, traffic } = rig({ ceilingPerSecond: 50 });
    for (let i = 0; i < 1_000; i++) {
      traffic.heard(record({ user: `u-${i}` }));
      const own = sent.at(-1);
      if (own !== undefined) traffic.heard(record({ id: own.request.id, kind: 'chaos' }));
      clock.advance(1);
    }
    clock.advance(300);
    expect(sent.length).toBeGreaterThan(50);
    expect(sent.length).toBeLessThan(125);
    expect(traffic.counts().dropped).toBeGreaterThan(800);
    traffic.heard(record());
    traffic.stop();
    const before = sent.length;
    clock.advance(10_000);
    expect(sent.length).toBe(before);
    expect(clock.pending()).toBe(0);
  });

  it('keeps a floor where nothing arrives', () => {
    const { clock, sent, traffic } = rig({ pattern: { kind: 'multiple', multiple: 2, floorPerSecond: 20 } });
    clock.advance(30_000);
    expect(sent.length).toBeGreaterThan(500);
    expect(sent.length).toBeLessThan(700);
    traffic.stop();
  });

  it('plays a recording in its own time, faster if told to, over and over', () => {
    const rows = parseCorpus(
      [0, 100, 110, 900]
        .map((at_ms) => JSON.stringify({ at_ms, input: at_ms, priority: 1, tenant: 't' }))
        .join('\n'),
      'c.ndjson',
    );
    const { clock, sent, traffic } = rig({ pattern: { kind: 'recording', speed: 2 } }, 1, rows);
    clock.advance(460);
    expect(sent.map(({ at }) => at)).toEqual([0, 50, 55, 450]);
    expect(sent.map(({ request }) => request.input)).toEqual([0, 100, 110, 900]);
    expect(sent[0]?.request).toMatchObject({ priority: 1, caller: { tenant: 't' } });
    clock.advance(600);
    expect(sent.length).toBe(8);
    expect(sent[4]?.at).toBe(562.5);
    traffic.stop();
  });

  it('storms: a refused or slow request comes again at once, so many times and no more', () => {
    const { clock, sent, traffic, hold, release } = rig({
      pattern: { kind: 'multiple', multiple: 1, floorPerSecond: 0 },
      retries: { attempts: 3, slowerThanMs: 100 },
    });
    hold();
    traffic.heard(record({ status: 200, durationMs: 50 }));
    clock.advance(1);
    expect(sent.length).toBe(0);
    traffic.heard(record({ status: 429 }));
    for (let i = 0; i < 10; i++) {
      clock.advance(1);
      const own = sent.at(-1);
      if (own === undefined || !traffic.owns(own.request.id)) break;
      traffic.heard(record({ id: own.request.id, kind: 'chaos', status: 200, durationMs: 300 }));
    }
    expect(sent.length).toBe(3);
    release();
  });

  it('owns what it has under way and nothing else', async () => {
    const { clock, sent, traffic, hold, release } = rig();
    hold();
    traffic.heard(record());
    clock.advance(300);
    const id = sent[0]?.request.id ?? '';
    expect(traffic.owns(id)).toBe(true);
    expect(traffic.owns('chaos-made-up')).toBe(false);
    traffic.stop();
    expect(traffic.owns(id)).toBe(true);
    release();
    await clock.advanceAsync(0);
    expect(traffic.owns(id)).toBe(false);
  });

  it('refuses a corpus that is none, naming the line', () => {
    expect(() => parseCorpus('{"input":1}\nnonsense', 'c.ndjson')).toThrow(/^c\.ndjson:2: /);
    expect(() => parseCorpus('{"at_ms":-1,"input":1}', 'c.ndjson')).toThrow(/^c\.ndjson:1: /);
    expect(() => parseCorpus('{}', 'c.ndjson')).toThrow('expected "input"');
    expect(() => parseCorpus('\n\n', 'c.ndjson')).toThrow('has no rows');
  });
});
