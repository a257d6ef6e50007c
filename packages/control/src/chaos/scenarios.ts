import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, readScenario, type ServiceConfig } from '@evenkeel/config';
import { describeError, EvenkeelError, nearestName, type Scenario } from '@evenkeel/core';

/** One scenario file. */
export interface ScenarioEntry {
  readonly name: string;
  readonly service: string;
  readonly path: string;
  readonly scenario: Scenario | undefined;
  readonly problems: readonly Problem[];
}

export interface Scenarios {
  list(service?: string): Promise<readonly ScenarioEntry[]>;
  /** @throws EvenkeelError not_found, or bad_request when the file has problems */
  get(name: string): Promise<Scenario>;
}

const FILE = /\.(ya?ml|json)$/;
const MOST = 200;

/** @param experiments names that a service can run */
export function scenarioFiles(
  configs: () => Iterable<ServiceConfig>,
  experiments: (service: string) => Promise<ReadonlySet<string>>,
): Scenarios {
  async function readOne(path: string, service: string, known: ReadonlySet<string>): Promise<ScenarioEntry> {
    const name = path.replace(/^.*\//, '').replace(FILE, '');
    try {
      const found = readScenario(await readFile(path, 'utf8'), path, known);
      if (!found.ok) return { name, service, path, scenario: undefined, problems: found.problems };
      const { scenario } = found;
      return { name: scenario.name, service: scenario.service, path, scenario, problems: [] };
    } catch (error) {
      const message = `cannot be read: ${describeError(error)}`;
      return {
        name,
        service,
        path,
        scenario: undefined,
        problems: [{ path, line: 1, column: 1, at: '', message }],
      };
    }
  }

  async function list(service?: string): Promise<readonly ScenarioEntry[]> {
    const found: ScenarioEntry[] = [];
    for (const { name, chaos } of configs()) {
      const folder = chaos.gamedays;
      if (folder === undefined || (service !== undefined && name !== service)) continue;
      const known = await experiments(name);
      const names = (await readdir(folder).catch(() => [])).filter((file) => FILE.test(file)).slice(0, MOST);
      found.push(...(await Promise.all(names.map((file) => readOne(join(folder, file), name, known)))));
    }
    return found.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  return {
    list,
    async get(name) {
      const all = await list();
      const entry = all.find((one) => one.name === name);
      if (entry === undefined) {
        const near = nearestName(
          name,
          all.map((one) => one.name),
        );
        throw new EvenkeelError(
          'not_found',
          `no scenario "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
        );
      }
      if (entry.scenario === undefined)
        throw new EvenkeelError(
          'bad_request',
          entry.problems.map(({ line, message }) => `${entry.path}:${line} ${message}`).join('; '),
        );
      return entry.scenario;
    },
  };
}
