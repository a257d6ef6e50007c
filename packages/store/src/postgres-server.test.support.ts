import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** A PostgreSQL of a test's own: in a folder under the temporary directory, on a free port of the loopback address. */
export interface PostgresServer {
  readonly port: number;
  /** Creates an empty database and gives its URL. */
  database(): Promise<string>;
  /** Ends it as `systemctl stop` would: running transactions are broken off, connections closed. */
  stop(): Promise<void>;
  /** Ends it as a crash would: no goodbye, recovery at the next start. */
  kill(): Promise<void>;
  /** Starts it again on the same data and port. */
  start(): Promise<void>;
  /** Stops all of its processes where they are: connections stay open, and nothing answers. */
  freeze(): void;
  thaw(): void;
  /** Stops it for good and removes its data. */
  end(): Promise<void>;
}

/** Debian keeps the server beside the path. */
function programs(): string | undefined {
  const root = '/usr/lib/postgresql';
  if (existsSync(root)) {
    const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
    for (const version of versions) {
      const bin = join(root, version, 'bin');
      if (existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb'))) return bin;
    }
  }
  const path = (process.env.PATH ?? '').split(':');
  return path.find((bin) => existsSync(join(bin, 'postgres')) && existsSync(join(bin, 'initdb')));
}

/**
 * Why tests that need PostgreSQL cannot run here; undefined when they can. A machine that is to check everything (CI=true) has
 * to have it: there it is an error.
 */
export function noPostgres(): string | undefined {
  if (programs() !== undefined) return undefined;
  const reason = 'PostgreSQL is not installed (Debian: apt-get install postgresql)';
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`SKIPPED: ${reason}`);
  return reason;
}

/** PostgreSQL refuses to run as root. */
function account(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { stdio: 'pipe' }).toString());
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // The next one.
    }
  }
  throw new Error('PostgreSQL refuses to run as root, and there is no account "postgres" or "nobody"');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** The processes that a process started, from /proc. */
function childrenOf(pid: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        // "pid (name) state parent …"; the name may hold anything but ends at the last parenthesis.
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone already.
  }
}

/** What is tested is our side, and a crash of the server, not of the machine. */
const FAST: readonly string[] = ['fsync=off', 'full_page_writes=off'];

/** @param settings lines of postgresql.conf (default: `fsync=off`, `full_page_writes=off`) */
export async function startPostgres(settings: readonly string[] = FAST): Promise<PostgresServer> {
  const bin = programs();
  if (bin === undefined) throw new Error('PostgreSQL is not installed');
  const user = account();
  const home = mkdtempSync(join(tmpdir(), 'evenkeel-pg-'));
  const data = join(home, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (user.uid !== undefined && user.gid !== undefined) {
    for (const path of [home, data]) chownSync(path, user.uid, user.gid);
  }
  const port = await freePort();
  execFileSync(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '-A',
      'trust',
      '-E',
      'UTF8',
      '--locale=C.UTF-8',
      '--no-sync',
      '--no-instructions',
    ],
    { ...user, cwd: home, stdio: 'pipe' },
  );
  const url = (name: string): string => `postgres://postgres@127.0.0.1:${port}/${name}`;
  let server: ChildProcess | undefined;
  let log = '';
  let databases = 0;

  async function withClient<T>(use: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: url('postgres'), connectionTimeoutMillis: 2_000 });
    client.on('error', () => {});
    await client.connect();
    try {
      return await use(client);
    } finally {
      await client.end().catch(() => {});
    }
  }

  async function start(): Promise<void> {
    const options = [
      `port=${port}`,
      'listen_addresses=127.0.0.1',
      `unix_socket_directories=${home}`,
      ...settings,
    ];
    const child = spawn(
      join(bin ?? '', 'postgres'),
      ['-D', data, ...options.flatMap((line) => ['-c', line])],
      {
        ...user,
        cwd: home,
        stdio: ['ignore', 'ignore', 'pipe'],
      },
    );
    server = child;
    child.stderr?.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4_000);
    });
    for (let left = 150; ; left--) {
      try {
        return await withClient(async () => {});
      } catch (error) {
        if (child.exitCode !== null || left === 0)
          throw new Error(`PostgreSQL did not start: ${log}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    }
  }

  async function stop(how: NodeJS.Signals): Promise<void> {
    const child = server;
    server = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const family = how === 'SIGKILL' ? childrenOf(child.pid) : [];
    const exited = new Promise((resolve) => child.once('exit', resolve));
    for (const pid of [child.pid, ...family]) signal(pid, how);
    await exited;
  }

  const all = (name: NodeJS.Signals): void => {
    const pid = server?.pid;
    if (pid !== undefined) for (const each of [pid, ...childrenOf(pid)]) signal(each, name);
  };
  // A test that is broken off leaves no server behind.
  const onExit = (): void => all('SIGKILL');
  process.once('exit', onExit);
  await start();
  return {
    port,
    async database() {
      const name = `t${databases++}`;
      await withClient((client) => client.query(`create database ${name}`));
      return url(name);
    },
    stop: () => stop('SIGINT'),
    kill: () => stop('SIGKILL'),
    start,
    freeze: () => all('SIGSTOP'),
    thaw: () => all('SIGCONT'),
    async end() {
      process.off('exit', onExit);
      all('SIGCONT');
      // Nobody needs what it would still write.
      await stop('SIGQUIT');
      await rm(home, { recursive: true, force: true });
    },
  };
}
