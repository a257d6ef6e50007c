import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Evenkeel, runEvenkeel, startEvenkeel, until } from '../process/evenkeel.ts';

const dir = mkdtempSync(join(tmpdir(), 'evenkeel-cli-'));
let model: Server;
let evenkeel: Evenkeel;
let request = '';

const cli = (...args: readonly string[]) =>
  runEvenkeel(args, { EVENKEEL_URL: evenkeel.control, EVENKEEL_KEY: evenkeel.key, NO_COLOR: '1' });
async function json(...args: readonly string[]): Promise<unknown> {
  const { out } = await cli(...args, '--json');
  return JSON.parse(out);
}

beforeAll(async () => {
  model = createServer((incoming, response) => {
    incoming.resume();
    incoming.on('end', () => response.end('{"label":"delivery","confidence":0.9}'));
  });
  await new Promise<void>((resolve) => model.listen(0, '127.0.0.1', resolve));
  const address = model.address();
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`;
  evenkeel = await startEvenkeel([
    {
      service: 'triage',
      type: 'custom',
      models: { large: { version: '1', json: { url, label: 'label', confidence: 'confidence' } } },
      ladder: [
        { level: 'full_service', model: 'large', budget: '1s' },
        { level: 'static_fallback', use: 'static', with: { output: { label: 'unknown' } }, quality: 'none' },
      ],
    },
  ]);
  await until(async () => {
    const answer = await fetch(`${evenkeel.gateway}/v1/predict/triage`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"text":"late"}',
    });
    await answer.arrayBuffer();
    request = answer.headers.get('evenkeel-request-id') ?? '';
    return answer.headers.get('evenkeel-level') === 'full_service';
  }, 15_000);
}, 40_000);
afterAll(async () => {
  await evenkeel.stop();
  model.close();
  rmSync(dir, { recursive: true, force: true });
}, 20_000);

describe('the command line against a running process', { timeout: 60_000 }, () => {
  it('shows services and their ladder', async () => {
    const list = await cli('services');
    expect(list).toMatchObject({ code: 0, err: '' });
    expect(list.out).toMatch(/triage +full_service +large/);
    expect((await cli('services', 'show', 'triage')).out).toContain('> large');
    const wrong = await cli('services', 'show', 'triag');
    expect(wrong.code).toBe(1);
    expect(wrong.err).toContain('did you mean "triage"?');
  });

  it('draws a request over its layers', async () => {
    const { code, out } = await cli('requests', 'show', request);
    expect(code).toBe(0);
    expect(out).toMatch(/large +answered .*█/);
    expect(await json('requests', '--limit', '1')).toMatchObject([{ service: 'triage' }]);
  });

  it('gives an order and lifts it; the exit code says that a service is below full service', async () => {
    const given = await cli('directives', 'pin', 'triage', 'static', '--reason', 'trying', '--for', '5m');
    const id = /^(\S+):/.exec(given.out)?.[1] ?? '';
    expect((await cli('services')).code).toBe(2);
    expect((await cli('directives')).out).toContain('enter at static');
    expect((await cli('directives', 'lift', id)).code).toBe(0);
    expect((await cli('directives')).out).toContain('no order is in force');
    expect((await cli('directives', 'pin', 'triage', 'static')).err).toContain(
      "'-r, --reason <text>' not specified",
    );
    expect((await cli('directives', 'pin', 'triage', 'nope', '-r', 'x')).err).toContain('has no rung "nope"');
  });

  it('walks an incident from opening to closing', async () => {
    const opened = await cli('incidents', 'open', 'triage', 'labels are odd', '--type', 'model_degradation');
    const id = /AI-\S+(?=:)/.exec(opened.out)?.[0] ?? '';
    const list = await cli('incidents');
    expect(list.code).toBe(2);
    expect(list.out).toContain(id.slice(-10));
    expect((await cli('incidents', 'ack', id.slice(-10), 'me')).out).toContain('investigating');
    expect((await cli('incidents', 'note', 'latest', 'a note')).code).toBe(0);
    expect((await cli('incidents', 'severity', 'latest', 'SEV9', 'why')).err).toContain(
      'expected one of SEV1',
    );
    const page = await cli('incidents', 'show', 'latest', '--all');
    expect(page.out).toContain('a note');
    expect((await cli('incidents', 'actions')).out).toContain('do it: evenkeel incidents act');
    const stale = await cli('incidents', 'resolve', 'latest', 'over', '--if-revision', '1');
    expect(stale.code).toBe(1);
    expect((await cli('incidents', 'resolve', id, 'over')).out).toContain('resolved');
    expect((await cli('incidents')).code).toBe(0);
    for (const step of [
      ['review', id],
      ['waive', id, 'a test'],
      ['close', id],
    ]) {
      expect((await cli('incidents', ...step)).code).toBe(0);
    }
    expect(await json('incidents', 'show', id)).toMatchObject({ status: 'closed', resolution: 'over' });
  });

  it('silences, and says who is on call', async () => {
    const added = await cli('silences', 'add', '30m', '--service', 'triage', '--reason', 'trying');
    const id = /^(\S+):/.exec(added.out)?.[1] ?? '';
    expect((await cli('silences')).out).toContain('trying');
    expect((await cli('silences', 'end', id)).code).toBe(0);
    const file = join(dir, 'schedule.json');
    const layer = { name: 'weekly', people: ['ada'], turnDays: 7, startDay: 0, handOver: 540 };
    writeFileSync(file, JSON.stringify({ name: 'Mail', timeZone: 'UTC', layers: [layer] }));
    expect((await cli('schedules', 'put', 'mail', file)).code).toBe(0);
    expect((await cli('schedules')).out).toMatch(/mail +Mail +ada/);
  });

  it('takes facts one by one and by the file, and names the lines that are wrong', async () => {
    expect((await cli('feedback', 'add', 'triage', request, '--label', 'delivery')).out).toContain('1 new');
    expect((await cli('feedback')).out).toContain('delivery');
    const file = join(dir, 'exclusions.ndjson');
    const good = {
      id: 'a',
      service: 'triage',
      from: 1_790_000_000_000,
      to: 1_790_000_060_000,
      reason: 'move',
    };
    writeFileSync(
      file,
      `${JSON.stringify(good)}\n\n${JSON.stringify({ ...good, id: 'b', service: 'triag' })}\n`,
    );
    const sent = await cli('exclusions', 'send', file);
    expect(sent.code).toBe(1);
    expect(sent.out).toContain('1 new, 0 known already');
    expect(sent.out).toContain('line 3: service: no "triag"; did you mean "triage"?');
    expect((await cli('exclusions', 'send', file)).out).toContain('0 new, 1 known already');
    expect((await cli('exclusions', 'add', 'triage', '--from', '-2h', '--reason', 'x')).err).toContain(
      '--to or --for',
    );
  });

  it('plays a recording, and prints what came of it', async () => {
    const file = join(dir, 'mails.ndjson');
    writeFileSync(file, '{"text":"late"}\n'.repeat(20));
    const url = `${evenkeel.gateway}/v1/predict/triage`;
    const played = await cli('replay', file, '--service', 'triage', '--url', url, '--rate', '100');
    expect(played.code).toBe(0);
    expect(played.out).toContain('20 answered (100.0 %)');
    const far = await cli('replay', file, '--service', 'triage', '--url', 'http://192.0.2.1/');
    expect(far.err).toContain('is not this machine');
  });

  it('prints one frame of top', async () => {
    const { code, out } = await cli('top', '--once', '--every', '200ms');
    expect(code).toBe(0);
    expect(out).toContain('RUNG');
    expect(out.split('\n').every((line) => [...line].length <= 80)).toBe(true);
  });

  it('says plainly what it cannot reach, and may not do', async () => {
    const gone = await runEvenkeel(['services'], { EVENKEEL_URL: 'http://127.0.0.1:9' });
    expect(gone.code).toBe(1);
    expect(gone.err).toContain('no control plane at http://127.0.0.1:9');
    const anonymous = await runEvenkeel(['silences', 'add', '1h', '--reason', 'x'], {
      EVENKEEL_URL: evenkeel.control,
      EVENKEEL_KEY: '',
      EVENKEEL_DATA_DIR: join(dir, 'none'),
    });
    expect(anonymous.code).toBe(1);
    expect(anonymous.err).toMatch(/key/);
  });

  it('writes a file that passes check, and does not write over one', async () => {
    const file = join(dir, 'made.yaml');
    const args = ['init', file, '--service', 'made', '--yes'];
    expect((await cli(...args)).code).toBe(0);
    const text = readFileSync(file, 'utf8');
    expect((await cli('check', file)).code).toBe(0);
    const again = await cli(...args);
    expect(again.code).toBe(1);
    expect(again.err).toContain('is there already');
    expect(readFileSync(file, 'utf8')).toBe(text);
  });
});
