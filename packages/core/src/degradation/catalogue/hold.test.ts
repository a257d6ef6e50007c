import { describe, expect, it } from 'vitest';
import type { HoldItem, HoldResult } from './contract.ts';
import { manualReview } from './fraud/manual-review.ts';
import { holdForReview } from './moderation/hold-for-review.ts';
import { host, request, thrown } from './rungs.test.rig.ts';

describe.each([
  ['hold_for_review', holdForReview, 'held'],
  ['manual_review', manualReview, 'review'],
] as const)('%s', (name, create, label) => {
  it('hands the request to people and says so', () => {
    const held: HoldItem[] = [];
    const rung = create(
      { reason: 'model down' },
      host((item) => {
        held.push(item);
        return { accepted: true, id: 'ticket-9' };
      }),
    );
    expect(rung(request({ text: 'hm' }, 'r-7'))).toMatchObject({
      label,
      output: { held: true, ticket: 'ticket-9', label },
    });
    expect(held).toEqual([
      { requestId: 'r-7', tenant: 'acme', user: 'ann', input: { text: 'hm' }, reason: 'model down' },
    ]);
  });

  it('throws queue_full when the queue refuses, with the time to come back', () => {
    const rung = create(
      {},
      host(() => ({ accepted: false, reason: '1000 of 1000 places taken', retryAfterMs: 4000 })),
    );
    expect(thrown(() => rung(request({ text: 'hm' })))).toBe(
      `queue_full: ${name}: 1000 of 1000 places taken`,
    );
    expect(() => rung(request('x'))).toThrowError(expect.objectContaining({ retryAfterMs: 4000 }));
  });

  it('waits for a queue that answers later', async () => {
    const later = (result: HoldResult) => host(() => Promise.resolve(result));
    await expect(create({}, later({ accepted: true, id: 't' }))(request('x'))).resolves.toMatchObject({
      label,
    });
    const full = create({}, later({ accepted: false, reason: 'full' }))(request('x'));
    await expect(full).rejects.toMatchObject({ code: 'queue_full' });
  });

  it('does not start without a queue, and holds nothing that is nothing', () => {
    expect(thrown(() => create({}, host()))).toContain('config_invalid');
    expect(
      thrown(() =>
        create(
          {},
          host(() => ({ accepted: true, id: 't' })),
        )(request(null)),
      ),
    ).toContain('bad_request');
  });
});
