import { describe, expect, it } from 'vitest';
import { Canceller, signalOf } from './cancellation.ts';

describe('cancellation', () => {
  it('tells each listener once, in order, past one that throws, and none that has left', () => {
    const canceller = new Canceller();
    const heard: number[] = [];
    const left = (): void => void heard.push(9);
    canceller.addEventListener('abort', () => void heard.push(1));
    canceller.addEventListener('abort', left);
    canceller.addEventListener('abort', () => {
      throw new Error('broken');
    });
    canceller.addEventListener('abort', () => void heard.push(2));
    canceller.removeEventListener('abort', left);
    canceller.abort('why');
    canceller.abort('again');
    expect(heard).toEqual([1, 2]);
    expect(canceller).toMatchObject({ aborted: true, reason: 'why' });
  });

  it('becomes a real signal for those who need one', () => {
    const canceller = new Canceller();
    const signal = signalOf(canceller);
    expect(signal).toBeInstanceOf(AbortSignal);
    expect(signal.aborted).toBe(false);
    canceller.abort('gone');
    expect(signal).toMatchObject({ aborted: true, reason: 'gone' });
    expect(signalOf(canceller).aborted).toBe(true);
    expect(signalOf(signal)).toBe(signal);
  });
});
