import { z } from 'zod';

const service = z.object({
  level: z.string(),
  entry: z.string(),
  reason: z.string(),
  figures: z.object({ served: z.record(z.string(), z.number()), refused: z.record(z.string(), z.number()) }),
});
const entry = z.object({ at: z.number(), by: z.string(), kind: z.string(), text: z.string() });
const listed = z.object({
  incidents: z.array(
    z.object({ id: z.string(), status: z.string(), severity: z.string(), title: z.string() }),
  ),
});
const whole = z.object({
  id: z.string(),
  status: z.string(),
  type: z.string(),
  severity: z.string(),
  title: z.string(),
  likelyCause: z.string(),
  timeline: z.array(entry),
  mitigations: z.array(z.object({ id: z.string(), text: z.string(), state: z.string() })),
});
const plan = z.object({ kind: z.string(), dryRun: z.string().optional(), reason: z.string().optional() });
const actions = z.object({ actions: z.array(z.object({ kind: z.string(), text: z.string(), plan })) });
const objectives = z.object({
  objectives: z.array(
    z.object({
      objective: z.string(),
      state: z.string(),
      remaining: z.number().nullable(),
      counts: z.object({ good: z.number(), total: z.number() }),
    }),
  ),
});

export type DemoService = z.output<typeof service>;
export type DemoIncident = z.output<typeof whole>;
export type DemoAction = z.output<typeof actions>['actions'][number];
export type DemoBudget = z.output<typeof objectives>['objectives'][number];

/** The calls of the control plane that the story needs: nothing that a user could not make. */
export interface DemoApi {
  service(): Promise<DemoService>;
  /** The newest incident. */
  incident(): Promise<DemoIncident | undefined>;
  actions(id: string): Promise<readonly DemoAction[]>;
  act(id: string, action: string): Promise<void>;
  tell(id: string, intent: Readonly<Record<string, unknown>>): Promise<void>;
  undo(id: string, mitigation: string): Promise<void>;
  budgets(): Promise<readonly DemoBudget[]>;
}

export function demoApi(control: string, key: string): DemoApi {
  async function call(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await fetch(`${control}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(20_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: HTTP ${response.status} ${text.slice(0, 300)}`);
    return text === '' ? undefined : JSON.parse(text);
  }
  return {
    service: async () => service.parse(await call('GET', '/services/moderation')),
    async incident() {
      const [first] = listed.parse(await call('GET', '/incidents?limit=1')).incidents;
      return first === undefined ? undefined : whole.parse(await call('GET', `/incidents/${first.id}`));
    },
    actions: async (id) => actions.parse(await call('GET', `/incidents/${id}/actions`)).actions,
    act: async (id, action) => void (await call('POST', `/incidents/${id}/actions`, { action })),
    tell: async (id, intent) => void (await call('POST', `/incidents/${id}/commands`, { intent })),
    undo: async (id, mitigation) => void (await call('DELETE', `/incidents/${id}/actions/${mitigation}`)),
    budgets: async () => objectives.parse(await call('GET', '/objectives?service=moderation')).objectives,
  };
}
