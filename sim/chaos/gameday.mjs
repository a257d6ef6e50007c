// One live game day on the flagship under load, start to end, in a few minutes: the scenario's own times, made shorter.
// node sim/chaos/gameday.mjs [scenario]
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { EXAMPLE, ROOT, startFlagship } from './flagship.mjs';
import { shortened, slower } from './short.mjs';

const SCENARIO = process.argv[2] ?? 'provider_bad_hour';
const RATE = Number(process.env.RATE ?? 8);
const OUT = process.env.OUT ?? join(ROOT, 'sim/results/chaos-gameday.md');
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const dir = mkdtempSync(join(tmpdir(), 'evenkeel-gameday-'));
for (const file of readdirSync(join(EXAMPLE, 'experiments')).filter((name) => name.endsWith('.yaml'))) {
  const text = readFileSync(join(EXAMPLE, 'experiments', file), 'utf8');
  writeFileSync(
    join(dir, file),
    stringify({ ...shortened(text), abort: { burn_rate: 1_000, error_rate: '50%', budget_spent: '50%' } }),
  );
}
const scenario = parse(readFileSync(join(EXAMPLE, 'gamedays', `${SCENARIO}.yaml`), 'utf8'));
const seconds = (text) => Number.parseFloat(text) * { s: 1, m: 60, h: 3_600 }[text.at(-1)];
/** Minutes of the scenario become these many seconds. */
const shorter = (text) => `${Math.max(1, Math.round(seconds(text) / 12))}s`;
writeFileSync(
  join(dir, `${SCENARIO}-short.yaml`),
  stringify({
    ...scenario,
    duration: `${Math.max(60, Math.round(seconds(scenario.duration) / 12))}s`,
    injects: scenario.injects.map((inject) =>
      inject.at === undefined ? inject : { ...inject, at: shorter(inject.at) },
    ),
  }),
);

const flagship = await startFlagship({
  rate: RATE,
  edit: (text) =>
    slower(text).replace(
      /^chaos: .*$/m,
      `chaos: { experiments: ${JSON.stringify(dir)}, gamedays: ${JSON.stringify(dir)}, start_burn_rate: 1000 }`,
    ),
});
const { api, until } = flagship;
try {
  flagship.startTraffic();
  await until(
    async () => (await api('GET', 'services/moderation')).level === 'full_service',
    120_000,
    'full service',
  );
  await sleep(15_000);
  const service = await api('GET', 'services/moderation');
  const roles = scenario.roles.map(({ name }) => name);
  const day = await api('POST', 'gamedays', {
    scenario: SCENARIO,
    mode: 'live',
    // Whoever the service's file names is who is paged.
    participants: roles.map((role) => ({ name: role === 'on call' ? service.owner : `the ${role}`, role })),
  });
  const at = `gamedays/${day.id}`;
  const say = async (what, body) => api('POST', `${at}/${what}`, body);
  await say('start', {});
  console.log(`${day.id} has started`);
  const acknowledged = new Set();
  const clicked = new Set();
  for (;;) {
    await sleep(2_000);
    const now = await api('GET', at);
    if (now.phase !== 'running') break;
    // What people do: look at what was opened, take it, write it down.
    for (const incident of (await api('GET', 'incidents?open=true&service=moderation')).incidents) {
      if (acknowledged.has(incident.id) || incident.detectedAt < now.started_at) continue;
      acknowledged.add(incident.id);
      await sleep(3_000);
      await api('POST', `incidents/${incident.id}/commands`, { intent: { do: 'acknowledge' } }).catch(
        () => {},
      );
      await api('POST', `incidents/${incident.id}/commands`, {
        intent: { do: 'mitigate', note: 'the cheap model carries it' },
      }).catch(() => {});
      await say('notes', { text: `${incident.id} (${incident.type}): ${incident.title}`, as: service.owner });
    }
    const half = now.elapsed_ms > now.duration_ms * 0.4;
    for (const inject of now.injects)
      if (half && inject.atMs === undefined && !clicked.has(inject.name)) {
        clicked.add(inject.name);
        await say('decisions', { text: `now: ${inject.name}` });
        await say('injects', { inject: inject.name });
      }
    if (now.elapsed_ms > now.duration_ms * 0.8) await say('end', { reason: 'enough was seen' });
  }
  await sleep(8_000);
  const ended = await api('GET', at);
  for (const [i, words] of ended.criteria_words.entries())
    if (scenario.criteria[i]?.judged !== undefined)
      await say('verdicts', {
        criterion: i + 1,
        ok: false,
        reason: `${words}: no person took part in this rehearsal`,
      });
  // What the record shows to be missing is what the day has taught.
  const { scores } = await api('GET', at);
  const found = [
    ...scores.filter(({ status }, i) => status === 'missed' && scenario.criteria[i]?.judged === undefined),
    { criterion: 'played by a script', reason: 'the times to act are not those of people' },
  ];
  for (const [i, { criterion, reason }] of found.entries()) {
    await say('findings', { text: `${criterion}: ${reason}` });
    await say('actions', {
      finding: i + 1,
      text: 'Find out why, and play it again',
      owner: service.owner,
      due: '2027-01-31',
    });
  }
  await say('close', {});
  writeFileSync(OUT, await api('GET', `${at}/report`));
  console.log(readFileSync(OUT, 'utf8'));
} finally {
  await flagship.close();
  rmSync(dir, { recursive: true, force: true });
}
