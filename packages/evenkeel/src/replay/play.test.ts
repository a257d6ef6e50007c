import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from '@evenkeel/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Plan, type Progress, play } from './play.ts';
import { recordingReader } from './recording.ts';
import { sender } from './sender.ts';

const dir = mkdtempSync(join(tmpdir(), 'evenkeel-replay-'));
let server: Server;
let url: URL;
const seen: { readonly at: number; readonly body: string; readonly path: string; readonly extra: unknown }[] =
  [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      seen.push({ at: performance.now(), body, path: request.url ?? '', extra: request.headers['x-tenant'] });
      const refuse = body.includes('refuse');
      response.writeHead(refuse ? 429 : 200, { 'evenkeel-level': refuse ? 'failed' : 'full_service' });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = new URL(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/v1/x`);
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true, force: true });
});

function plan(text: string, changes: Partial<Plan> = {}): Plan {
  const file = join(dir, 'recording');
  writeFileSync(file, text);
  return {
    file,
    read: recordingReader({ bodyField: undefined, timeField: undefined, model: 'chat' }),
    speed: 1,
    rate: 1_000,
    limit: Number.POSITIVE_INFINITY,
    lastsMs: Number.POSITIVE_INFINITY,
    random: seededRandom(1),
    sender: () => sender(url, { 'x-tenant': 'acme' }, 5_000),
    signal: new AbortController().signal,
    onProgress: () => {},
    ...changes,
  };
}

it('sends every body once, and counts levels and refusals', async () => {
  seen.length = 0;
  const progress: Progress[] = [];
  const text = '{"text":"a"}\n{"text":"b"}\n\n{"text":"refuse"}\n';
  const result = await play(plan(text, { onProgress: (one) => progress.push(one) }), text.length);
  expect(seen.map(({ body }) => body)).toEqual(['{"text":"a"}', '{"text":"b"}', '{"text":"refuse"}']);
  expect(seen.every(({ extra, path }) => extra === 'acme' && path === '/v1/x')).toBe(true);
  expect(result).toMatchObject({ requests: 3, answered: 2, refused: 1, failed: 0, unsent: 0 });
  expect(result.levels).toEqual({ full_service: 2, failed: 1 });
  expect(progress.at(-1)).toMatchObject({ share: 1, sent: 3, answered: 3 });
});

it('keeps the times of a trace, divided by the speed', async () => {
  seen.length = 0;
  const rows = [0, 1, 2, 4].map((s) => `2023-11-16 18:17:0${s}.0000000,10,5`);
  const text = `TIMESTAMP,ContextTokens,GeneratedTokens\n${rows.join('\n')}\n`;
  await play(plan(text, { speed: 20 }), text.length);
  const first = seen[0]?.at ?? 0;
  const due = [0, 50, 100, 200];
  // A request never leaves before it is due; how much later is the machine's load.
  seen.forEach(({ at }, i) => expect(at - first).toBeGreaterThan((due[i] ?? 0) - 25));
  expect(seen).toHaveLength(4);
});

it('stops at its limit, at its time and when told to', async () => {
  const text = '{"a":1}\n'.repeat(100);
  expect((await play(plan(text, { limit: 7 }), text.length)).requests).toBe(7);
  expect((await play(plan(text, { lastsMs: 20 }), text.length)).requests).toBeLessThan(100);
  const stopped = AbortSignal.abort();
  expect((await play(plan(text, { signal: stopped }), text.length)).requests).toBe(0);
});

it('counts what gets no answer', async () => {
  const gone = new URL('http://127.0.0.1:1/');
  const text = '{"a":1}\n';
  const result = await play(plan(text, { sender: () => sender(gone, {}, 1_000) }), text.length);
  expect(result).toMatchObject({ answered: 0, failed: 1, levels: { ECONNREFUSED: 1 } });
});
