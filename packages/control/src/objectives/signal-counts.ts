import type { Objective } from '@evenkeel/core';
import type { FactRow, Store } from '@evenkeel/store';
import { z } from 'zod';
import type { Ledger } from './ledger.ts';

const body = z.object({
  name: z.string(),
  verdict: z.enum(['good', 'bad']).optional(),
  good: z.number().optional(),
  total: z.number().optional(),
});
const MARK = 'signals';
const BATCH = 1_000;

/** Counts of one pushed signal; undefined for one that only carries a value. */
function countsOf(fact: FactRow): { name: string; good: number; total: number } | undefined {
  const parsed = body.safeParse(fact.body);
  if (!parsed.success) return undefined;
  const { name, verdict, good, total } = parsed.data;
  if (verdict !== undefined) return { name, good: verdict === 'good' ? 1 : 0, total: 1 };
  return good === undefined || total === undefined ? undefined : { name, good, total };
}

/** Batches read in one round: more than come in a second of all that one store takes. */
const MOST_BATCHES = 15;

/** Counts pushed events into the objectives that ask for them by name, at the time that their sender gave. */
export function signalCounts(parts: {
  readonly store: Pick<Store, 'facts'>;
  readonly ledger: Ledger;
  readonly objectives: (service: string) => readonly Objective[];
}): { readonly read: () => Promise<void> } {
  const { store, ledger } = parts;
  return {
    async read() {
      // A flood is read over several rounds: incidents and pages must not wait for it.
      for (let batch = 0; batch < MOST_BATCHES; batch++) {
        const facts = await store.facts.list({ kind: 'signal', after: ledger.mark(MARK), limit: BATCH });
        for (const fact of facts) {
          const counts = countsOf(fact);
          for (const { name, source } of counts === undefined ? [] : parts.objectives(fact.service)) {
            if (source.kind !== 'pushed' || source.name !== counts?.name) continue;
            ledger.add(fact.service, name, '', fact.at, counts.good, counts.total);
          }
          ledger.setMark(MARK, fact.cursor);
        }
        if (facts.length < BATCH) return;
      }
    },
  };
}
