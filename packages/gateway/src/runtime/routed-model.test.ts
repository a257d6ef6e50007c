import type { Caller, PredictRequest } from '@evenkeel/core';
import { describe, expect, it } from 'vitest';
import type { Model } from '../upstreams/index.ts';
import { type Part, routedModel } from './routed-model.ts';

function model(name: string): Model & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name,
    version: '1',
    asked,
    call({ request }) {
      asked.push(request.caller.user);
      return { kind: 'value', model: name, version: '1', output: {} };
    },
    healthy: async () => true,
    close: async () => {},
  };
}

const everybody: Part = { share: 1, tenants: undefined, tiers: undefined, cohorts: undefined };

function request(caller: Partial<Caller>): PredictRequest {
  return {
    id: 'r',
    service: 's',
    input: {},
    caller: { tenant: 'anonymous', user: 'u', tier: undefined, ...caller },
    priority: 2,
    deadlineMs: 100,
    weight: 1,
    stream: false,
    signal: undefined,
    traceId: undefined,
    kind: 'live',
  };
}

async function answeredBy(part: Part, caller: Partial<Caller>): Promise<string> {
  const routed = routedModel(
    model('m'),
    { canary: { model: model('next'), part }, shadow: undefined, previous: undefined },
    () => {},
  );
  const { signal } = new AbortController();
  return (await routed.call({ request: request(caller), features: undefined, signal, budgetMs: 100 })).model;
}

describe('a canary by segment', () => {
  it.each<[Partial<Part>, Partial<Caller>, string]>([
    [{ tenants: ['acme'] }, { tenant: 'acme' }, 'next'],
    [{ tenants: ['acme'] }, { tenant: 'bolt' }, 'm'],
    [{ tiers: ['gold', 'trial'] }, { tier: 'trial' }, 'next'],
    [{ tiers: ['gold'] }, { tier: undefined }, 'm'],
    [{ cohorts: ['beta'] }, { cohort: 'beta' }, 'next'],
    [{ cohorts: ['beta'] }, { cohort: 'alpha' }, 'm'],
    [{ cohorts: ['beta'] }, {}, 'm'],
    [{ tenants: ['acme'], tiers: ['gold'] }, { tenant: 'acme', tier: 'gold' }, 'next'],
    [{ tenants: ['acme'], tiers: ['gold'] }, { tenant: 'acme', tier: 'trial' }, 'm'],
  ])('%j: %j is answered by %s', async (part, caller, expected) => {
    expect(await answeredBy({ ...everybody, ...part }, caller)).toBe(expected);
  });

  it('and share is a share of the segment, the same users each time', async () => {
    const part = { ...everybody, share: 0.3, cohorts: ['beta'] };
    const pick = async (): Promise<string[]> =>
      Promise.all(Array.from({ length: 300 }, (_, i) => answeredBy(part, { user: `u${i}`, cohort: 'beta' })));
    const first = await pick();
    const canaries = first.filter((name) => name === 'next').length;
    expect(canaries).toBeGreaterThan(60);
    expect(canaries).toBeLessThan(120);
    expect(await pick()).toEqual(first);
  });
});

describe('a shadow by segment', () => {
  it('sees the requests of its segment and changes no answer', async () => {
    const shadow = model('shadow');
    const routed = routedModel(
      model('m'),
      {
        canary: undefined,
        shadow: { model: shadow, part: { ...everybody, tiers: ['gold'] } },
        previous: undefined,
      },
      () => {},
    );
    const { signal } = new AbortController();
    for (const [user, tier] of [
      ['ann', 'gold'],
      ['bob', 'free'],
    ]) {
      const asked = {
        request: request({ user: `${user}`, tier }),
        features: undefined,
        signal,
        budgetMs: 100,
      };
      expect((await routed.call(asked)).model).toBe('m');
    }
    await expect.poll(() => shadow.asked).toEqual(['ann']);
  });
});
