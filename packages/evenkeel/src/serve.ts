import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { formatProblems, type ServiceConfig } from '@evenkeel/config';
import {
  type ControlPlane,
  controlApi,
  createControlPlane,
  processApi,
  replicaBoard,
  serveControl,
} from '@evenkeel/control';
import { describeError, EvenkeelError } from '@evenkeel/core';
import { openBreakerMemory, realHost, type Thresholds } from '@evenkeel/gateway';
import { openStore, type Store } from '@evenkeel/store';
import { builtPage } from './built-page.ts';
import { checkFile } from './check.ts';
import { localKey } from './local-key.ts';
import type { Log } from './log.ts';
import { openOtel } from './open-otel.ts';
import { patientStore } from './patient-store.ts';
import { type GatewayPart, gatewayPart } from './serve-gateway.ts';
import { type GoodFile, readServiceFiles } from './service-files.ts';
import { watchFile } from './watch-file.ts';

/** What a process does: serve, control, or both. */
export type ServeRole = 'all' | 'gateway' | 'control';

export interface ServeOptions {
  readonly files: readonly string[];
  readonly role: ServeRole;
  /** 0 takes any free port. */
  readonly gatewayPort: number;
  readonly controlPort: number;
  readonly host: string;
  readonly dataDir: string;
  /** PostgreSQL, shared by all processes; the embedded database in the data directory without it. */
  readonly databaseUrl: string | undefined;
  readonly version: string;
  readonly log: Log;
}

export interface Serving {
  /** Undefined where this process does not serve. */
  readonly gatewayPort: number | undefined;
  readonly controlPort: number;
  /** Key of this machine's owner; undefined where this process has no API. */
  readonly key: string | undefined;
  /** Finishes what is in flight, at most `ms` milliseconds; resolves with the number of requests cut off. */
  drain(ms: number): Promise<number>;
}

function portError(error: unknown, what: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') {
    return new EvenkeelError(
      'config_invalid',
      `port ${port} of the ${what} is in use: end what listens there, or choose another`,
    );
  }
  if (code === 'EACCES') {
    return new EvenkeelError('config_invalid', `port ${port} of the ${what} may not be taken by this user`);
  }
  return error instanceof Error ? error : new Error(describeError(error));
}

/** Thresholds of objectives become bounds of histograms: their shares can be read off at a scrape. */
function thresholdsOf(configs: Iterable<ServiceConfig>): Thresholds {
  const latencyMs: number[] = [];
  const featureAgeMs: number[] = [];
  for (const { source } of [...configs].flatMap(({ objectives }) => objectives)) {
    if (source.kind !== 'requests') continue;
    if (source.indicator.kind === 'latency') latencyMs.push(source.indicator.thresholdMs);
    if (source.indicator.kind === 'feature_age') featureAgeMs.push(source.indicator.maxAgeMs);
  }
  return { latencyMs, featureAgeMs };
}

async function open(options: ServeOptions): Promise<Store> {
  if (options.role !== 'all' && options.databaseUrl === undefined) {
    throw new EvenkeelError(
      'config_invalid',
      `--role ${options.role} needs DATABASE_URL: processes meet in PostgreSQL; the embedded database belongs to one process`,
    );
  }
  await mkdir(options.dataDir, { recursive: true });
  const target =
    options.databaseUrl === undefined
      ? ({ kind: 'sqlite', file: join(options.dataDir, 'evenkeel.db') } as const)
      : ({ kind: 'postgres', url: options.databaseUrl } as const);
  const host = realHost();
  const { log } = options;
  const now = (): Promise<Store> => openStore(target, host);
  // What serves must serve, even when it is started while the database is away.
  return options.role === 'gateway'
    ? patientStore(now, host.timers, (what, reason) => log.warn({ reason }, what))
    : now();
}

/**
 * Composes one process: store, services, gateway, control plane, and the watch on the files.
 * @throws EvenkeelError config_invalid, with every mistake in words; nothing is left running then
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log, role } = options;
  const host = realHost();
  const files = readServiceFiles(options.files);
  const configs = new Map<string, ServiceConfig>(files.map(({ service }) => [service.name, service]));
  const store = await open(options);
  const ends: (() => Promise<unknown>)[] = [() => store.close()];
  const endAll = async (): Promise<void> => {
    for (const end of ends.toReversed()) await end();
  };
  let ready = false;

  try {
    let gateway: GatewayPart | undefined;
    if (role !== 'control') {
      const breakers = await openBreakerMemory(join(options.dataDir, 'breakers.json'), host, (reason) =>
        log.warn({ reason }, 'what breakers knew could not be kept'),
      );
      // The server is one for all: what a single service does not allow is refused where the service is known.
      const headerBytes = Math.max(...files.map(({ service }) => service.limits.headerBytes));
      gateway = gatewayPart({
        host,
        store,
        log,
        ready: () => ready,
        version: options.version,
        thresholds: thresholdsOf(configs.values()),
        remote: role === 'gateway',
        breakers,
        headerBytes,
        otel: await openOtel(process.env, options.version, host),
      });
      ends.push(gateway.close);
      await gateway.sync();
      for (const file of files) await start(gateway, file);
      await gateway.sync();
    }
    const board = replicaBoard(store, host.clock, host.random);
    let control: ControlPlane | undefined;
    let key: string | undefined;
    if (role !== 'gateway') {
      control = createControlPlane({
        store,
        host,
        board,
        modelsDirectory: join(resolve(options.dataDir), 'models'),
        link: gateway?.replica.link ?? board.link(),
        // The embedded database has one process: after a crash its next one goes on at once. Elsewhere two containers may
        // share the name of their host and the number of their process.
        holder:
          options.databaseUrl === undefined
            ? 'this process'
            : `${hostname()}/${process.pid}/${host.random().toString(36).slice(2, 10)}`,
        tell: (what, reason) => log.info({ reason }, what),
        onBudget(service, value, shares) {
          gateway?.replica.setBudget(service, value);
          for (const [objective, remaining] of shares) gateway?.metrics.budget(service, objective, remaining);
        },
      });
      ends.push(control.close);
      for (const config of configs.values()) await control.put(config);
      await control.start();
      key = await localKey(store, options.dataDir, host.clock);
    }

    const gatewayPort = await gateway?.front
      .listen(options.gatewayPort, options.host)
      .catch((error: unknown) => {
        throw portError(error, 'gateway', options.gatewayPort);
      });
    const metrics = gateway?.metrics;
    const api =
      control === undefined
        ? processApi({ ready: () => ready, metrics: metrics?.expose })
        : controlApi({
            link: gateway?.replica.link ?? board.link(),
            store,
            clock: host.clock,
            version: options.version,
            services: () => [...configs.keys()],
            keepContentMs: (name) => configs.get(name)?.queue.keepContentMs ?? 0,
            ready: () => ready,
            onFacts: control.onFacts,
            metrics: metrics?.expose,
            anonymous: { name: 'anonymous', role: 'viewer' },
            page: builtPage(),
            routes: control.routes,
            outage: control.outage,
          });
    const controlServer = await serveControl(api, options.controlPort, options.host).catch(
      (error: unknown) => {
        throw portError(error, 'control plane', options.controlPort);
      },
    );
    if (gateway === undefined) ready = true;
    void gateway?.replica.checked().then(() => {
      ready = true;
    });
    const watches = files.map(({ path, service }) => watchFile(path, () => void reload(path, service.name)));

    async function reload(path: string, name: string): Promise<void> {
      const checked = checkFile(path, process.env);
      try {
        if (!checked.ok) {
          throw new Error(formatProblems(checked.problems, { color: false, source: checked.text }));
        }
        if (checked.service.name !== name) {
          throw new Error(
            `the service is called ${checked.service.name} now; it runs as ${name}: restart to rename it`,
          );
        }
        await gateway?.replica.put(checked.service, path);
        configs.set(name, checked.service);
        await control?.put(checked.service);
        await control?.changed(name, path);
        log.info({ path }, `${name}: the new file is in force`);
      } catch (error) {
        gateway?.replica.refused(name, describeError(error));
        log.error(
          { path, reason: describeError(error) },
          `${name}: the new file was refused, the old one stays in force`,
        );
      }
    }

    return {
      gatewayPort,
      controlPort: controlServer.port,
      key,
      async drain(ms) {
        ready = false;
        for (const stop of watches) stop();
        const cut = (await gateway?.front.drain(ms)) ?? 0;
        await controlServer.close();
        await endAll();
        return cut;
      },
    };
  } catch (error) {
    await endAll();
    throw error;
  }

  async function start(gateway: GatewayPart, { service, path, warnings, text }: GoodFile): Promise<void> {
    if (warnings.length > 0) log.warn(formatProblems(warnings, { color: false, source: text }));
    await gateway.replica.put(service, path);
  }
}
