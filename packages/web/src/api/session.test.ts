import { describe, expect, it } from 'vitest';
import { keyInFragment } from './session.ts';

describe('a key in the address', () => {
  it('is taken out, and what else the address says stays', () => {
    expect(keyInFragment('#key=ek_56a1bf89a3e7_Gce-oV')).toEqual({
      key: 'ek_56a1bf89a3e7_Gce-oV',
      rest: '#/',
    });
    expect(keyInFragment('#key=ek_a_b&/incidents?open=true')).toEqual({
      key: 'ek_a_b',
      rest: '#/incidents?open=true',
    });
  });

  it('is not seen where there is none', () => {
    expect(keyInFragment('#/services/moderation')).toEqual({ key: undefined, rest: '#/services/moderation' });
    expect(keyInFragment('')).toEqual({ key: undefined, rest: '' });
  });
});
