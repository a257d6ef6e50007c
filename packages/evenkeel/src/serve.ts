import { existsSync, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { formatProblems } from '@evenkeel/config';
import { controlApi, serveControl } from '@evenkeel/control';
import { describeError, EvenkeelError, idMaker } from '@evenkeel/core';
import { createFront, createReplica, realHost } from '@evenkeel/gateway';
import { openSqlite, queues } from '@evenkeel/store';
import { type Checked, checkFile } from './check.ts';
import type { Log } from './log.ts';

export interface ServeOptions {
  readonly files: readonly string[];
  /** 0 takes any free port. */
  readonly gatewayPort: number;
  readonly controlPort: number;
  readonly host: string;
  readonly dataDir: string;
  readonly log: Log;
}

export interface Serving {
  readonly gatewayPort: number;
  readonly controlPort: number;
  /** Finishes what is in flight, at most `ms` milliseconds; resolves with the number of requests cut off. */
  drain(ms: number): Promise<number>;
}

/** Forgets contents of decided items this often, in milliseconds. */
const SWEEP_MS = 60_000;
/** An editor writes a file in several steps: it is read when it has been still for this long, in milliseconds. */
const SETTLE_MS = 150;

function good(path: string): Extract<Checked, { ok: true }> {
  const checked = checkFile(path, process.env);
  if (checked.ok) return checked;
  throw new EvenkeelError(
    'config_invalid',
    formatProblems(checked.problems, { color: false, source: checked.text }),
  );
}

function portError(error: unknown, what: string, port: number): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return new EvenkeelError(
      'config_invalid',
      `port ${port} of the ${what} is in use: end what listens there, or choose another`,
    );
  if (code === 'EACCES')
    return new EvenkeelError('config_invalid', `port ${port} of the ${what} may not be taken by this user`);
  return error instanceof Error ? error : new Error(describeError(error));
}

/**
 * Composes one process: store, services, gateway, control API, and the watch on the files.
 * @throws EvenkeelError config_invalid, with every mistake in words; nothing is left running then
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { log } = options;
  const host = realHost();
  const { clock, timers, random } = host;
  const paths = options.files.map((file) => resolve(file));
  const files = paths.map(good);
  const names = files.map((file) => file.service.name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined)
    throw new EvenkeelError('config_invalid', `two files describe the service ${twice}`);

  await mkdir(options.dataDir, { recursive: true });
  const sqlite = await openSqlite(join(options.dataDir, 'evenkeel.db'));
  const reviewQueues = queues(sqlite, clock);
  const replica = createReplica(host, reviewQueues, ({ what, reason }) => log.info({ reason }, what));
  let ready = false;
  const front = createFront({
    services: replica.directory,
    clock,
    timers,
    requestId: idMaker('req', clock, random),
    ready: () => ready,
    onError: (error, id) =>
      log.error(
        { id, reason: describeError(error), stack: error instanceof Error ? error.stack : undefined },
        'internal error',
      ),
  });

  try {
    for (const { service, path, warnings, text } of files) {
      if (warnings.length > 0) log.warn(formatProblems(warnings, { color: false, source: text }));
      await replica.put(service, path);
    }
    const gatewayPort = await front.listen(options.gatewayPort, options.host).catch((error: unknown) => {
      throw portError(error, 'gateway', options.gatewayPort);
    });
    const api = controlApi({
      link: replica.link,
      queues: reviewQueues,
      keepContentMs: (name) => replica.config(name)?.queue.keepContentMs ?? 0,
      ready: () => ready,
    });
    const control = await serveControl(api, options.controlPort, options.host).catch((error: unknown) => {
      throw portError(error, 'control plane', options.controlPort);
    });
    void replica.checked().then(() => {
      ready = true;
    });

    const stopWatching = paths.map((path, i) => watchFile(path, () => void reload(path, names[i] ?? '')));
    const sweep = setInterval(() => {
      reviewQueues
        .sweep()
        .catch((error: unknown) =>
          log.warn({ reason: describeError(error) }, 'contents could not be forgotten'),
        );
    }, SWEEP_MS);
    sweep.unref();

    async function reload(path: string, name: string): Promise<void> {
      const checked = checkFile(path, process.env);
      try {
        if (!checked.ok)
          throw new Error(formatProblems(checked.problems, { color: false, source: checked.text }));
        if (checked.service.name !== name)
          throw new Error(
            `the service is called ${checked.service.name} now; it runs as ${name}: restart to rename it`,
          );
        await replica.put(checked.service, path);
        log.info({ path }, `${name}: the new file is in force`);
      } catch (error) {
        replica.refused(name, describeError(error));
        log.error(
          { path, reason: describeError(error) },
          `${name}: the new file was refused, the old one stays in force`,
        );
      }
    }

    return {
      gatewayPort,
      controlPort: control.port,
      async drain(ms) {
        ready = false;
        for (const stop of stopWatching) stop();
        clearInterval(sweep);
        const cut = await front.drain(ms);
        await control.close();
        await replica.close();
        await sqlite.close();
        return cut;
      },
    };
  } catch (error) {
    await front.drain(0);
    await replica.close();
    await sqlite.close();
    throw error;
  }
}

/** Tells when a file has changed; by its folder, because editors replace files rather than write into them. */
function watchFile(path: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const watcher = watch(dirname(path), (_, name) => {
    if (name !== null && name !== basename(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (existsSync(path)) onChange();
    }, SETTLE_MS);
  });
  return () => {
    clearTimeout(timer);
    watcher.close();
  };
}
