import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import { call } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import { useDoing } from '../../parts/form.tsx';
import { Page, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { When } from '../../parts/when.tsx';
import { useMay } from '../../shell/session.ts';
import { count, percent } from '../../words/numbers.ts';
import { spell } from '../../words/time.ts';
import { HaltAll } from './halt.tsx';
import { RunTag } from './run-tag.tsx';
import { type Arm, type RunView, runs, saying } from './shapes.ts';

/** One run: those who are hit beside those who are not, while it lasts and after. */
export function Run({ id }: { readonly id: string }): JSX.Element {
  const may = useMay('operator');
  const path = `/api/v1/experiment-runs/${encodeURIComponent(id)}`;
  const reading = useRead<RunView>(path, ['experiments', 'services']);
  const doing = useDoing();
  const { data } = reading;
  return (
    <Page
      title={data?.title ?? id}
      back={{ href: '#/experiments', text: 'Chaos' }}
      beside={
        <span class="row">
          {data === undefined ? undefined : <RunTag run={data} />}
          {may && data !== undefined && runs(data) ? (
            <button
              type="button"
              class="button grave"
              disabled={doing.busy}
              onClick={() =>
                void doing
                  .run(() => call('POST', `${path}/abort`, {}), 'Stopped')
                  .then(() => reread('/api/v1/experiment'))
              }
            >
              Stop this run
            </button>
          ) : undefined}
          {may ? <HaltAll /> : undefined}
        </span>
      }
    >
      <Readout of={reading} rows={8}>
        {(run) => (
          <>
            <p>
              {run.reason ?? run.hypothesis}{' '}
              <span class="quiet">
                {spell(run.elapsed_ms)} of {spell(run.duration_ms)}, begun by {run.by}{' '}
                <When at={run.started_at} as="clock" />.{' '}
                {run.touched === undefined ? '' : `Touched: ${run.touched.words}.`}
              </span>
            </p>
            {run.recommendation === undefined ? undefined : (
              <p class="notice">{saying(run.recommendation)}</p>
            )}
            <Arms run={run} />
            <div class="two">
              <Panel title="Journal, newest first" flush>
                <ol class="timeline">
                  {[...run.journal].reverse().map((entry, i) => (
                    <li key={i}>
                      <span class="quiet small">
                        {typeof entry.atMs === 'number' ? spell(entry.atMs) : ''}
                      </span>
                      <i aria-hidden="true" />
                      <p>{saying(entry)}</p>
                    </li>
                  ))}
                </ol>
              </Panel>
              <Panel title="Checks" flush>
                <table>
                  <tbody>
                    {(run.checks ?? []).map((check, i) => (
                      <tr key={i}>
                        <td>{String(check.check ?? check.name ?? '')}</td>
                        <td>{saying(check)}</td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </Panel>
            </div>
            <p>
              <a href={to(['experiments', run.experiment], { service: run.service })}>The experiment</a>
            </p>
          </>
        )}
      </Readout>
    </Page>
  );
}

function Arms({ run }: { readonly run: RunView }): JSX.Element | null {
  if (run.cohorts === undefined) return null;
  const { experiment, control } = run.cohorts;
  const share = (value: number | undefined): string => (value === undefined ? '–' : percent(value));
  const ms = (value: number | undefined): string => (value === undefined ? '–' : spell(value));
  const rows: readonly (readonly [string, (arm: Arm) => string])[] = [
    ['Requests', ({ requests }) => count(requests)],
    ['Errors', (arm) => share(arm.error_share)],
    ['Degraded', (arm) => share(arm.degraded_share)],
    ['p50', (arm) => ms(arm.p50_ms)],
    ['p99', (arm) => ms(arm.p99_ms)],
  ];
  return (
    <Panel title="Side by side" flush>
      <table>
        <thead>
          <tr>
            <th scope="col">Figure</th>
            <th scope="col" class="num">
              Hit
            </th>
            <th scope="col" class="num">
              Spared
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, of]) => (
            <tr key={name}>
              <td>{name}</td>
              <td class="num">{of(experiment)}</td>
              <td class="num">{of(control)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
