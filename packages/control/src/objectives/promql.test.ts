import { createServer, type Server } from 'node:http';
import { BURN_PAIRS, fakeClock, type Objective } from '@evenkeel/core';
import { afterEach, describe, expect, it } from 'vitest';
import type { Ledger } from './ledger.ts';
import { prometheus, promqlCounts, sourceAddress } from './promql.ts';

const MINUTE = 60_000;
const START = Date.UTC(2026, 5, 1, 12);

const objective: Objective = {
  name: 'upstream',
  service: 'mail',
  category: 'availability',
  description: '',
  source: {
    kind: 'promql',
    source: 'prometheus',
    query: {
      kind: 'bad_over_total',
      bad: 'sum(increase(errors_total[{{.window}}]))',
      total: 'sum(increase(requests_total[{{.window}}]))',
    },
  },
  window: { kind: 'rolling', lengthMs: 30 * 86_400_000 },
  budgeting: { method: 'occurrences' },
  allowance: { kind: 'target', target: 0.99, minimumEvents: 0 },
  alerts: BURN_PAIRS,
  minimumBad: 2,
  labels: {},
  annotations: {},
};

let server: Server | undefined;
afterEach(() => {
  server?.close();
  server?.closeAllConnections();
});

async function answering(body: unknown, status = 200): Promise<string> {
  server = createServer((_, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', () => resolve()));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
}
const vector = (...values: readonly string[]) => ({
  status: 'success',
  data: { resultType: 'vector', result: values.map((value) => ({ metric: {}, value: [1, value] })) },
});

describe('a question to Prometheus', () => {
  it.each([
    ['one number', vector('12.5'), 12.5],
    ['no series', vector(), undefined],
    ['NaN, which is 0/0', vector('NaN'), undefined],
    ['a scalar', { status: 'success', data: { resultType: 'scalar', result: [1, '3'] } }, 3],
  ])('reads %s', async (_, body, value) => {
    expect(await prometheus(await answering(body))('up', START)).toBe(value);
  });

  it.each([
    [
      'an error of the query',
      { status: 'error', errorType: 'bad_data', error: 'parse error' },
      /bad_data: parse error/,
    ],
    [
      'a matrix',
      { status: 'success', data: { resultType: 'matrix', result: [] } },
      /gives a matrix: expected one number/,
    ],
    ['several series', vector('1', '2'), /gives 2 series: sum them up/],
    ['what is no JSON', '<html>', /not JSON/],
    ['JSON of something else', { hello: 1 }, /no Prometheus answer/],
  ])('says what came instead: %s', async (_, body, message) => {
    await expect(prometheus(await answering(body))('up', START)).rejects.toThrow(message);
  });
});

describe('counting by minutes', () => {
  function rig(values: (query: string, at: number) => number | undefined | Error) {
    const clock = fakeClock(0, START + 30_000);
    const added: [number, number, number][] = [];
    const marks = new Map<string, number>();
    const ledger: Pick<Ledger, 'add' | 'mark' | 'setMark'> = {
      add: (_, __, ___, at, good, total) => {
        added.push([at, good, total]);
      },
      mark: (name) => marks.get(name) ?? 0,
      setMark: (name, value) => {
        marks.set(name, value);
      },
    };
    const counts = promqlCounts({
      ledger,
      clock,
      objectives: () => [objective],
      query: () => async (query, at) => {
        const value = values(query, at);
        if (value instanceof Error) throw value;
        return value;
      },
    });
    const read = async (): Promise<void> => {
      await counts.read();
      await new Promise<void>((resolve) => setTimeout(resolve, 5));
    };
    return { clock, added, counts, read };
  }

  it('asks for each minute once, when it is over and scraped', async () => {
    const { clock, added, read } = rig((query) =>
      query.includes('errors_total') && !query.includes('requests_total[1m])))\n') ? 2 : 100,
    );
    await read();
    await read();
    expect(added.map(([at]) => at)).toEqual([START - MINUTE]);
    clock.advance(2 * MINUTE);
    await read();
    expect(added.map(([at]) => at)).toEqual([START - MINUTE, START, START + MINUTE]);
  });

  it('leaves a minute without a sample empty, and tells an error by its objective', async () => {
    const none = rig(() => undefined);
    await none.read();
    expect(none.added).toEqual([]);
    const broken = rig(() => new Error('timed out'));
    await broken.read();
    expect(broken.counts.problems().get('mail/upstream')).toBe('timed out');
    expect(broken.added).toEqual([]);
  });
});

it('finds the address of a source by itself or in the environment', () => {
  expect(sourceAddress('http://127.0.0.1:9090', {})).toBe('http://127.0.0.1:9090');
  expect(sourceAddress('my-prom', { EVENKEEL_SOURCE_MY_PROM: 'http://prom:9090' })).toBe('http://prom:9090');
  expect(sourceAddress('other', {})).toBeUndefined();
});
