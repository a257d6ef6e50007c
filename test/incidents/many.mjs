// A hundred thousand incidents of three years in one embedded store: how long lists, filters and metrics take.
//   node test/incidents/many.mjs [--incidents 100000]
// Needs a build.
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const from = (name) => import(new URL(`../../packages/${name}/dist/index.js`, import.meta.url).href);
const { applyCommand, fakeClock, INCIDENT_TYPES, incidentIdMaker, openIncident, seededRandom, SEVERITIES } =
  await from('core');
const { openStore } = await from('store');
const { createControlPlane, replicaBoard } = await from('control');

const { values } = parseArgs({ options: { incidents: { type: 'string', default: '100000' } } });
const MANY = Number(values.incidents);
const YEARS_MS = 3 * 365 * 86_400_000;
const END = Date.UTC(2026, 5, 1, 12);
const dir = mkdtempSync(join(tmpdir(), 'evenkeel-many-'));
const clock = fakeClock(0, END);
const store = await openStore({ kind: 'sqlite', file: join(dir, 'evenkeel.db') }, { clock });
const random = seededRandom(1);
const EVENKEEL = { name: 'evenkeel', automatic: true };
const ANN = { name: 'ann', automatic: false };
let at = END - YEARS_MS;
const newId = incidentIdMaker({ now: () => 0, wall: () => at }, random);

/** An incident as it is after an hour of life: opened, paged, acknowledged, resolved. */
function lived(i) {
  const type = INCIDENT_TYPES[i % INCIDENT_TYPES.length];
  const service = `service-${i % 20}`;
  let incident = openIncident(
    {
      id: newId(),
      service,
      type,
      severity: SEVERITIES[i % 4],
      severityReason: 'full-service burns 17 times too fast over the long and the short window',
      title: `${type}: something is down: connection refused, 5 failures more than successes took back`,
      description:
        'Features do not reach the model as they should: their source is gone, slow, or full of holes.',
      by: EVENKEEL,
      dedupKey: `${service}|${type}|x`,
      likelyCause: 'something is down',
      signals: ['features_down', 'entry_below', 'rung_down'].map((kind) => ({
        key: `${kind}:x`,
        kind,
        name: 'x',
        firstSeen: at,
        lastSeen: at,
        strength: 1,
        role: 'cause',
        evidence: {
          text: `${kind}: connection refused`,
          figures: { for_ms: 10 },
          link: '/api/v1/services/x',
        },
      })),
    },
    at,
  );
  const steps = [
    [
      EVENKEEL,
      1_000,
      { do: 'paged', page: { at, to: 'dora', role: 'Data Engineer On-Call', step: 0, night: false } },
    ],
    [ANN, 60_000, { do: 'acknowledge' }],
    [ANN, 120_000, { do: 'note', text: 'the job of the night hangs; started again' }],
    [EVENKEEL, 900_000, { do: 'resolve', resolution: 'all its signals have been gone for 5 min' }],
  ];
  for (const [by, later, intent] of i === MANY - 1 ? steps.slice(0, 1) : steps) {
    const result = applyCommand(incident, { by, at: at + later, intent });
    if (!result.ok) throw new Error(result.message);
    incident = result.incident;
  }
  return {
    kind: 'incident',
    id: incident.id,
    service,
    state: incident.status,
    label: type,
    createdAt: incident.detectedAt,
    updatedAt: at,
    revision: 0,
    body: {
      incident,
      escalation: { step: 0, round: 0, dueAt: at, stopped: 'ended' },
      actions: [],
    },
  };
}

const began = performance.now();
for (let i = 0; i < MANY; ) {
  const puts = [];
  for (; puts.length < 1_000 && i < MANY; i++) {
    at += YEARS_MS / MANY;
    puts.push(lived(i));
  }
  await store.documents.commit({ puts, audit: [], outbox: [] });
}
console.log(
  `${MANY} incidents written in ${((performance.now() - began) / 1_000).toFixed(0)} s; load of the machine ${loadavg()[0].toFixed(1)}\n`,
);

const board = replicaBoard(store, clock, random);
const plane = createControlPlane({
  store,
  host: { clock, timers: clock, random },
  board,
  link: board.link(),
  holder: 'many',
  modelsDirectory: join(dir, 'models'),
  tell: () => {},
  onBudget: () => {},
});
const caller = { name: 'ann', role: 'admin' };
async function ask(path, query) {
  const route = plane.routes.find((one) => one.method === 'get' && one.path === path);
  const times = [];
  for (let k = 0; k < 7; k++) {
    const from = performance.now();
    await route.run(query, undefined, {
      params: {},
      caller,
      headers: new Headers(),
      signal: new AbortController().signal,
    });
    times.push(performance.now() - from);
  }
  const first = times[0];
  const sorted = times.slice(1).sort((a, b) => a - b);
  return { first, median: sorted[3], worst: sorted.at(-1) };
}
const middle = String(END - YEARS_MS / 2);
let slow = 0;
console.log('| question | first ms | median ms | worst ms |\n|---|---|---|---|');
for (const [what, path, query] of [
  ['the newest 50', '/api/v1/incidents', {}],
  ['open ones', '/api/v1/incidents', { open: 'true' }],
  ['of a service', '/api/v1/incidents', { service: 'service-7' }],
  ['of a type', '/api/v1/incidents', { type: 'feedback_loop' }],
  ['of a service and a type', '/api/v1/incidents', { service: 'service-7', type: 'feedback_loop' }],
  [
    'of a service and a type that has none',
    '/api/v1/incidents',
    { service: 'service-7', type: 'drift_detected' },
  ],
  ['closed ones, of which there are none', '/api/v1/incidents', { status: 'closed' }],
  [
    'of a month, a year and a half ago',
    '/api/v1/incidents',
    { from: middle, to: String(Number(middle) + 30 * 86_400_000) },
  ],
  ['metrics of 30 days', '/api/v1/incident-metrics', {}],
  ['metrics of 30 days of a service', '/api/v1/incident-metrics', { service: 'service-7' }],
]) {
  const { first, median, worst } = await ask(path, query);
  if (median > 100) slow += 1;
  console.log(`| ${what} | ${first.toFixed(0)} | ${median.toFixed(0)} | ${worst.toFixed(0)} |`);
}
const from_ = performance.now();
await plane.tick();
console.log(
  `\nthe first round after a start, with the live ones read: ${(performance.now() - from_).toFixed(0)} ms`,
);
await plane.close();
await store.close();
rmSync(dir, { recursive: true, force: true });
process.exit(slow > 0 ? 1 : 0);
