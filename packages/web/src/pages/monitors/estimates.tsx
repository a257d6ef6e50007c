import type { JSX } from 'preact';
import { useRead } from '../../api/use-read.ts';
import { Empty, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { plain } from '../../words/levels.ts';
import { count, percent } from '../../words/numbers.ts';

interface Estimate {
  readonly service: string;
  readonly state: string;
  readonly reason?: string;
  readonly labels?: number;
  readonly value?: number;
  readonly low?: number;
  readonly high?: number;
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
                      {one.value === undefined
                        ? plain(one.state)
                        : `${percent(one.value)}${one.low === undefined || one.high === undefined ? '' : ` (${percent(one.low)} to ${percent(one.high)})`}`}
                    </td>
                    <td class="quiet small">{one.reason}</td>
                    <td class="num quiet">{one.labels === undefined ? '' : `${count(one.labels)} labels`}</td>
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
