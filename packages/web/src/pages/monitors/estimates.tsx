import type { PerformanceEstimate } from '@evenkeel/core';
import type { JSX } from 'preact';
import { useRead } from '../../api/use-read.ts';
import { Empty, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { plain } from '../../words/levels.ts';
import { count, percent } from '../../words/numbers.ts';

type Estimate = PerformanceEstimate & { readonly service: string };

const FIGURES = [
  ['accuracy', 'accuracy'],
  ['precision', 'precision'],
  ['recall', 'recall'],
  ['f1', 'F1'],
  ['rocAuc', 'ROC AUC'],
] as const;

/** Each figure with its interval. */
function Performance({
  of: performance,
}: {
  readonly of: NonNullable<PerformanceEstimate['performance']>;
}): JSX.Element {
  return (
    <>
      {FIGURES.map(([name, words]) => {
        const found = performance[name];
        return found === undefined ? undefined : (
          <div key={name}>
            {words} {percent(found.value)}{' '}
            <span class="quiet small">
              ({percent(found.interval.low)} to {percent(found.interval.high)})
            </span>
          </div>
        );
      })}
    </>
  );
}

/** Quality as it is estimated without labels, with how sure that is. */
export function Estimates(): JSX.Element {
  const reading = useRead<{ estimates: readonly Estimate[] }>('/api/v1/estimates', ['monitors', 'services']);
  return (
    <Panel title="Quality of the last hour, estimated" flush>
      <Readout of={reading} rows={2}>
        {({ estimates }) =>
          estimates.length === 0 ? (
            <Empty what="Nothing to estimate yet." />
          ) : (
            <table>
              <tbody>
                {estimates.map((one) => (
                  <tr key={one.service}>
                    <td>
                      <strong>{one.service}</strong>
                    </td>
                    <td>
                      {one.performance === undefined ? (
                        plain(one.state)
                      ) : (
                        <Performance of={one.performance} />
                      )}
                    </td>
                    <td class="quiet small">{one.reason}</td>
                    <td class="num quiet">{count(one.labels)} labels</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Readout>
    </Panel>
  );
}
