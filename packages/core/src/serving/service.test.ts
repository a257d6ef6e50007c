import { describe, expect, it } from 'vitest';
import { createGate } from '../admission/gate.ts';
import { createBreaker } from '../degradation/breaker.ts';
import { STEP_UP_DEFAULTS } from '../degradation/ladder.ts';
import { EvenkeelError } from '../kernel/errors.ts';
import { type FakeClock, fakeClock } from '../kernel/fake-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import type { RequestRecord } from '../telemetry/record.ts';
import type { ServiceDefinition } from './definition.ts';
import type { FeatureReading } from './features.ts';
import type { Prediction, PredictRequest, StreamChunk } from './prediction.ts';
import type { Rung, RungContext, RungHandler } from './rung.ts';
import type { SafetyVerdict } from './safety.ts';
import { createService, type Service } from './service.ts';

const answered = (label: string): Prediction => ({
  kind: 'value',
  output: { label },
  model: 'm',
  version: '1',
  label,
});
const request = (change: Partial<PredictRequest> = {}): PredictRequest => ({
  id: 'req-1',
  service: 's',
  input: {},
  caller: { tenant: 't', user: 'u', tier: undefined },
  priority: 2,
  deadlineMs: 500,
  weight: 1,
  stream: false,
  signal: undefined,
  traceId: undefined,
  kind: 'live',
  ...change,
});

interface World {
  clock: FakeClock;
  service: Service;
  records: RequestRecord[];
  rungs: Rung[];
  down: Set<string>;
}

function world(
  handlers: Record<string, RungHandler>,
  change: Partial<ServiceDefinition> = {},
  rungChange: (name: string) => Partial<Rung> = () => ({}),
): World {
  const clock = fakeClock();
  const random = seededRandom(1);
  const levels = ['full_service', 'simpler_model', 'static_fallback'] as const;
  const down = new Set<string>();
  const rungs = Object.entries(handlers).map(
    ([name, handler], i): Rung => ({
      name,
      level: levels[Math.min(i, 2)] ?? 'static_fallback',
      qualityImpact: i === 0 ? 'none' : `as ${name}`,
      budgetMs: [350, 100, 20][i] ?? 20,
      features: 'none',
      dependencies: [name],
      attemptKey: name,
      maxWaitMs: 0,
      overflow: i < 2,
      breaker: createBreaker({ jitter: 0 }, { clock, random }),
      gate: undefined,
      handler,
      ...rungChange(name),
    }),
  );
  const service = createService(
    {
      name: 's',
      rungs,
      gate: undefined,
      features: undefined,
      featureBudgetMs: 60,
      safety: undefined,
      strictness: 'normal',
      deadlineMs: 500,
      stepUp: { ...STEP_UP_DEFAULTS, successes: 3 },
      components: (name) => ({ up: !down.has(name), reason: 'the check says no' }),
      ...change,
    },
    { clock, timers: clock, random },
  );
  const records: RequestRecord[] = [];
  service.onRecord((record) => records.push(record));
  return { clock, service, records, rungs, down };
}

const hang: RungHandler = (_, context: RungContext) =>
  new Promise((_resolve, reject) =>
    context.signal.addEventListener('abort', () => reject(context.signal.reason)),
  );
const fail: RungHandler = () => Promise.reject(new EvenkeelError('upstream_error', 'the model said 500'));
const fine =
  (label: string): RungHandler =>
  () =>
    answered(label);

describe('the serving pipeline', () => {
  it('answers at full service and records one request with one step', async () => {
    const { service, records } = world({ primary: fine('a'), simple: fine('b') });
    expect(await service.predict(request())).toMatchObject({
      outcome: 'served',
      level: 'full_service',
      reason: 'ok',
    });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      level: 'full_service',
      rung: 'primary',
      label: 'a',
      status: 200,
      error: undefined,
    });
    expect(records[0]?.steps).toMatchObject([{ rung: 'primary', outcome: 'answered' }]);
    expect(service.figures).toMatchObject({
      requests: 1,
      inFlight: 0,
      served: { full_service: 1, failed: 0 },
    });
  });

  it('steps down from an error, tells why, and does not count it as an error', async () => {
    const { service, records } = world({ primary: fail, simple: fine('b') });
    const answer = await service.predict(request());
    expect(answer).toMatchObject({ outcome: 'served', level: 'simpler_model', qualityImpact: 'as simple' });
    expect(answer.reason).toBe('primary: the model said 500');
    expect(records[0]).toMatchObject({ status: 200, error: undefined, level: 'simpler_model' });
    expect(service.figures.served.failed).toBe(0);
  });

  it('cancels a rung that hangs, inside its share, and answers before the deadline', async () => {
    let aborted = false;
    const { service, clock, records } = world({
      primary: (_, context) => {
        context.signal.addEventListener('abort', () => {
          aborted = true;
        });
        return new Promise(() => {});
      },
      simple: fine('b'),
    });
    const answer = service.predict(request());
    await clock.advanceAsync(349);
    expect(aborted).toBe(false);
    await clock.advanceAsync(1);
    expect(aborted).toBe(true);
    expect(await answer).toMatchObject({ level: 'simpler_model' });
    expect(records[0]).toMatchObject({ durationMs: 350 });
    expect(records[0]?.steps[0]).toMatchObject({ outcome: 'timed_out', durationMs: 350 });
  });

  it('never runs past the deadline, whatever hangs', async () => {
    const { service, clock, records } = world({ primary: hang, simple: hang, last: hang });
    const answer = service.predict(request());
    await clock.advanceAsync(500);
    expect(await answer).toMatchObject({
      outcome: 'refused',
      error: { status: expect.toSatisfy((s: number) => s >= 503) },
    });
    expect(records[0]?.durationMs).toBeLessThanOrEqual(500);
    expect(records[0]?.level).toBe('failed');
    expect(service.figures.served.failed).toBe(1);
  });

  it('refuses a mistake of the caller at once, without walking down and without a vote', async () => {
    const { service, rungs } = world({
      primary: () => {
        throw new EvenkeelError('bad_request', 'text is missing');
      },
      simple: fine('b'),
    });
    const answer = await service.predict(request());
    expect(answer).toMatchObject({
      outcome: 'refused',
      error: { code: 'bad_request', status: 400 },
      shouldRetry: false,
    });
    expect(rungs[0]?.breaker?.snapshot().window.failures).toBe(0);
    expect(service.figures.served.failed).toBe(0);
  });

  it('does not let a tiny deadline of one caller trip the breaker for the others', async () => {
    const { service, clock, rungs } = world({ primary: hang, simple: fine('b') });
    for (let i = 0; i < 20; i++) {
      const answer = service.predict(request({ deadlineMs: 5 }));
      await clock.advanceAsync(5);
      await answer;
    }
    expect(rungs[0]?.breaker?.snapshot()).toMatchObject({ state: 'closed', window: { failures: 0 } });
    for (let i = 0; i < 5; i++) {
      const answer = service.predict(request());
      await clock.advanceAsync(400);
      await answer;
    }
    expect(rungs[0]?.breaker?.snapshot().state).toBe('open');
  });

  it('enters below a rung whose breaker is open, and comes back by probes', async () => {
    let broken = true;
    let calls = 0;
    const { service, clock } = world({
      primary: () => {
        calls += 1;
        if (broken) throw new EvenkeelError('upstream_error', 'down');
        return answered('a');
      },
      simple: fine('b'),
    });
    for (let i = 0; i < 5; i++) await service.predict(request());
    expect(calls).toBe(5);
    for (let i = 0; i < 50; i++) {
      clock.advance(10);
      expect(await service.predict(request())).toMatchObject({ level: 'simpler_model' });
    }
    expect(calls).toBe(5);
    broken = false;
    clock.advance(31_000);
    let full = 0;
    for (let i = 0; i < 200; i++) {
      clock.advance(20);
      const answer = await service.predict(request());
      if (answer.outcome === 'served' && answer.level === 'full_service') full += 1;
    }
    expect(full).toBeGreaterThan(50);
    expect(service.entry.state()).toMatchObject({ entry: 0, reason: 'ok' });
  });

  it('enters at the highest rung whose dependencies are up', async () => {
    const { service, down, clock } = world({ primary: fine('a'), simple: fine('b') });
    down.add('primary');
    clock.advance(60);
    const answer = await service.predict(request());
    expect(answer).toMatchObject({
      level: 'simpler_model',
      reason: 'primary: primary is down: the check says no',
    });
  });

  it('tries a model once, though two rungs are on it', async () => {
    let calls = 0;
    const model: RungHandler = () => {
      calls += 1;
      throw new EvenkeelError('upstream_error', 'down');
    };
    const { service, records } = world({ primary: model, cached: model, last: fine('c') }, {}, (name) =>
      name === 'last' ? {} : { attemptKey: 'model' },
    );
    await service.predict(request());
    expect(calls).toBe(1);
    expect(records[0]?.steps.map((step) => step.outcome)).toEqual(['failed', 'skipped', 'answered']);
  });

  describe('features', () => {
    const reading = (change: Partial<FeatureReading>): FeatureReading => ({
      set: { values: { n: 1 }, source: 'online', ageMs: 5, missing: [] },
      fresh: true,
      reason: 'ok',
      durationMs: 1,
      ...change,
    });
    const features = (now: FeatureReading) => ({ read: () => now, readCached: () => now });
    const ladder = { primary: fine('a'), cached: fine('a'), last: fine('c') };
    const needs = (name: string): Partial<Rung> =>
      name === 'primary'
        ? { features: 'fresh', attemptKey: 'model', breaker: undefined }
        : name === 'cached'
          ? { features: 'cached', attemptKey: 'model', level: 'cached_features', breaker: undefined }
          : {};

    it('decide between full service and cached features, and are in the answer', async () => {
      const fresh = world(ladder, { features: features(reading({})) }, needs);
      expect(await fresh.service.predict(request())).toMatchObject({
        level: 'full_service',
        features: { ageMs: 5 },
      });
      const old = reading({
        fresh: false,
        reason: 'the source timed out',
        set: { values: {}, source: 'cache', ageMs: 40_000, missing: [] },
      });
      const cached = world(ladder, { features: features(old) }, needs);
      expect(await cached.service.predict(request())).toMatchObject({
        level: 'cached_features',
        reason: 'primary: features: the source timed out',
        features: { ageMs: 40_000, source: 'cache' },
      });
      const none = world(
        ladder,
        { features: features(reading({ fresh: false, set: undefined, reason: 'too old' })) },
        needs,
      );
      expect(await none.service.predict(request())).toMatchObject({ level: 'static_fallback', rung: 'last' });
    });
  });

  describe('a full rung', () => {
    const clogged = (overflowLast: boolean) =>
      world({ primary: () => new Promise(() => {}), simple: fine('b') }, {}, (name) =>
        name === 'primary'
          ? {
              gate: createGate(
                { limit: { kind: 'fixed', limit: 1 } },
                { clock: fakeClock(), timers: fakeClock(), random: seededRandom(1) },
              ),
            }
          : { overflow: overflowLast },
      );

    it('is a reason to step down', async () => {
      const { service, records } = clogged(true);
      void service.predict(request());
      expect(await service.predict(request({ id: 'req-2' }))).toMatchObject({
        outcome: 'served',
        level: 'simpler_model',
      });
      expect(records[0]?.steps).toMatchObject([{ outcome: 'full' }, { outcome: 'answered' }]);
    });

    it('does not turn class 0 away while a rung below can answer it', async () => {
      const { service } = clogged(false);
      void service.predict(request());
      const answer = await service.predict(request({ id: 'req-2', priority: 0 }));
      expect(answer).toMatchObject({ outcome: 'served', rung: 'simple' });
    });

    it('refuses with 429 and a time to come back where the rungs below take no overflow', async () => {
      const { service, records } = clogged(false);
      void service.predict(request());
      const answer = await service.predict(request({ id: 'req-2' }));
      expect(answer).toMatchObject({
        outcome: 'refused',
        error: { code: 'shed', status: 429 },
        shouldRetry: false,
      });
      expect(answer.outcome === 'refused' ? answer.error.retryAfterMs : 0).toBeGreaterThan(0);
      expect(records[0]?.steps.map((step) => step.outcome)).toEqual(['full', 'skipped']);
    });
  });

  describe('directives', () => {
    it('pin, forbid and lift, with the reason in the answer', async () => {
      const { service } = world({ primary: fine('a'), simple: fine('b'), last: fine('c') });
      const base = { service: 's', owner: 'ann', reason: 'looking into it' };
      service.directives.set({ ...base, id: 'd-1', order: { kind: 'pin', rung: 'simple' } }, 60_000);
      expect(await service.predict(request())).toMatchObject({
        rung: 'simple',
        reason: 'pinned to simple by ann: looking into it',
      });
      service.directives.set({ ...base, id: 'd-2', order: { kind: 'forbid', rung: 'simple' } }, 60_000);
      expect(await service.predict(request())).toMatchObject({ rung: 'last' });
      service.directives.lift('d-1');
      service.directives.lift('d-2');
      for (let i = 0; i < 400 && service.entry.state().entry !== 0; i++) await service.predict(request());
      expect(await service.predict(request())).toMatchObject({ rung: 'primary', reason: 'ok' });
    });

    it('tighten every gate, and loosen it when the lease ends', async () => {
      const clock = fakeClock();
      const gate = createGate(
        { limit: { kind: 'fixed', limit: 10 } },
        { clock, timers: clock, random: seededRandom(1) },
      );
      const world1 = world({ primary: fine('a') }, {}, () => ({ gate }));
      world1.service.directives.set(
        { id: 'd', service: 's', order: { kind: 'tighten', factor: 0.3 }, owner: 'ann', reason: 'brown-out' },
        1_000,
      );
      await world1.service.predict(request());
      expect(gate.snapshot().effectiveLimit).toBe(3);
      world1.clock.advance(1_000);
      await world1.service.predict(request());
      expect(gate.snapshot().effectiveLimit).toBe(10);
    });
  });

  describe('the safety check', () => {
    const checked = (verdict: SafetyVerdict | Error) =>
      world(
        { primary: fine('a') },
        {
          safety: {
            check: () => {
              if (verdict instanceof Error) throw verdict;
              return verdict;
            },
            checkText: (text) => (text.includes('bad') ? 'a forbidden word' : undefined),
            textOf: (chunk) => String(chunk),
          },
        },
      );

    it('lets pass, replaces, and blocks', async () => {
      const allowed = await checked({ verdict: 'allow' }).service.predict(request());
      expect(allowed).toMatchObject({ outcome: 'served', prediction: { output: { label: 'a' } } });
      const replaced = await checked({
        verdict: 'replace',
        reason: 'rule 1',
        output: 'sorry',
      }).service.predict(request());
      expect(replaced).toMatchObject({ outcome: 'served', prediction: { output: 'sorry' } });
      const blocked = await checked({ verdict: 'block', reason: 'rule 2' }).service.predict(request());
      expect(blocked).toMatchObject({ outcome: 'refused', error: { code: 'output_blocked' } });
    });

    it('fails closed when it breaks', async () => {
      const { service, records } = checked(new Error('the classifier is gone'));
      expect(await service.predict(request())).toMatchObject({
        outcome: 'refused',
        error: { code: 'output_blocked' },
      });
      expect(records[0]?.safety).toMatchObject({
        verdict: 'block',
        reason: expect.stringContaining('the classifier is gone'),
      });
    });
  });

  describe('streams', () => {
    async function* chunks(...pieces: (string | Error)[]): AsyncGenerator<StreamChunk> {
      for (const piece of pieces) {
        if (piece instanceof Error) throw piece;
        yield { data: piece, last: false };
      }
    }
    const streaming =
      (...pieces: (string | Error)[]): RungHandler =>
      () =>
        Promise.resolve({
          kind: 'stream',
          model: 'm',
          version: '1',
          first: { data: 'one', last: false },
          rest: chunks(...pieces),
        });

    async function read(service: Service): Promise<string[]> {
      const answer = await service.predict(request({ stream: true }));
      if (answer.outcome !== 'served' || answer.prediction.kind !== 'stream') throw new Error('no stream');
      const seen = [String(answer.prediction.first.data)];
      for await (const chunk of answer.prediction.rest) seen.push(String(chunk.data));
      return seen;
    }

    it('are recorded once, when they end', async () => {
      const { service, records, rungs } = world({ primary: streaming('two', 'three') });
      expect(await read(service)).toEqual(['one', 'two', 'three']);
      expect(records).toHaveLength(1);
      expect(records[0]).toMatchObject({ level: 'full_service', firstChunkMs: 0 });
      expect(rungs[0]?.breaker?.snapshot().late).toBe(0);
      expect(service.figures.inFlight).toBe(0);
    });

    it('say how long their reader waited for the next chunk, and not how long it let the source wait', async () => {
      const waits = [40, 10, 250, 0];
      const { service, records, clock } = world({
        primary: () =>
          Promise.resolve({
            kind: 'stream',
            model: 'm',
            version: '1',
            first: { data: 'one', last: false },
            rest: (async function* () {
              for (const ms of waits) {
                clock.advance(ms);
                yield { data: 'more', last: false };
              }
              clock.advance(1_000);
            })(),
          }),
      });
      const answer = await service.predict(request({ stream: true }));
      if (answer.outcome !== 'served' || answer.prediction.kind !== 'stream') throw new Error('no stream');
      for await (const _ of answer.prediction.rest) clock.advance(70);
      expect(records[0]).toMatchObject({ maxGapMs: 250, meanGapMs: 75 });
    });

    it('without a second chunk have no gaps', async () => {
      const { service, records } = world({ primary: streaming() });
      await read(service);
      expect(records[0]).toMatchObject({ maxGapMs: undefined, meanGapMs: undefined });
    });

    it('count against the rung when they break off, and the reader is told', async () => {
      const { service, records, rungs } = world({
        primary: streaming('two', new EvenkeelError('upstream_cut')),
      });
      await expect(read(service)).rejects.toMatchObject({ code: 'upstream_cut' });
      expect(records[0]).toMatchObject({ error: 'upstream_cut', level: 'failed' });
      expect(rungs[0]?.breaker?.snapshot().window.failures).toBe(1);
    });

    it('fail over before the first chunk', async () => {
      const { service } = world({
        primary: () => Promise.reject(new EvenkeelError('upstream_cut')),
        simple: streaming('two'),
      });
      expect(await read(service)).toEqual(['one', 'two']);
    });

    it('end without a vote when the caller goes, and stop the source', async () => {
      let stopped = false;
      const { service, records, rungs } = world({
        primary: () =>
          Promise.resolve({
            kind: 'stream',
            model: 'm',
            version: '1',
            first: { data: 'one', last: false },
            rest: {
              [Symbol.asyncIterator]: () => ({
                next: () => new Promise(() => {}),
                return: () => {
                  stopped = true;
                  return Promise.resolve({ done: true, value: undefined });
                },
              }),
            },
          }),
      });
      const caller = new AbortController();
      await service.predict(request({ stream: true, signal: caller.signal }));
      caller.abort();
      expect(stopped).toBe(true);
      expect(records[0]).toMatchObject({ error: 'client_closed' });
      expect(rungs[0]?.breaker?.snapshot().window.failures).toBe(0);
    });

    it('are broken off when the text becomes unsafe, before the chunk is passed on', async () => {
      const safety = {
        check: (): SafetyVerdict => ({ verdict: 'allow' }),
        checkText: (text: string) => (text.includes('bad') ? 'a forbidden word' : undefined),
        textOf: (chunk: unknown) => String(chunk),
      };
      const { service, rungs } = world({ primary: streaming('two', 'b', 'ad', 'four') }, { safety });
      await expect(read(service)).rejects.toMatchObject({ code: 'output_blocked' });
      expect(rungs[0]?.breaker?.snapshot().window.failures).toBe(0);
    });
  });

  it('gives the probe back when the caller goes while it is out', async () => {
    let hangs = false;
    const { service, clock, rungs } = world({
      primary: (call, context) => (hangs ? hang(call, context) : fail(call, context)),
      simple: fine('b'),
    });
    for (let i = 0; i < 6; i++) await service.predict(request());
    hangs = true;
    clock.advance(60_000);
    const caller = new AbortController();
    const answer = service.predict(request({ signal: caller.signal }));
    await clock.advanceAsync(10);
    expect(rungs[0]?.breaker?.snapshot()).toMatchObject({ state: 'half_open', probesOut: 1 });
    caller.abort();
    expect(await answer).toMatchObject({ outcome: 'refused', error: { code: 'client_closed' } });
    expect(rungs[0]?.breaker?.snapshot()).toMatchObject({ state: 'half_open', probesOut: 0 });
  });

  it('turns a bug in a handler into a step down, and a bug of its own into an answer', async () => {
    const { service } = world({
      primary: () => {
        throw new TypeError('x is not a function');
      },
      simple: fine('b'),
    });
    expect(await service.predict(request())).toMatchObject({
      level: 'simpler_model',
      reason: 'primary: x is not a function',
    });
  });
});
