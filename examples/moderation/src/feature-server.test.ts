import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FeatureServer, startFeatureServer } from './feature-server.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'features-'));
const row = {
  sender: 'a@x.org',
  mails_seen: 2,
  spam_share: 0.5,
  first_seen: '2026-01-01T00:00:00Z',
  as_of: '2026-01-02T00:00:00Z',
};
let server: FeatureServer;

beforeAll(async () => {
  writeFileSync(join(dataDir, 'senders.ndjson'), `${JSON.stringify(row)}\n`);
  server = await startFeatureServer({ port: 0, dataDir });
});
afterAll(async () => {
  await server.close();
  rmSync(dataDir, { recursive: true });
});

const url = (path: string): string => `http://127.0.0.1:${server.port}${path}`;
const post = (path: string, body: string): Promise<Response> => fetch(url(path), { method: 'POST', body });

describe('the feature server', () => {
  it('serves what the table holds', async () => {
    const answer = await post(
      '/get-online-features',
      JSON.stringify({ features: ['sender_history:mails_seen'], entities: { sender: ['a@x.org'] } }),
    );
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ results: [{}, { values: [2], statuses: ['PRESENT'] }] });
    expect((await fetch(url('/health'))).status).toBe(200);
  });

  it('answers bad requests and goes on', async () => {
    expect((await post('/get-online-features', '{')).status).toBe(422);
    expect((await post('/push', '')).status).toBe(422);
    expect((await post('/nothing', '{}')).status).toBe(404);
    expect((await fetch(url('/push'))).status).toBe(405);
    expect((await post('/push', ' '.repeat(1_100_000))).status).toBe(413);
    await new Promise<void>((resolve) => {
      const socket = connect(server.port, '127.0.0.1', () => socket.end('garbage\r\n\r\n'));
      socket.on('close', () => resolve());
      socket.on('error', () => resolve());
      socket.resume();
    });
    expect((await fetch(url('/health'))).status).toBe(200);
  });

  it('refuses to start without a good table, naming file and line', async () => {
    const other = mkdtempSync(join(tmpdir(), 'features-'));
    await expect(startFeatureServer({ port: 0, dataDir: other })).rejects.toThrow('prepare');
    writeFileSync(join(other, 'senders.ndjson'), `${JSON.stringify(row)}\n{"sender":""}\n`);
    await expect(startFeatureServer({ port: 0, dataDir: other })).rejects.toThrow('senders.ndjson:2');
    rmSync(other, { recursive: true });
  });
});
