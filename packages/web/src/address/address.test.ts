import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAddress, printAddress, to, viewOf } from './address.ts';

describe('addresses of views', () => {
  it('come back as they were, whatever the names', () => {
    const name = fc.string({ minLength: 1, unit: 'grapheme' });
    const query = fc.dictionary(
      fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
      name,
    );
    fc.assert(
      fc.property(fc.array(name), query, (parts, values) => {
        expect(parseAddress(printAddress({ parts, query: values }))).toEqual({ parts, query: values });
      }),
    );
  });

  it('are home without a fragment, and survive what is no encoding', () => {
    expect(parseAddress('')).toEqual({ parts: [], query: {} });
    expect(parseAddress('#/a/%E0%A4%A')).toEqual({ parts: ['a', '%E0%A4%A'], query: {} });
  });

  it('leave out filters that filter nothing', () => {
    expect(to(['incidents'], { open: 'true', service: '' })).toBe('#/incidents?open=true');
  });

  it('are found for the proofs that the API names', () => {
    expect(viewOf('/api/v1/objectives/moderation/latency-p95')).toBe('#/objectives/moderation/latency-p95');
    expect(viewOf('/api/v1/requests?service=m&from=1&to=2')).toBe('#/requests?service=m&from=1&to=2');
    expect(viewOf('/api/v1/changes/c1')).toBeUndefined();
    expect(viewOf('https://elsewhere.example/')).toBeUndefined();
  });
});
