import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceConfig } from '@evenkeel/config';
import {
  type ComponentStatus,
  type Directive,
  EvenkeelError,
  type FakeClock,
  fakeClock,
  type Incident,
  NO_TRAFFIC,
  type ReplicaLink,
  type RungStatus,
  type ServiceStatus,
  type SignalSnapshot,
  seededRandom,
  type TrafficCounts,
} from '@evenkeel/core';
import { openStore, type Store } from '@evenkeel/store';
import { configOf } from '../api/whole-api.test.support.ts';
import type { RollupBody } from '../replicas/rollup-body.ts';
import { type Mitigations, mitigationsOf } from './actions.ts';
import { type IncidentBook, incidentBook } from './book.ts';
import { type IncidentEngine, incidentEngine } from './engine.ts';
import { type People, people as peopleOf } from './people.ts';

export const START: number = Date.UTC(2026, 5, 1, 12);
export const ANN = { name: 'ann', automatic: false } as const;

export const FILE = {
  evenkeel: 1,
  service: 'mail',
  type: 'content_moderation',
  owner: 'mail-team',
  deadline: '1s',
  models: {
    m: { version: '2', json: { url: 'http://127.0.0.1:9/' }, previous: 'm-before' },
    'm-before': { version: '1', json: { url: 'http://127.0.0.1:9/' } },
    s: { version: '1', json: { url: 'http://127.0.0.1:9/' } },
  },
  features: {
    feast: { url: 'http://127.0.0.1:9', features: ['h:seen'] },
    entities: { sender: 'input.sender' },
  },
  ladder: [
    { rung: 'top', level: 'full_service', model: 'm', features: 'fresh', budget: '500ms' },
    {
      rung: 'cached',
      level: 'cached_features',
      model: 'm',
      features: 'cached',
      budget: '500ms',
      quality: 'older',
    },
    { rung: 'simple', level: 'simpler_model', model: 's', budget: '100ms', quality: 'plainer' },
  ],
  incidents: {
    resolve_after: '2m',
    verification: '2m',
    notify: [{ name: 'hook', internal: true, webhook: { url: 'http://127.0.0.1:9/' } }],
    on_call: {
      'Data Engineer On-Call': { people: ['dora'] },
      'ML Engineer On-Call': { people: ['mia', 'max'] },
      'Data Engineering Manager': { people: ['boss'] },
    },
  },
} as const;

/** A service whose state a test sets, and the directives given to it. */
export interface StubLink extends ReplicaLink {
  /** Components that are down, by name, with the reason. */
  readonly down: Map<string, string>;
  /** Rungs whose breaker is open. */
  readonly open: Set<string>;
  level: ServiceStatus['level'];
  /** Called before anything is ordered or lifted; may throw. */
  before: (what: 'direct' | 'lift') => void;
}

function stubLink(clock: FakeClock): StubLink {
  const directives: { directive: Directive; until: number }[] = [];
  const active = (): Directive[] =>
    directives.filter(({ until }) => until > clock.now()).map(({ directive }) => directive);
  let made = 0;
  const rung = (name: string, level: RungStatus['level']): RungStatus => ({
    name,
    level,
    qualityImpact: 'none',
    budgetMs: 500,
    availability: 'ready',
    reason: 'ok',
    breaker: link.open.has(name)
      ? {
          state: 'open',
          manual: 'none',
          reason: '10 of 10 calls failed',
          forMs: 1_000,
          retryInMs: 5_000,
          window: { calls: 10, failures: 10, slow: 0 },
          probesOut: 0,
          probesDone: 0,
          late: 0,
          refused: 3,
        }
      : undefined,
    gate: undefined,
    counts: undefined,
  });
  const component = (name: string): ComponentStatus => ({
    name,
    up: !link.down.has(name),
    reason: link.down.get(name) ?? 'ok',
    details: {},
  });
  const status = (): ServiceStatus => ({
    name: 'mail',
    type: 'content_moderation',
    owner: 'mail-team',
    deadlineMs: 1_000,
    level: link.level,
    entry: link.level === 'full_service' ? 'top' : link.level === 'cached_features' ? 'cached' : 'simple',
    reason: link.level === 'full_service' ? 'ok' : 'what the rung above needs is down',
    sinceMs: 0,
    probing: undefined,
    rungs: [rung('top', 'full_service'), rung('cached', 'cached_features'), rung('simple', 'simpler_model')],
    gate: undefined,
    components: ['features', 'm', 's'].map(component),
    figures: {
      requests: 0,
      inFlight: 0,
      served: {
        full_service: 0,
        cached_features: 0,
        simpler_model: 0,
        rule_based: 0,
        static_fallback: 0,
        failed: 0,
      },
      refused: {},
      rungs: {},
      probes: 0,
    },
    directives: active(),
    file: { path: 'mail.yaml', loadedAt: START, problem: undefined },
  });
  const link: StubLink = {
    down: new Map(),
    open: new Set(),
    level: 'full_service',
    before: () => {},
    services: async () => [status()],
    service: async (name) => (name === 'mail' ? status() : undefined),
    request: async () => undefined,
    requests: async () => [],
    directives: async () => active(),
    async direct(order, leaseMs) {
      link.before('direct');
      const at = clock.wall();
      const directive = { ...order, id: `d-${++made}`, createdAt: at, expiresAt: at + leaseMs };
      directives.unshift({ directive, until: clock.now() + leaseMs });
      return directive;
    },
    async lift(id) {
      link.before('lift');
      const place = directives.findIndex(({ directive }) => directive.id === id);
      if (place >= 0) directives.splice(place, 1);
      return place >= 0;
    },
  };
  return link;
}

/** What a test says that the monitors and runs of the service show. */
export interface Shown {
  monitors: SignalSnapshot['monitors'];
  training: SignalSnapshot['training'];
}

/** The engine over a real store under a fake clock; a second one over the same store is another process. */
export interface Rig {
  readonly clock: FakeClock;
  readonly store: Store;
  readonly link: StubLink;
  readonly book: IncidentBook;
  readonly people: People;
  readonly mitigations: Mitigations;
  readonly engine: IncidentEngine;
  readonly config: ServiceConfig;
  readonly shown: Shown;
  readonly said: string[];
  /** Traffic of the last second, seen in each second from now on; undefined: none. */
  traffic: TrafficCounts | undefined;
  /** Lets so many seconds pass, with a look in each. */
  seconds(n: number): Promise<void>;
  incidents(): Promise<readonly Incident[]>;
  only(): Promise<Incident>;
  /** Notifications in the outbox, oldest first, as `event/page/recipient`. */
  told(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly file?: object;
  /** Another process over the same store and the same replica. */
  readonly beside?: Rig;
  /** Wraps the store that the engine writes to. */
  readonly store?: (real: Store) => Store;
}

export async function rig(options: RigOptions = {}): Promise<Rig> {
  const { beside } = options;
  const dir = beside === undefined ? mkdtempSync(join(tmpdir(), 'evenkeel-incidents-')) : undefined;
  const clock = beside?.clock ?? fakeClock(0, START);
  const real =
    beside?.store ?? (await openStore({ kind: 'sqlite', file: join(dir ?? '', 'evenkeel.db') }, { clock }));
  const store = options.store?.(real) ?? real;
  const link = beside?.link ?? stubLink(clock);
  const config = configOf(options.file ?? FILE);
  const shown: Shown = { monitors: [], training: [] };
  const said: string[] = [];
  const book = incidentBook(store.documents, clock);
  const people = peopleOf(store.documents, clock);
  const tell = (what: string, reason: string): void => {
    said.push(`${what}: ${reason}`);
  };
  // Other names than the first process gives, as another seed would.
  const random = seededRandom(beside === undefined ? 7 : 8);
  const mitigations = mitigationsOf({
    book,
    link,
    clock,
    random,
    tell,
    retraining: () => ({ start: async () => [], command: async () => {}, pause: () => {} }),
  });
  const engine = incidentEngine({
    store,
    clock,
    random,
    link,
    evaluator: { standings: () => [] },
    book,
    people,
    mitigations,
    monitors: () => ({ monitors: shown.monitors, estimates: [] }),
    training: () => shown.training,
    configs: () => [config],
    tell,
  });
  const made: Rig = {
    clock,
    store: real,
    link,
    book,
    people,
    mitigations,
    engine,
    config,
    shown,
    said,
    traffic: undefined,
    async seconds(n) {
      for (let i = 0; i < n; i++) {
        clock.advance(1_000);
        if (made.traffic !== undefined) engine.onRollup(rollup(clock.wall(), made.traffic));
        await engine.step(undefined);
      }
    },
    incidents: () => book.list({ limit: 100 }),
    async only() {
      const [first, second] = await book.list({ limit: 10 });
      if (first === undefined || second !== undefined) {
        throw new Error(`expected one incident, there are ${second === undefined ? 'none' : 'more'}`);
      }
      return first;
    },
    async told() {
      const rows = await real.outbox.list({ limit: 500 });
      return rows.toReversed().map(({ body }) => {
        const { event, page, recipient } = Object(body);
        return `${event}/${page ? 'page' : 'note'}/${recipient}`;
      });
    },
    async close() {
      await real.close();
      if (dir !== undefined) rmSync(dir, { recursive: true, force: true });
    },
  };
  return made;
}

function rollup(to: number, traffic: TrafficCounts): RollupBody {
  return {
    replica: 'r',
    sequence: to,
    service: 'mail',
    from: to - 1_000,
    to,
    objectives: [],
    served: {},
    monitors: {},
    traffic,
  };
}

/** A second of traffic: `bad` of `total` requests fail at the top rung and are answered a rung lower. */
export function second(total: number, bad: number, more: Partial<TrafficCounts> = {}): TrafficCounts {
  return {
    ...NO_TRAFFIC,
    spanMs: 1_000,
    total,
    byLevel: { full_service: total - bad, simpler_model: bad },
    rungs: {
      top: { answered: total - bad, failed: bad, timedOut: 0, full: 0, unsafe: 0, bins: { 25: total - bad } },
    },
    ...more,
  };
}

/** An error as the store gives it when it is gone. */
export const gone = (): EvenkeelError => new EvenkeelError('store_unavailable', 'the store is gone');
