// The flagship's story, told as it happens: load, a dead feature server, the incident that opens, what is done against it, the
// way back, and what the budgets say. Nothing is staged: what is printed is what the API and the callers said.
//   node examples/moderation/dist/demo.js [--fast] [--json]
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type DemoApi, type DemoIncident, demoApi } from './demo-api.ts';
import { type Flagship, startFlagship } from './demo-flagship.ts';
import { type DemoLoad, type Heard, startLoad } from './demo-load.ts';
import { type FeatureProcess, startFeatureProcess } from './feature-process.ts';

const { values } = parseArgs({
  options: { fast: { type: 'boolean', default: false }, json: { type: 'boolean', default: false } },
});
const began = performance.now();
/** Seconds of a phase in which one only looks. */
const LOOK = values.fast ? 12 : 45;
/** As long as features may be old in the flagship's file; --fast does not wait for it. */
const TOO_OLD = values.fast ? 0 : 75;
const RATE = 4;
const START_S = 90;
const RETURN_S = 120;

function say(kind: string, text: string): void {
  const at = (performance.now() - began) / 1_000;
  if (values.json) console.log(JSON.stringify({ at: Number(at.toFixed(1)), kind, text }));
  else if (kind === 'chapter') console.log(`\n── ${text}`);
  else console.log(`${at.toFixed(0).padStart(4)} s  ${kind.padEnd(9)} ${text}`);
}

function heardText({ answered, unanswered, levels, p99 }: Heard): string {
  const all = Math.max(1, answered);
  const shares = Object.entries(levels)
    .sort((a, b) => b[1] - a[1])
    .map(([level, some]) => `${level} ${Math.round((100 * some) / all)} %`);
  const late = p99 === undefined ? '' : `, p99 ${p99.toFixed(0)} ms`;
  return `${answered} answered, ${unanswered} not${late}: ${shares.join(', ')}`;
}

interface Told {
  entry: string;
  incident: string;
  entries: number;
}

/** Tells of what has changed since the last look: where requests enter, and what was written on the incident's timeline. */
async function look(api: DemoApi, told: Told): Promise<DemoIncident | undefined> {
  const service = await api.service();
  const entry = `${service.entry} (${service.level})`;
  if (entry !== told.entry) {
    say('ladder', `requests enter at ${entry}: ${service.reason}`);
    told.entry = entry;
  }
  const incident = await api.incident();
  if (incident === undefined) return undefined;
  if (incident.id !== told.incident) {
    told.incident = incident.id;
    told.entries = 0;
  }
  for (const { by, text } of incident.timeline.slice(told.entries)) say('incident', `${by}: ${text}`);
  told.entries = incident.timeline.length;
  return incident;
}

/** Looks every second until something holds, and tells what callers get. False when it did not come about. */
async function watch(
  parts: { readonly api: DemoApi; readonly load: DemoLoad; readonly told: Told },
  seconds: number,
  holds: (incident: DemoIncident | undefined) => boolean | Promise<boolean> = () => false,
): Promise<boolean> {
  for (let second = 1; second <= seconds; second++) {
    await sleep(1_000);
    const incident = await look(parts.api, parts.told);
    if (second % 5 === 0) say('callers', heardText(parts.load.take()));
    if (await holds(incident)) return true;
  }
  return false;
}

const atFull = async (api: DemoApi): Promise<boolean> => (await api.service()).level === 'full_service';
const isOpen = (incident: DemoIncident | undefined): incident is DemoIncident =>
  incident !== undefined && ['detected', 'investigating', 'mitigating'].includes(incident.status);

async function budgets(api: DemoApi): Promise<void> {
  for (const { objective, state, remaining, counts } of await api.budgets()) {
    if (counts.total === 0) continue;
    const left = remaining === null ? 'nothing known' : `${(100 * remaining).toFixed(0)} % left`;
    say(
      'budget',
      `${objective.padEnd(18)} ${state.padEnd(10)} ${left}; ${counts.good} of ${counts.total} good`,
    );
  }
}

/** Takes back what was done against the incident: its cause is gone. */
async function undoAll(api: DemoApi): Promise<void> {
  const incident = await api.incident();
  for (const { id, text, state } of incident?.mitigations ?? []) {
    if (incident === undefined || (state !== 'applied' && state !== 'kept')) continue;
    // It may have ended by itself meanwhile.
    const undone = await api.undo(incident.id, id).then(
      () => true,
      () => false,
    );
    if (undone) say('choice', `evenkeel incidents undo ${incident.id} ${id}  (${text})`);
  }
}

async function story(flagship: Flagship, keep: (features: FeatureProcess) => void): Promise<void> {
  const api = demoApi(flagship.control, flagship.key);
  const told: Told = { entry: '', incident: '', entries: 0 };
  say('page', `${flagship.control}/#key=${flagship.key}`);
  for (let second = 0; second < START_S && !(await atFull(api)); second++) {
    await look(api, told);
    await sleep(1_000);
  }
  const load = startLoad(flagship.gateway, RATE);
  const parts = { api, load, told };
  try {
    say('chapter', `Mail comes, ${RATE} a second`);
    await watch(parts, LOOK);

    say('chapter', `The feature server dies: kill -9 ${flagship.features.pid}`);
    process.kill(flagship.features.pid, 'SIGKILL');
    const isItsOwn = (incident: DemoIncident | undefined): boolean =>
      isOpen(incident) && incident.type === 'feature_pipeline';
    const opened = await watch(parts, 60, isItsOwn);
    const incident = await api.incident();
    if (!opened || incident === undefined)
      throw new Error('no incident of the feature server opened within a minute');
    say('incident', `${incident.severity} ${incident.id}: ${incident.title}`);
    say('cause', incident.likelyCause);
    await watch(parts, TOO_OLD);

    say('chapter', 'Somebody has it');
    await api.tell(incident.id, { do: 'acknowledge', note: 'looking at the feature server' });
    const actions = await api.actions(incident.id);
    for (const { kind, plan } of actions) say('possible', `${kind}: ${plan.dryRun ?? plan.reason ?? ''}`);
    const chosen =
      actions.find(({ plan }) => plan.kind === 'orders') ?? actions.find(({ plan }) => plan.kind === 'task');
    const running = (await api.incident())?.mitigations.some(({ state }) => state === 'applied') ?? false;
    if (running) say('choice', 'evenkeel has done something already: nothing more is ordered');
    else if (chosen !== undefined) {
      say('choice', `evenkeel incidents act ${incident.id} ${chosen.kind}`);
      await api.act(incident.id, chosen.kind);
    }
    await watch(parts, LOOK);

    say('chapter', 'The feature server is started again');
    keep(await startFeatureProcess(flagship.features.port, () => {}));
    const back = await watch(parts, RETURN_S, async () => {
      await undoAll(api);
      return atFull(api);
    });
    if (!back) say('ladder', `not back at full service within ${RETURN_S} s: see why above`);
    await watch(parts, LOOK);

    say('chapter', 'What is left of it');
    const last = await api.incident();
    if (isOpen(last)) await api.tell(last.id, { do: 'resolve', resolution: 'the feature server runs again' });
    await look(api, told);
    await budgets(api);
  } finally {
    load.stop();
  }
}

let features: FeatureProcess | undefined;
let flagship: Flagship | undefined;
try {
  say('chapter', 'The flagship starts: two models, a feature server, real mail');
  flagship = await startFlagship();
  await story(flagship, (started) => {
    features = started;
  });
  say('end', `told in ${((performance.now() - began) / 60_000).toFixed(1)} min`);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
} finally {
  await features?.stop();
  await flagship?.stop();
}
