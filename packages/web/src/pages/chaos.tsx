import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { useRead } from '../api/use-read.ts';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { percent } from '../words/numbers.ts';
import { spell } from '../words/time.ts';
import { Experiment } from './chaos/experiment.tsx';
import { HaltAll } from './chaos/halt.tsx';
import { Run } from './chaos/run.tsx';
import { RunTag } from './chaos/run-tag.tsx';
import type { ExperimentSummary, RunSummary } from './chaos/shapes.ts';

/** What can be broken on purpose, what is being broken now, and what came of it. */
export function Chaos({ parts: [name, second], query }: ViewProps): JSX.Element {
  if (name === 'runs' && second !== undefined) return <Run key={second} id={second} />;
  if (name !== undefined) return <Experiment key={name} name={name} service={query.service} />;
  return <Catalogue />;
}

function Catalogue(): JSX.Element {
  const may = useMay('operator');
  const reading = useRead<{ experiments: readonly ExperimentSummary[] }>('/api/v1/experiments', [
    'experiments',
  ]);
  const past = useRead<{ runs: readonly RunSummary[] }>('/api/v1/experiment-runs?limit=20', ['experiments']);
  return (
    <Page title="Chaos" beside={may ? <HaltAll /> : undefined}>
      <Panel title="Runs" flush>
        <Readout of={past}>
          {({ runs }) =>
            runs.length === 0 ? (
              <Empty what="Nothing was broken on purpose yet.">
                <span>
                  Pick an experiment below: it shows what it would do and whom it would touch before it
                  starts.
                </span>
              </Empty>
            ) : (
              <table>
                <tbody>
                  {runs.map((run) => (
                    <tr key={run.id}>
                      <td>
                        <RunTag run={run} />
                      </td>
                      <td>
                        <a class="cover" href={to(['experiments', 'runs', run.id])}>
                          {run.title}
                        </a>
                        <div class="quiet small">
                          {run.service} · {run.by}
                          {run.reason === undefined ? '' : ` · ${run.reason}`}
                        </div>
                      </td>
                      <td class="num quiet">
                        <When at={run.started_at} as="clock" />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Readout>
      </Panel>
      <Panel title="Catalogue" flush>
        <Readout of={reading} rows={6}>
          {({ experiments }) =>
            experiments.length === 0 ? (
              <Empty what="No experiments.">
                <span>
                  Put files beside the service's own, in <code>experiments/</code>.
                </span>
              </Empty>
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col">Experiment</th>
                    <th scope="col" class="wide-only">
                      Breaks
                    </th>
                    <th scope="col">Radius</th>
                    <th scope="col" class="num wide-only">
                      Lasts
                    </th>
                    <th scope="col">Last run</th>
                  </tr>
                </thead>
                <tbody>
                  {experiments.map((one) => (
                    <tr key={`${one.service}/${one.name}`}>
                      <td>
                        <a class="cover" href={to(['experiments', one.name], { service: one.service })}>
                          {one.title}
                        </a>
                        <div class="quiet small">
                          {one.service} · {one.name}
                          {one.runnable ? '' : ' · cannot be run'}
                        </div>
                      </td>
                      <td class="wide-only">{one.faults.map(plain).join(', ')}</td>
                      <td>
                        {one.radius?.name ?? '–'}
                        {one.radius?.share === undefined ? '' : ` (${percent(one.radius.share)})`}
                      </td>
                      <td class="num wide-only">
                        {one.duration_ms === undefined ? '–' : spell(one.duration_ms)}
                      </td>
                      <td>
                        {one.last_run === undefined ? (
                          <span class="quiet">never</span>
                        ) : (
                          <RunTag run={one.last_run} />
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )
          }
        </Readout>
      </Panel>
    </Page>
  );
}
