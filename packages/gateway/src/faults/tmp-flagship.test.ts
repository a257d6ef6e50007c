import { spawn } from 'node:child_process';
import { readFileSync, appendFileSync } from 'node:fs';
import { join, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadServiceFile, readExperiment } from '@evenkeel/config';
import { addArms, addLatency, armsOf, countRecord, experimentRun, mergeReports, newArmFigures, type Observation, radiusInWords, type RequestRecord, type RunEvent, SAFETY_DEFAULTS, startRun } from '@evenkeel/core';
import { it } from 'vitest';
import { realHost } from '../runtime/host.ts';
import { createReplica } from '../runtime/replica.ts';

const FLAGSHIP = fileURLToPath(new URL('../../../../examples/moderation', import.meta.url));
const say = (line: string) => appendFileSync('/tmp/flagship.txt', `${line}\n`);

it('runs', async () => {
  const server = spawn('node', [join(FLAGSHIP, 'dist/feature-server.js')], { env: { ...process.env, MODERATION_FEATURES_PORT: '4895' }, stdio: 'pipe' });
  server.stdout.on('data', (d) => say(`features: ${d}`)); server.stderr.on('data', (d) => say(`features! ${d}`));
  const file = join(FLAGSHIP, 'evenkeel.yaml');
  const text = readFileSync(file, 'utf8').replace('worker: true', 'worker: false').replace('./data/kill-primary', './data/no-such-kill').replace(':4105', `:${process.env.FPORT ?? 4895}`);
  const loaded = loadServiceFile(text, { path: file, env: {} });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const host = realHost();
  const records: RequestRecord[] = [];
  let held = 0;
  const replica = createReplica(host, {
    queues: { put: async () => void (held += 1), list: async () => [], get: async () => undefined, decide: async () => { throw new Error(); }, figures: async () => { throw new Error(); }, sweep: async () => 0 } as never,
    directives: { put: async () => {}, remove: async () => true, active: async () => [] },
    onEvent: () => {},
    observe: () => (r: RequestRecord) => { if (r.kind === 'live') records.push(r); },
  });
  await replica.put(loaded.service, file);
  await replica.checked();
  const front = replica.directory.get('moderation')!;
  const mails = readFileSync(join(FLAGSHIP, 'data/sample-mails.ndjson'), 'utf8').split('\n').filter(Boolean).map((l) => JSON.parse(l).input);
  let n = 0;
  const mix = [0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3] as const;
  const load = setInterval(() => {
    n += 1;
    void front.serving.predict({ id: `r-${n}`, service: 'moderation', input: mails[n % mails.length], caller: { tenant: 'acme', user: `u-${Math.floor(Math.random() ** 2 * 400)}`, tier: undefined }, priority: mix[n % 20]!, deadlineMs: 500, weight: 1, stream: false, signal: undefined, traceId: undefined, kind: 'live' });
  }, 60);
  await new Promise((r) => setTimeout(r, 9000));
  const st = await replica.link.service('moderation'); say(JSON.stringify(st?.components.map((c) => [c.name, c.up, c.reason, c.details])) + JSON.stringify(st?.rungs.map((r) => [r.name, r.availability, r.reason])) + st?.reason); say(JSON.stringify(records.at(-1)));
  for (const name of (process.env.EXPERIMENTS ?? 'primary_model_failure').split(',')) {
    const path = join(FLAGSHIP, 'experiments', `${name}.yaml`);
    const read = readExperiment(readFileSync(path, 'utf8'), path);
    if (!read.ok) throw new Error('x');
    const of = { ...read.experiment, durationMs: 15_000, minRequests: 10, method: read.experiment.method.map((s) => (s.kind === 'fault' ? { ...s, forMs: undefined } : s)), baseline: { forMs: 4_000, minRequests: 20, maxMs: 20_000 }, recoverMs: 30_000, allowed: { inPeakHours: true, withoutOnCall: true, withOpenIncidents: true }, radius: { ...read.experiment.radius, share: Math.max(0.25, read.experiment.radius.share) }, expect: read.experiment.expect.map((e) => ('withinMs' in e ? { ...e, withinMs: 5_000 } : e)) };
    const now = () => ({ mono: performance.now(), wall: Date.now(), boot: 'one' });
    const ids = new Map<string, string>();
    const window = (ms: number) => { const from = Date.now() - ms; const arm = newArmFigures(); for (const r of records) if (r.at >= from) countRecord(arm, r, 500); return { windowMs: ms, arm }; };
    let { state } = startRun(of, { id: `x-${name}`, by: 'me', settings: SAFETY_DEFAULTS }, now());
    const queue: RunEvent[] = [];
    const observe = async (ms: number): Promise<Observation> => {
      const mine = new Set(ids.values());
      const reports = replica.faults('moderation').filter((r) => mine.has(r.id));
      return { window: window(ms), recent: window(8_000), arms: reports.length === 0 ? undefined : armsOf(reports.reduce((a, b) => (a.requests >= b.requests ? a : b))), budgets: [], incidents: [], alerts: [], pages: [], replicas: { expected: 1, reporting: 1 }, faults: (await replica.link.directives()).map((d) => [...ids].find(([, v]) => v === d.id)?.[0] ?? d.id), onCall: null, otherExperiment: null, forbidden: null };
    };
    queue.push({ kind: 'observed', seen: await observe(8_000) });
    while (state.phase !== 'done') {
      const event = queue.shift();
      if (event === undefined) await new Promise((r) => setTimeout(r, 200));
      const step = experimentRun(of, state, event ?? { kind: 'tick' }, now());
      state = step.state;
      for (const e of step.effects) {
        if (e.kind === 'observe') queue.push({ kind: 'observed', seen: await observe(e.windowMs) });
        if (e.kind === 'lift') { const id = ids.get(e.directive); queue.push({ kind: 'lifted', directive: e.directive, ok: id !== undefined && (await replica.link.lift(id)), reason: '' }); }
        if (e.kind === 'inject' && !ids.has(e.directive)) {
          try { const d = await replica.link.direct({ service: 'moderation', order: e.order, owner: e.owner, reason: e.reason }, 60_000); ids.set(e.directive, d.id); queue.push({ kind: 'injected', directive: e.directive, ok: true, reason: '' }); }
          catch (error) { queue.push({ kind: 'injected', directive: e.directive, ok: false, reason: String(error) }); }
        }
      }
    }
    const report = replica.faults('moderation').find((r) => [...ids.values()].includes(r.id));
    say(`## ${name}: ${state.status}: ${state.reason}\n   radius ${report === undefined ? '-' : radiusInWords(report)}, injected ${report?.injected}, held ${held}`);
    for (const c of state.checks) say(`   - ${c.check} ${c.status}: ${c.reason}`);
    say(`   > ${state.recommendation}`);
    await new Promise((r) => setTimeout(r, 4000));
  }
  clearInterval(load);
  await replica.close();
  server.kill();
}, 580_000);
void addArms; void addLatency; void mergeReports; void dirname;
