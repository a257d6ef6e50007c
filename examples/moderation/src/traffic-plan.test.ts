import { describe, expect, it } from 'vitest';
import { planOf } from './traffic-plan.ts';

describe('planOf', () => {
  it('has defaults, and reads what is given', () => {
    expect(planOf([])).toMatchObject({ rate: 20, seconds: 10, priority: 'mix', deadlineMs: undefined });
    expect(
      planOf(['--rate', '60', '--priority', '0', '--deadline-ms', '250', '--url', 'http://localhost:1/x']),
    ).toMatchObject({
      rate: 60,
      priority: 0,
      deadlineMs: 250,
    });
  });

  it.each([
    [['--rate', '1e9'], '--rate'],
    [['--rate', ''], '--rate'],
    [['--seconds', '0'], '--seconds'],
    [['--priority', '4'], '--priority'],
    [['--rate', '2000', '--seconds', '600'], 'requests'],
    [['--url', 'http://example.org/'], 'loopback'],
    [['--url', 'http://127.0.0.1.example.org/'], 'loopback'],
    [['--url', 'https://127.0.0.1/'], 'http URL'],
    [['--nonsense'], 'nonsense'],
  ])('refuses %j', (args, message) => {
    expect(() => planOf(args)).toThrow(message);
  });
});
