import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'undici';
import { z } from 'zod';
import { freePort, until } from './processes.ts';

export interface PrometheusServer {
  query(
    promql: string,
  ): Promise<readonly { readonly labels: Record<string, string>; readonly value: number }[]>;
  /** Every rule that it evaluates. */
  rules(): Promise<readonly { readonly name: string; readonly health: string }[]>;
  stop(): Promise<void>;
}

/** Why it cannot be had here; undefined when it can. A machine that is to check everything (CI=true) has to have it. */
export function noPrometheus(): string | undefined {
  if (spawnSync('prometheus', ['--version']).status === 0) return undefined;
  const reason = 'Prometheus is not installed (Debian: apt-get install prometheus)';
  if (process.env.CI === 'true') throw new Error(reason);
  console.warn(`SKIPPED: ${reason}`);
  return reason;
}

const vector = z.object({
  data: z.object({
    result: z.array(
      z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
    ),
  }),
});
const ruleList = z.object({
  data: z.object({
    groups: z.array(z.object({ rules: z.array(z.object({ name: z.string(), health: z.string() })) })),
  }),
});

/** Debian's Prometheus, scraping one target every second and evaluating these rules as often. */
export async function startPrometheus(dir: string, rules: string, target: string): Promise<PrometheusServer> {
  const home = join(dir, 'prometheus');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'rules.yml'), rules);
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [join(home, 'rules.yml')],
    scrape_configs: [{ job_name: 'evenkeel', static_configs: [{ targets: [new URL(target).host] }] }],
  };
  writeFileSync(join(home, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(home, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(home, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (piece: Buffer) => {
    log = (log + piece.toString()).slice(-4_000);
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const get = async (path: string): Promise<unknown> => {
    const answer = await request(`http://127.0.0.1:${port}${path}`);
    return answer.body.json();
  };
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`Prometheus ended: ${log}`);
      try {
        return (await request(`http://127.0.0.1:${port}/-/ready`)).statusCode === 200;
      } catch {
        return false;
      }
    },
    20_000,
    'Prometheus',
  );
  return {
    async query(promql) {
      const { data } = vector.parse(await get(`/api/v1/query?query=${encodeURIComponent(promql)}`));
      return data.result.map(({ metric, value }) => ({ labels: metric, value: Number(value[1]) }));
    },
    async rules() {
      const { data } = ruleList.parse(await get('/api/v1/rules'));
      return data.groups.flatMap((group) => group.rules);
    },
    async stop() {
      child.kill('SIGTERM');
      await exited;
    },
  };
}
