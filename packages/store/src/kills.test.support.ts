import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { openStore, type StoreTarget } from './open-store.ts';
import type { Store } from './store.ts';

export interface KillResult {
  readonly acknowledged: number;
  /** Acknowledged, and not there afterwards. */
  readonly lost: number;
  /** There more than once. */
  readonly doubled: number;
  /** Milliseconds until the store was open and answered again. */
  readonly reopenMs: number;
  /** Whatever else was wrong, in words. */
  readonly problems: readonly string[];
}

/** Compiled, also when this module runs from source. */
const WRITER = fileURLToPath(new URL('../dist/kill-writer.test.support.js', import.meta.url));

/** Runs the writer, kills it `afterMs` after its first acknowledgement, and gives what it said. */
async function writeAndKill(target: StoreTarget, round: number, afterMs: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [WRITER, JSON.stringify(target), String(round)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  let complaints = '';
  let timer: NodeJS.Timeout | undefined;
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
    timer ??= setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  child.stderr.on('data', (chunk: Buffer) => {
    complaints += chunk.toString();
  });
  const signal = await new Promise((resolve) => child.once('close', (_code, name) => resolve(name)));
  clearTimeout(timer);
  if (signal !== 'SIGKILL') throw new Error(`the writer ended by itself: ${complaints}`);
  // A line that was cut in the middle was not acknowledged.
  return said.split('\n').slice(0, -1);
}

async function all<T>(
  page: (after: number | undefined) => Promise<readonly T[]>,
  at: (row: T) => number,
): Promise<T[]> {
  const rows: T[] = [];
  for (let after: number | undefined; ; ) {
    const next = await page(after);
    rows.push(...next);
    const last = next.at(-1);
    if (last === undefined) return rows;
    after = at(last);
  }
}

/** Every id that is kept, as often as it is. */
async function kept(store: Store): Promise<{ readonly ids: readonly string[]; readonly raises: number }> {
  const facts = await all(
    (after) => store.facts.list({ kind: 'feedback', after: after ?? 0, limit: 5_000 }),
    (row) => row.cursor,
  );
  const entries = await all(
    (before) => store.audit.list({ before, limit: 5_000 }),
    (row) => row.id,
  );
  const rollups = await all(
    (after) => store.rollups.since(after ?? 0, 5_000),
    (row) => row.cursor,
  );
  const raises = entries.filter((entry) => entry.action === 'counter.raise');
  return {
    ids: [
      ...facts.map((row) => `f ${row.id}`),
      ...entries.map((row) => `${row.action === 'counter.raise' ? 'c' : 'a'} ${row.subject}`),
      ...rollups.map((row) => `r ${String(row.body)}`),
    ],
    raises: raises.length,
  };
}

async function problems(store: Store, raises: number): Promise<string[]> {
  const found = [...(await store.integrity())];
  const counter = await store.documents.get('state', 'counter');
  const messages = await store.outbox.list({ destination: 'd', limit: 1e6 });
  if ((counter?.body ?? 0) !== raises || messages.length !== raises) {
    found.push(
      `the counter says ${String(counter?.body)}, the audit log ${raises}, the outbox ${messages.length}`,
    );
  }
  return found;
}

/** One round: write, kill, open again, and compare what was acknowledged with what is there. */
export async function killRound(target: StoreTarget, round: number, afterMs: number): Promise<KillResult> {
  const acknowledged = await writeAndKill(target, round, afterMs);
  const begun = performance.now();
  const clock = { now: () => performance.now(), wall: () => Date.now() };
  const store = await openStore(target, { clock });
  try {
    await store.keys.list();
    const reopenMs = performance.now() - begun;
    const { ids, raises } = await kept(store);
    const there = new Set(ids);
    return {
      acknowledged: acknowledged.length,
      lost: acknowledged.filter((id) => !there.has(id)).length,
      doubled: ids.length - there.size,
      reopenMs,
      problems: await problems(store, raises),
    };
  } finally {
    await store.close();
  }
}
