import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import { setQuery } from '../../address/use-address.ts';
import { query } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import type { ShownObjective } from '../../api/wire.ts';
import { BudgetChart } from '../../charts/budget-chart.tsx';
import { Ranges } from '../../charts/ranges.tsx';
import { Empty, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { BudgetTag, Left } from '../../parts/tags.tsx';

/** Budgets of a service, the worst first, with the burn-down of the one that is picked. */
export function ServiceBudgets(props: {
  readonly service: string;
  readonly range: string | undefined;
  readonly objective: string | undefined;
}): JSX.Element {
  const { service, range = '6h', objective } = props;
  const reading = useRead<{ objectives: readonly ShownObjective[] }>(
    `/api/v1/objectives${query({ service })}`,
    ['objectives'],
  );
  return (
    <Panel title="Budgets" beside={<Ranges now={range} more={['window']} />} flush>
      <Readout of={reading} rows={6}>
        {({ objectives }) => {
          const picked = objectives.find((one) => one.objective === objective) ?? objectives[0];
          if (picked === undefined) {
            return (
              <Empty what="No objectives yet.">
                <span>
                  Promise something in the file under <code>objectives:</code>, and its budget is counted from
                  then on.
                </span>
              </Empty>
            );
          }
          return (
            <>
              <table>
                <tbody>
                  {objectives.map((one) => (
                    <tr key={one.objective}>
                      <td>
                        <a class="cover" href={to(['objectives', service, one.objective])}>
                          {one.objective}
                        </a>
                      </td>
                      <td class="wide-only">
                        <BudgetTag state={one.state} />
                      </td>
                      <td>
                        <Left of={one} />
                      </td>
                      <td class="num">
                        <button
                          type="button"
                          class="button plain"
                          aria-pressed={one === picked}
                          onClick={() => setQuery({ objective: one.objective })}
                        >
                          Chart<span class="hidden"> {one.objective}</span>
                        </button>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <div class="body chart-body">
                <h3>What is left of {picked.objective}</h3>
                <BudgetChart key={picked.objective} objective={picked} range={range} show="budget" />
              </div>
            </>
          );
        }}
      </Readout>
    </Panel>
  );
}
