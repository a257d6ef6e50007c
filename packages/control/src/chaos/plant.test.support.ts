import { armOf, type Directive, type FaultMeter, faultMeter, type RequestRecord } from '@evenkeel/core';
import { pulseMeter, wireReports } from '@evenkeel/gateway';
import { type WholeApi, wholeApi } from '../api/whole-api.test.support.ts';

/** What came of one request; `hit` when a fault may have touched it. */
export type Outcome = (user: number, hit: boolean, second: number) => Partial<RequestRecord>;

export const FULL: Partial<RequestRecord> = {};
export const SIMPLER: Partial<RequestRecord> = { level: 'simpler_model', rung: 'simple' };
export const LOST: Partial<RequestRecord> = {
  level: 'failed',
  rung: undefined,
  status: 502,
  error: 'exhausted',
};

function record(user: number, at: number, part: Partial<RequestRecord>): RequestRecord {
  return {
    id: `req-${at}-${user}`,
    traceId: undefined,
    service: 'mail',
    kind: 'live',
    at,
    durationMs: 20,
    firstChunkMs: undefined,
    tenant: 'acme',
    user: `u-${user}`,
    priority: 2,
    level: 'full_service',
    rung: 'primary',
    model: undefined,
    version: undefined,
    confidence: undefined,
    score: undefined,
    label: undefined,
    inputTokens: undefined,
    outputTokens: undefined,
    status: 200,
    error: undefined,
    reason: 'ok',
    entry: 'primary',
    entryReason: 'ok',
    features: undefined,
    safety: undefined,
    steps: [],
    ...part,
  };
}

export const FILE = {
  evenkeel: 1,
  service: 'mail',
  type: 'content_moderation',
  owner: 'mail-team',
  deadline: '1s',
  models: { m: { version: '1', json: { url: 'http://127.0.0.1:9/' } } },
  ladder: [{ level: 'full_service', model: 'm', depends_on: [], budget: '500ms' }],
  objectives: { availability: { category: 'availability', target: '99%', window: '7d' } },
  chaos: { peak_hours: { from: 3, to: 3 } },
};

export const EXPERIMENT = {
  evenkeel: 1,
  experiment: 'model_failure',
  service: 'mail',
  title: 'The model answers with errors',
  radius: 'moderate',
  duration: '20s',
  hypothesis: {
    title: 'Mail is judged',
    probes: [{ name: 'answers', figure: 'error_rate', less_than: 0.01, during: true }],
  },
  method: [{ fault: { type: 'model_failure', model: 'm', failure: { how: 'error', status: 500 } } }],
  expect: [
    { check: 'fallback', levels: ['simpler_model'], least: '90%' },
    { check: 'error_rate', max: '1%' },
  ],
  baseline: { for: '5s', requests: 100 },
  recover: '30s',
};

/** A control plane under a clock that stands still, and one replica that serves and reports as a real one does. */
export interface Plant {
  readonly api: () => WholeApi;
  /** Lets so many seconds pass: the replica serves and reports, the control plane looks. */
  seconds(n: number, outcome: Outcome): Promise<void>;
  /** Directives that the replica obeys now. */
  obeyed(): readonly Directive[];
  /** The process of the control plane is gone without a word, and another takes its place. */
  killControl(): Promise<void>;
  /** Puts the experiment and starts it; returns the id of the run. */
  begin(experiment: object): Promise<string>;
  post(path: string, body?: unknown, key?: string): Promise<Answer>;
  get(path: string): Promise<Answer>;
  run(id: string): Promise<Answer>;
  close(): Promise<void>;
}

export type Answer = Readonly<Record<string, unknown>>;

const PER_SECOND = 40;
const USERS = 400;

function objectOf(json: unknown, text: string): Answer {
  if (typeof json !== 'object' || json === null) throw new Error(text);
  return Object.fromEntries(Object.entries(json));
}

export async function plant(file: object = FILE): Promise<Plant> {
  let api = await wholeApi({ file });
  const { store, clock } = api;
  const others: WholeApi[] = [];
  const pulses = pulseMeter(1_000);
  const meters = new Map<string, FaultMeter>();
  let sequence = 0;
  let second = 0;
  let obeyed: readonly Directive[] = [];

  async function obey(): Promise<void> {
    obeyed = (await store.directives.active(clock.wall())).filter(({ order }) => order.kind === 'fault');
    for (const { id, order } of obeyed)
      if (order.kind === 'fault' && !meters.has(id))
        meters.set(id, faultMeter(id, order.fault, 1_000, clock.wall()));
    for (const [id, meter] of meters)
      if (!obeyed.some((one) => one.id === id)) meter.end(clock.wall(), 'lifted, or its lease ran out');
  }

  async function serve(outcome: Outcome): Promise<void> {
    const from = Math.round(clock.wall());
    let good = 0;
    for (let i = 0; i < PER_SECOND; i++) {
      const user = (second * PER_SECOND + i) % USERS;
      const plain = record(user, from, {});
      const hit = obeyed.filter(
        ({ order }) => order.kind === 'fault' && armOf(order.fault.radius, plain) === 'experiment',
      );
      const one = record(user, from, outcome(user, hit.length > 0, second));
      if (one.status < 500) good += 1;
      pulses.record(one);
      for (const { id } of obeyed) meters.get(id)?.record(one);
      for (const { id } of hit) meters.get(id)?.hit(1);
    }
    clock.advance(1_000);
    second += 1;
    sequence += 1;
    await obey();
    const to = Math.round(clock.wall());
    const body = {
      service: 'mail',
      replica: 'r-1',
      sequence,
      from,
      to,
      objectives: [
        {
          objective: 'availability',
          segment: '',
          minute: Math.floor(from / 60_000) * 60_000,
          good,
          total: PER_SECOND,
        },
      ],
      served: { full_service: good },
      monitors: {},
      pulse: pulses.take(),
      faults: wireReports(
        [...meters.values()].map((meter) => meter.report()),
        clock.wall(),
      ),
    };
    await store.rollups.append([{ replica: 'r-1', sequence, service: 'mail', from, to, body }]);
  }

  const key = (await api.key('op', 'operator')).token;
  const admin = (await api.key('root', 'admin')).token;

  async function call(method: string, path: string, body?: unknown, by = key): Promise<Answer> {
    const { status, json, text } = await api.call(method, path, {
      key: by,
      ...(body === undefined ? {} : { body }),
    });
    if (status >= 400) throw new Error(`${status} ${text}`);
    return objectOf(json, text);
  }

  return {
    api: () => api,
    obeyed: () => obeyed,
    async seconds(n, outcome) {
      for (let i = 0; i < n; i++) {
        await serve(outcome);
        await api.plane.tick();
        await obey();
      }
    },
    async killControl() {
      others.push(api);
      api = await wholeApi({ file, store, clock, holder: `successor ${others.length}` });
    },
    async begin(experiment) {
      const name = String(Reflect.get(experiment, 'experiment'));
      await call(
        'PUT',
        `/api/v1/experiments/${name}`,
        { service: 'mail', text: JSON.stringify(experiment) },
        admin,
      );
      return String((await call('POST', `/api/v1/experiments/${name}/runs`, {})).id);
    },
    post: (path, body, by) => call('POST', path, body, by),
    get: (path) => call('GET', path),
    run: (id) => call('GET', `/api/v1/experiment-runs/${id}`),
    async close() {
      const first = others[0];
      if (first !== undefined) await api.close();
      await (first ?? api).close();
    },
  };
}
