import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Problem, readExperiment, readToolkit, type ServiceConfig } from '@evenkeel/config';
import { type Clock, describeError, EvenkeelError, type Experiment, nearestName } from '@evenkeel/core';
import type { AuditEntry, Documents } from '@evenkeel/store';
import { z } from 'zod';

/** One experiment of the catalogue, as its text says it. */
export interface CatalogueEntry {
  readonly name: string;
  readonly service: string;
  /** A file of the folder that the service names, or put through the API. */
  readonly source: 'file' | 'stored';
  readonly path: string;
  readonly format: 'evenkeel' | 'chaostoolkit';
  readonly text: string;
  /** Undefined when it cannot be run; the problems or refusals say why. */
  readonly experiment: Experiment | undefined;
  /** As it stands in a file of the Chaos Toolkit, for its journal. */
  readonly toolkit: unknown;
  readonly problems: readonly Problem[];
  /** Valid, and still not run here. */
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
}

export interface Catalogue {
  /** Every entry of the services, or of one, by name. A stored one stands in for a file of its name. */
  list(service?: string): Promise<readonly CatalogueEntry[]>;
  /** @throws EvenkeelError not_found, or bad_request when services share the name and none is said */
  get(name: string, service?: string): Promise<CatalogueEntry>;
  /** Reads a text without keeping it. */
  check(text: string, service: string): CatalogueEntry;
  /** Keeps a text under the name that it gives itself. @throws EvenkeelError bad_request when it cannot be read */
  keep(text: string, service: string, audit: (entry: CatalogueEntry) => AuditEntry): Promise<CatalogueEntry>;
}

const storedBody = z.object({ text: z.string() });
const FILE = /\.(ya?ml|json)$/;
const MOST_BYTES = 256 * 1_024;
const MOST = 1_000;

/** Ours says so in its first key; anything else is read as the Chaos Toolkit's. */
function isOurs(text: string): boolean {
  return /^\s*(?:\{\s*)?["']?evenkeel["']?\s*:/m.test(text);
}

/** Reads one experiment, whichever of the two formats it is in. Never throws. */
export function readEntry(
  text: string,
  at: { readonly path: string; readonly service: string; readonly source: CatalogueEntry['source'] },
): CatalogueEntry {
  const fallback = at.path.replace(/^.*\//, '').replace(FILE, '');
  const base = { ...at, name: fallback, text, toolkit: undefined, problems: [], refusals: [], warnings: [] };
  const words = ({ message, hint }: Problem): string =>
    hint === undefined ? message : `${message}; ${hint}`;
  if (isOurs(text)) {
    const found = readExperiment(text, at.path);
    if (!found.ok) return { ...base, format: 'evenkeel', experiment: undefined, problems: found.problems };
    const { experiment, warnings } = found;
    const { name, service } = experiment;
    return { ...base, format: 'evenkeel', name, service, experiment, warnings: warnings.map(words) };
  }
  const found = readToolkit(text, { path: at.path, env: process.env, service: at.service });
  if (!found.ok) return { ...base, format: 'chaostoolkit', experiment: undefined, problems: found.problems };
  const { experiment, refusals, warnings, source } = found;
  return {
    ...base,
    format: 'chaostoolkit',
    name: experiment?.name ?? fallback,
    service: experiment?.service ?? at.service,
    experiment,
    toolkit: source,
    refusals,
    warnings,
  };
}

export function experimentCatalogue(parts: {
  readonly documents: Documents;
  readonly clock: Clock;
  readonly configs: () => Iterable<ServiceConfig>;
}): Catalogue {
  const { documents, clock } = parts;
  const cache = new Map<string, { readonly changed: number; readonly entry: CatalogueEntry }>();

  function broken(path: string, service: string, message: string): CatalogueEntry {
    const problem: Problem = { path, line: 1, column: 1, at: '', message };
    return { ...readEntry('evenkeel: 1', { path, service, source: 'file' }), text: '', problems: [problem] };
  }

  async function readOne(path: string, service: string): Promise<CatalogueEntry> {
    try {
      const { mtimeMs, size } = await stat(path);
      const known = cache.get(path);
      if (known?.changed === mtimeMs) return known.entry;
      if (size > MOST_BYTES) return broken(path, service, `is larger than ${MOST_BYTES} bytes`);
      const entry = readEntry(await readFile(path, 'utf8'), { path, service, source: 'file' });
      cache.set(path, { changed: mtimeMs, entry });
      return entry;
    } catch (error) {
      return broken(path, service, `cannot be read: ${describeError(error)}`);
    }
  }

  async function files({ name, chaos }: ServiceConfig): Promise<CatalogueEntry[]> {
    const folder = chaos.experiments;
    if (folder === undefined) return [];
    const names = await readdir(folder).catch(() => []);
    const wanted = names.filter((file) => FILE.test(file)).slice(0, MOST);
    return Promise.all(wanted.map((file) => readOne(join(folder, file), name)));
  }

  const pathOf = (service: string, name: string): string => {
    const config = [...parts.configs()].find((one) => one.name === service);
    return join(config?.chaos.experiments ?? '', `${name}.yaml`);
  };

  async function stored(): Promise<CatalogueEntry[]> {
    const rows = await documents.list({ kind: 'experiment', limit: MOST });
    return rows.flatMap((row) => {
      const body = storedBody.safeParse(row.body);
      if (!body.success) return [];
      const path = pathOf(row.service, row.label);
      return [readEntry(body.data.text, { path, service: row.service, source: 'stored' })];
    });
  }

  async function list(service?: string): Promise<readonly CatalogueEntry[]> {
    const found = new Map<string, CatalogueEntry>();
    const read = await Promise.all([...parts.configs()].map(files));
    for (const entry of [...read.flat(), ...(await stored())])
      if (service === undefined || entry.service === service)
        found.set(JSON.stringify([entry.service, entry.name]), entry);
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  const check = (text: string, service: string): CatalogueEntry =>
    readEntry(text, { path: pathOf(service, 'experiment'), service, source: 'stored' });

  return {
    list,
    check,
    async get(name, service) {
      const all = await list(service);
      const [first, second] = all.filter((entry) => entry.name === name);
      if (first === undefined) {
        const near = nearestName(
          name,
          all.map((entry) => entry.name),
        );
        throw new EvenkeelError(
          'not_found',
          `no experiment "${name}"${near === undefined ? '' : `; did you mean "${near}"?`}`,
        );
      }
      if (second !== undefined)
        throw new EvenkeelError(
          'bad_request',
          `${first.service} and ${second.service} both have an experiment "${name}": say the service`,
        );
      return first;
    },
    async keep(text, service, audit) {
      const entry = check(text, service);
      if (entry.problems.length > 0) {
        const lines = entry.problems.map(({ line, column, message }) => `${line}:${column} ${message}`);
        throw new EvenkeelError('bad_request', lines.join('; '));
      }
      const id = `${entry.service}/${entry.name}`;
      const before = await documents.get('experiment', id);
      const at = Math.round(clock.wall());
      await documents.commit({
        puts: [
          {
            kind: 'experiment',
            id,
            service: entry.service,
            state: entry.experiment === undefined ? 'refused' : 'ready',
            label: entry.name,
            createdAt: before?.createdAt ?? at,
            updatedAt: at,
            revision: before?.revision ?? 0,
            body: { text },
          },
        ],
        audit: [audit(entry)],
        outbox: [],
      });
      return entry;
    },
  };
}
