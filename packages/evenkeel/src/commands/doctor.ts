import { accessSync, constants, existsSync, statfsSync } from 'node:fs';
import type { Command } from 'commander';
import { z } from 'zod';
import { remoteFrom } from '../api-client.ts';
import { checkFile } from '../check.ts';
import { cliContext } from '../cli-context.ts';
import { table } from '../output.ts';

interface Finding {
  readonly what: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly detail: string;
}

const health = z.object({
  store: z.object({
    ok: z.boolean(),
    reason: z.string(),
    schemaVersion: z.number(),
    bytes: z.number(),
    clockSkewMs: z.number(),
  }),
  dialect: z.string(),
  integrity: z.array(z.string()),
  behind: z.string().nullable(),
});

const MIB = 1_048_576;
const LOW_DISK = 512 * MIB;
/** Clocks further apart than this make event times of replicas disagree visibly, in milliseconds. */
const SKEW_MS = 500;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

function machine(dataDir: string): readonly Finding[] {
  const found: Finding[] = [
    major > 20 || (major === 20 && minor >= 19)
      ? { what: 'node', state: 'ok', detail: process.versions.node }
      : { what: 'node', state: 'problem', detail: `${process.versions.node}: at least 20.19 is needed` },
  ];
  if (!existsSync(dataDir)) {
    return [
      ...found,
      { what: 'data', state: 'warning', detail: `${dataDir} is not there yet: "serve" makes it` },
    ];
  }
  try {
    accessSync(dataDir, constants.W_OK);
    const disk = statfsSync(dataDir);
    const free = disk.bavail * disk.bsize;
    found.push({
      what: 'disk',
      state: free < LOW_DISK ? 'problem' : 'ok',
      detail: `${Math.round(free / MIB)} MiB free at ${dataDir}`,
    });
  } catch {
    found.push({ what: 'data', state: 'problem', detail: `${dataDir} cannot be written by this user` });
  }
  return found;
}

function files(paths: readonly string[]): readonly Finding[] {
  return paths.map((path): Finding => {
    const checked = checkFile(path, process.env);
    if (!checked.ok) {
      return {
        what: 'file',
        state: 'problem',
        detail: `${path}: ${checked.problems.length} mistakes; run "evenkeel check ${path}"`,
      };
    }
    return checked.warnings.length > 0
      ? { what: 'file', state: 'warning', detail: `${path}: ${checked.warnings.length} warnings` }
      : { what: 'file', state: 'ok', detail: `${path}: service ${checked.service.name}` };
  });
}

/** What is wrong with a set-up: this machine, the files, and the control plane where one runs. */
export function doctorCommand(program: Command): void {
  program
    .command('doctor')
    .description('find what is wrong with a set-up: machine, files, control plane, database')
    .argument('[file...]', 'service files to look at')
    .option(
      '--data-dir <dir>',
      'where the embedded database lives',
      process.env.EVENKEEL_DATA_DIR ?? '.evenkeel',
    )
    .action(async (paths: string[], options, command: Command) => {
      const { api, show, columns, paint } = cliContext(command);
      const findings: Finding[] = [...machine(options.dataDir), ...files(paths)];
      const { url, key } = remoteFrom(process.env);
      try {
        const answer = health.parse(await api.get('/api/v1/health'));
        const { store } = answer;
        findings.push({
          what: 'control',
          state: answer.behind === null ? 'ok' : 'problem',
          detail: answer.behind ?? url,
        });
        findings.push({
          what: 'store',
          state: store.ok ? 'ok' : 'problem',
          detail: `${answer.dialect}, schema ${store.schemaVersion}, ${(store.bytes / MIB).toFixed(1)} MiB: ${store.reason}`,
        });
        findings.push({
          what: 'clock',
          state: Math.abs(store.clockSkewMs) > SKEW_MS ? 'problem' : 'ok',
          detail: `${Math.round(store.clockSkewMs)} ms from the database's`,
        });
        for (const broken of answer.integrity)
          findings.push({ what: 'data', state: 'problem', detail: broken });
        if (answer.integrity.length === 0)
          findings.push({ what: 'data', state: 'ok', detail: 'nothing is damaged' });
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        findings.push({ what: 'control', state: 'warning', detail });
      }
      if (key === undefined) {
        findings.push({
          what: 'key',
          state: 'warning',
          detail: 'none: only reading is possible; set EVENKEEL_KEY or EVENKEEL_DATA_DIR',
        });
      }
      show(findings, () =>
        table(
          ['', 'what', 'detail'],
          findings.map(({ what, state, detail }) => [
            state === 'ok'
              ? paint('green', 'ok')
              : state === 'warning'
                ? paint('yellow', '!')
                : paint('red', 'X'),
            what,
            detail,
          ]),
          columns,
        ),
      );
      if (findings.some(({ state }) => state === 'problem')) process.exitCode = 1;
    });
}
