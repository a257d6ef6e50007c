import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { to } from '../address/address.ts';
import { useRead } from '../api/use-read.ts';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { count, figure } from '../words/numbers.ts';
import { saying } from './chaos/shapes.ts';
import { curvePath } from './training/curve.ts';

interface Run {
  readonly id: string;
  readonly name: string;
  readonly service: string;
  readonly phase: string;
  readonly reason?: string;
  readonly step: number;
  readonly totalSteps?: number;
  readonly retries: number;
  readonly rollbacks: number;
  readonly gates?: { readonly passed: boolean; readonly reason: string };
  readonly createdAt: number;
  readonly endedAt?: number;
  readonly silent?: boolean;
}
type Point = readonly [number, number];
interface WholeRun extends Run {
  readonly loss: readonly Point[];
  readonly gradientNorm: readonly Point[];
  readonly checkpoints: readonly { readonly step?: number; readonly at?: number }[];
  readonly decisions: readonly { readonly at?: number }[];
}

const TONE: Readonly<Record<string, string>> = {
  completed: 'good',
  succeeded: 'good',
  failed: 'bad',
  running: 'warn',
};

/** Training runs: how far, how it goes, what the supervisor did about it. */
export function Training({ parts: [id] }: ViewProps): JSX.Element {
  return id === undefined ? <List /> : <One key={id} id={id} />;
}

function Phase({ run }: { readonly run: Run }): JSX.Element {
  return (
    <span class={`tag ${TONE[run.phase] ?? ''}`}>{run.silent === true ? 'silent' : plain(run.phase)}</span>
  );
}

function Progress({ run: { step, totalSteps } }: { readonly run: Run }): JSX.Element {
  return (
    <span class="left">
      {totalSteps === undefined ? undefined : (
        <span class="meter" aria-hidden="true">
          <i style={{ width: `${(100 * step) / Math.max(1, totalSteps)}%` }} />
        </span>
      )}
      <span class="nowrap">
        {count(step)}
        {totalSteps === undefined ? ' steps' : ` of ${count(totalSteps)}`}
      </span>
    </span>
  );
}

function List(): JSX.Element {
  const reading = useRead<{ runs: readonly Run[] }>('/api/v1/runs', ['runs']);
  return (
    <Page title="Training">
      <Panel flush>
        <Readout of={reading} rows={4}>
          {({ runs }) =>
            runs.length === 0 ? (
              <Empty what="No training run has been supervised yet.">
                <pre>npx evenkeel train -- python train.py</pre>
              </Empty>
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col">Run</th>
                    <th scope="col">Stands at</th>
                    <th scope="col">Progress</th>
                    <th scope="col" class="num">
                      Began
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {runs.map((run) => (
                    <tr key={run.id}>
                      <td>
                        <a class="cover" href={to(['runs', run.id])}>
                          {run.name}
                        </a>
                        <div class="quiet small">
                          {run.service} {run.reason ?? ''}
                        </div>
                      </td>
                      <td>
                        <Phase run={run} />
                      </td>
                      <td>
                        <Progress run={run} />
                      </td>
                      <td class="num">
                        <When at={run.createdAt} as="clock" />
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

function Curve({
  title,
  points,
}: {
  readonly title: string;
  readonly points: readonly Point[];
}): JSX.Element {
  const drawn = useMemo(() => curvePath(points, 640, 160), [points]);
  const last = points.at(-1);
  return (
    <Panel
      title={title}
      beside={last === undefined ? undefined : <span class="quiet">{figure(last[1])} now</span>}
    >
      {drawn === undefined || last === undefined ? (
        <Empty what="Nothing reported yet." />
      ) : (
        <svg
          class="curve"
          viewBox="0 0 640 160"
          role="img"
          aria-label={`${title}: ${figure(points[0]?.[1] ?? 0)} at first, ${figure(last[1])} after ${count(last[0])} steps`}
        >
          <path d={drawn} fill="none" stroke="currentColor" stroke-width="2" />
        </svg>
      )}
    </Panel>
  );
}

function One({ id }: { readonly id: string }): JSX.Element {
  const reading = useRead<WholeRun>(`/api/v1/runs/${encodeURIComponent(id)}`, ['runs']);
  return (
    <Page
      title={reading.data?.name ?? id}
      back={{ href: '#/runs', text: 'Training' }}
      beside={reading.data === undefined ? undefined : <Phase run={reading.data} />}
    >
      <Readout of={reading} rows={6}>
        {(run) => (
          <>
            <p class="row">
              <Progress run={run} />
              <span class="quiet">
                {run.retries} retries, {run.rollbacks} times gone back. {run.reason ?? ''}{' '}
                {run.gates === undefined ? '' : `Gates: ${run.gates.reason}.`}
              </span>
            </p>
            <div class="two">
              <div class="stack">
                <Curve title="Loss" points={run.loss} />
                <Curve title="Gradient norm" points={run.gradientNorm} />
              </div>
              <div class="stack">
                <Panel title="What the supervisor decided" flush>
                  <ol class="timeline">
                    {[...run.decisions].reverse().map((decision, i) => (
                      <li key={i}>
                        <span class="quiet small">
                          {decision.at === undefined ? '' : <When at={decision.at} as="clock" />}
                        </span>
                        <i aria-hidden="true" />
                        <p>{saying(decision)}</p>
                      </li>
                    ))}
                  </ol>
                </Panel>
                <Panel title="Checkpoints" flush>
                  <table>
                    <tbody>
                      {[...run.checkpoints]
                        .reverse()
                        .slice(0, 12)
                        .map((checkpoint, i) => (
                          <tr key={i}>
                            <td>step {checkpoint.step ?? '–'}</td>
                            <td class="quiet small">{saying(checkpoint)}</td>
                          </tr>
                        ))}
                    </tbody>
                  </table>
                </Panel>
              </div>
            </div>
          </>
        )}
      </Readout>
    </Page>
  );
}
