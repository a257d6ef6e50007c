import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import {
  type Clock,
  cohort,
  type Directive,
  describeError,
  EvenkeelError,
  type Order,
  type Prediction,
  type ServedVersion,
  type Timers,
} from '@evenkeel/core';
import type { Model, ModelCall } from '../upstreams/index.ts';

/** How one version beside the file's stands at this replica. */
export interface VersionState {
  readonly version: string;
  readonly state: 'loading' | 'serving' | 'failed';
  readonly reason: string;
}

/** Calls and failures since a canary began to serve: a version that only throws has no answers of its own to be judged by. */
export interface CallCounts {
  calls: number;
  failed: number;
}

export interface VersionSnapshot {
  /** What answers all who are not the canary's. */
  readonly version: string;
  readonly wanted: VersionState | undefined;
  readonly canary: (VersionState & { readonly share: number }) | undefined;
  /** Since the canary began to serve. */
  readonly calls: { readonly main: CallCounts; readonly canary: CallCounts };
}

/** A model whose weights are exchanged while it serves. */
export interface VersionedModel extends Model {
  /** Brings what serves into step with the orders in force. */
  follow(directives: readonly Directive[]): void;
  /** Resolves when everything that was ordered so far is loaded, or has failed. */
  settled(): Promise<void>;
  snapshot(): VersionSnapshot;
}

interface Loaded {
  readonly key: string;
  readonly version: string;
  readonly ready: Promise<void>;
  model: Model | undefined;
  problem: string | undefined;
}

/** Milliseconds after which a version that nobody is routed to any more is closed: what it was asked ends before. */
const LINGER_MS = 60_000;
/** Versions kept loaded beside those in use, so that a step back needs no loading. */
const KEPT = 1;

const keyOf = ({ version, weights, sha256 }: ServedVersion): string => `${version} ${sha256} ${weights}`;

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  return hash.digest('hex');
}

/**
 * Serves the file's own version until an order names another one, and that one is loaded: nobody waits for weights. One that
 * cannot be loaded, or whose bytes are not those that were registered, changes nothing but what `snapshot` says.
 * @param own the model as the file describes it
 * @param open loads the same model with other weights
 */
export function versionedModel(
  own: Model,
  open: (version: ServedVersion) => Promise<Model>,
  host: {
    readonly clock: Clock;
    readonly timers: Timers;
    readonly onChange: (what: string, reason: string) => void;
  },
): VersionedModel {
  const loaded = new Map<string, Loaded>();
  /** Keys in the order of their last use. */
  let used: readonly string[] = [];
  let wanted: Loaded | undefined;
  let canary: (Loaded & { share: number }) | undefined;
  /** Wall milliseconds at which the order to use `wanted` ends. */
  let until = Number.POSITIVE_INFINITY;
  let main: Model = own;
  let counting: { main: CallCounts; canary: CallCounts } = fresh();
  let closed = false;
  const lingering = new Set<Model>();

  function fresh(): typeof counting {
    return { main: { calls: 0, failed: 0 }, canary: { calls: 0, failed: 0 } };
  }

  async function bring(version: ServedVersion): Promise<Model> {
    const digest = await digestOf(version.weights);
    if (digest !== version.sha256)
      throw new EvenkeelError(
        'config_invalid',
        `${version.weights} is not what was registered: SHA-256 ${digest}, expected ${version.sha256}`,
      );
    return open(version);
  }

  function load(version: ServedVersion): Loaded {
    const key = keyOf(version);
    const known = loaded.get(key);
    if (known !== undefined && known.problem === undefined) return known;
    const ready = bring(version).then(
      (model) => {
        if (closed) return model.close();
        entry.model = model;
        apply();
        return undefined;
      },
      (error: unknown) => {
        entry.problem = describeError(error);
        host.onChange(`${own.name} ${version.version} cannot be loaded`, entry.problem);
      },
    );
    const entry: Loaded = { key, version: version.version, ready, model: undefined, problem: undefined };
    loaded.set(key, entry);
    return entry;
  }

  /** Whatever is loaded by now takes its place. */
  function apply(): void {
    const next = wanted === undefined ? own : (wanted.model ?? main);
    if (next !== main) {
      host.onChange(`${own.name} answers with version ${next.version}`, `it was ${main.version}`);
      main = next;
    }
    const inUse = [wanted?.key, canary?.key].filter((key) => key !== undefined);
    used = [...used.filter((key) => !inUse.includes(key) && loaded.has(key)), ...inUse];
    const spare = used.filter((key) => !inUse.includes(key) && loaded.get(key)?.model !== main);
    for (const key of spare.slice(0, Math.max(0, spare.length - KEPT))) retire(key);
  }

  function retire(key: string): void {
    const model = loaded.get(key)?.model;
    loaded.delete(key);
    if (model === undefined) return;
    lingering.add(model);
    host.timers.after(LINGER_MS, () => {
      lingering.delete(model);
      void model.close().catch(() => undefined);
    });
  }

  function stateOf(one: Loaded): VersionState {
    const { version, problem, model } = one;
    if (problem !== undefined) return { version, state: 'failed', reason: problem };
    return model === undefined
      ? { version, state: 'loading', reason: 'its weights are being loaded' }
      : { version, state: 'serving', reason: 'ok' };
  }

  function counted(model: Model, call: ModelCall, counts: CallCounts): Prediction | Promise<Prediction> {
    counts.calls += 1;
    const failed = (error: unknown): never => {
      // The caller's own mistake says nothing of the version. One that hung up counts: it may have waited too long, and it hangs
      // up on the other side alike.
      if (error instanceof EvenkeelError && error.status < 500) counts.calls -= 1;
      else counts.failed += 1;
      throw error;
    };
    try {
      const answer = model.call(call);
      return answer instanceof Promise ? answer.catch(failed) : answer;
    } catch (error) {
      return failed(error);
    }
  }

  return {
    name: own.name,
    get version() {
      return main.version;
    },
    call(call) {
      const candidate = canary?.model;
      if (canary === undefined || candidate === undefined) return main.call(call);
      const { kind, caller } = call.request;
      const chosen = kind === 'live' && cohort(caller.user, `canary:${own.name}`) < canary.share;
      return chosen ? counted(candidate, call, counting.canary) : counted(main, call, counting.main);
    },
    healthy: (signal) => main.healthy(signal),
    ...(own.metadata === undefined ? {} : { metadata: own.metadata }),
    follow(directives) {
      const orders = directives.map(({ order }) => order);
      const { wall } = host.clock;
      const newest = <K extends 'use_version' | 'canary'>(kind: K): Extract<Order, { kind: K }> | undefined =>
        orders.find(
          (order): order is Extract<Order, { kind: K }> => order.kind === kind && order.model === own.name,
        );
      const use = newest('use_version');
      const tried = newest('canary');
      const lease = directives.find(({ order }) => order === use);
      if (use !== undefined) {
        wanted = load(use);
        until = lease?.expiresAt ?? 0;
        // Nobody renews it any more: what is in production stays until somebody says otherwise.
      } else if (wall() < until) wanted = undefined;
      const before = canary?.key;
      if (tried === undefined) canary = undefined;
      else {
        const entry = load(tried);
        // The same object, so that what loading finds is seen here.
        canary = Object.assign(entry, { share: tried.share });
      }
      if (canary?.key !== before) counting = fresh();
      apply();
    },
    async settled() {
      await Promise.all([wanted?.ready, canary?.ready]);
    },
    snapshot: () => ({
      version: main.version,
      wanted: wanted === undefined ? undefined : stateOf(wanted),
      canary: canary === undefined ? undefined : { ...stateOf(canary), share: canary.share },
      calls: counting,
    }),
    async close() {
      closed = true;
      const models = [own, ...[...loaded.values()].map(({ model }) => model), ...lingering];
      await Promise.all(models.filter((model) => model !== undefined).map((model) => model.close()));
    },
  };
}
