import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import { setQuery } from '../../address/use-address.ts';
import { query as ask } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import type { AlertEpisode, Explanation, ShownObjective } from '../../api/wire.ts';
import { BudgetChart } from '../../charts/budget-chart.tsx';
import { Ranges } from '../../charts/ranges.tsx';
import { Empty, Page, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { BudgetTag, Left } from '../../parts/tags.tsx';
import { When } from '../../parts/when.tsx';
import type { ViewProps } from '../../shell/view.ts';
import { count, figure, percent } from '../../words/numbers.ts';
import { spell } from '../../words/time.ts';
import { Exclusions } from './exclusions.tsx';
import { targetText } from './target.ts';

const SHOWS = [
  ['budget', 'What is left'],
  ['burn', 'Burn rate'],
  ['events', 'Events'],
] as const;

/** One promise: what is left, how fast it goes, why, and what happened meanwhile. */
export function Objective(props: {
  readonly service: string;
  readonly name: string;
  readonly query: ViewProps['query'];
}): JSX.Element {
  const { service, name, query } = props;
  const { segment = '', range = 'window', before = '' } = query;
  const show = SHOWS.find(([one]) => one === query.show)?.[0] ?? 'budget';
  const base = `/api/v1/objectives/${encodeURIComponent(service)}/${encodeURIComponent(name)}`;
  const reading = useRead<ShownObjective>(`${base}${ask({ segment })}`, ['objectives']);
  return (
    <Page
      title={name}
      back={{ href: to(['objectives'], { service }), text: service }}
      beside={reading.data === undefined ? undefined : <BudgetTag state={reading.data.state} />}
    >
      <Readout of={reading} rows={8}>
        {(objective) => (
          <>
            <p class="quiet">
              {objective.description === '' ? '' : `${objective.description} `}
              {objective.reason}
            </p>
            <Panel
              title={segment === '' ? 'Over time' : `Over time, ${segment} alone`}
              beside={
                <span class="row">
                  {SHOWS.map(([value, text]) => (
                    <button
                      key={value}
                      type="button"
                      class="button plain"
                      aria-pressed={value === show}
                      onClick={() => setQuery({ show: value })}
                    >
                      {text}
                    </button>
                  ))}
                  {show === 'budget' ? (
                    <button
                      type="button"
                      class="button plain"
                      aria-pressed={before === 'yes'}
                      onClick={() => setQuery({ before: before === 'yes' ? '' : 'yes' })}
                    >
                      Beside the period before
                    </button>
                  ) : undefined}
                </span>
              }
            >
              <div class="stack">
                <Ranges now={range} more={['window']} />
                <BudgetChart objective={objective} range={range} show={show} before={before === 'yes'} />
              </div>
            </Panel>
            <div class="two">
              <div class="stack">
                <Burn objective={objective} />
                <Explain path={`${base}/explain${ask({ segment })}`} />
              </div>
              <div class="stack">
                <Figures objective={objective} />
                <Alerts path={`${base}/alerts?limit=200`} segment={segment} />
                <Segments path={`${base}/segments`} now={segment} />
                <Exclusions service={service} objective={name} />
              </div>
            </div>
          </>
        )}
      </Readout>
    </Page>
  );
}

function Figures({ objective: one }: { readonly objective: ShownObjective }): JSX.Element {
  const bad = one.counts.total - one.counts.good;
  return (
    <Panel title="As it stands">
      <dl class="facts">
        <dt>Left</dt>
        <dd>
          <Left of={one} />
        </dd>
        <dt>Target</dt>
        <dd>{targetText(one)}</dd>
        <dt>Now</dt>
        <dd>{one.sli === null ? 'nothing measured' : `${percent(one.sli)} good`}</dd>
        <dt>Events</dt>
        <dd>
          {count(bad)} bad of {count(one.counts.total)}
        </dd>
        <dt>Window</dt>
        <dd>
          {one.window.kind}
          {one.window.lengthMs === undefined ? '' : `, ${spell(one.window.lengthMs)}`}; {percent(one.seen)} of
          it was observed
        </dd>
        <dt>Gone in</dt>
        <dd>
          {one.exhaustion.ms === null
            ? one.exhaustion.never
              ? 'never at this rate'
              : 'not known'
            : one.exhaustion.ms === 0
              ? 'it is gone'
              : `${spell(one.exhaustion.ms)} at this rate`}
        </dd>
        {one.forecast === null ? undefined : (
          <>
            <dt>Forecast</dt>
            <dd>{percent(one.forecast.remaining)} left at the end of the period</dd>
          </>
        )}
        <dt>Revision</dt>
        <dd>{one.revision}</dd>
      </dl>
    </Panel>
  );
}

function Burn({ objective }: { readonly objective: ShownObjective }): JSX.Element {
  const rate = (value: number | null): string => (value === null ? '–' : `${figure(value)} ×`);
  return (
    <Panel title="Burn per window" flush>
      {objective.alerts.length === 0 ? (
        <Empty what="No alerts are set for it." />
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Alert</th>
              <th scope="col" class="num">
                Long
              </th>
              <th scope="col" class="num">
                Short
              </th>
              <th scope="col" class="num">
                Fires over
              </th>
            </tr>
          </thead>
          <tbody>
            {objective.alerts.map((alert) => (
              <tr key={alert.name}>
                <td>
                  <strong>{alert.name}</strong>{' '}
                  {alert.firing ? (
                    <span class="tag bad">fires: {alert.severity}</span>
                  ) : (
                    <span class="quiet small">silent</span>
                  )}
                  <div class="quiet small">{alert.reason}</div>
                </td>
                <td class="num">{rate(alert.burn.long)}</td>
                <td class="num">{rate(alert.burn.short)}</td>
                <td class="num">{figure(alert.factor)} ×</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}

function Branch({
  of: { text, because },
  open,
}: {
  readonly of: Explanation;
  readonly open: boolean;
}): JSX.Element {
  if (because.length === 0) return <div class="leaf">{text}</div>;
  return (
    <details open={open}>
      <summary>{text}</summary>
      {because.map((one) => (
        <Branch
          key={one.text}
          of={one}
          open={one.text.startsWith('remaining') || one.text.startsWith('consumed')}
        />
      ))}
    </details>
  );
}

function Explain({ path }: { readonly path: string }): JSX.Element {
  const reading = useRead<Explanation>(path, ['objectives']);
  return (
    <Panel title="The sum, down to the counts">
      <Readout of={reading} rows={5}>
        {(explanation) => (
          <div class="tree mono">
            <Branch of={explanation} open />
          </div>
        )}
      </Readout>
    </Panel>
  );
}

function Alerts({ path, segment }: { readonly path: string; readonly segment: string }): JSX.Element {
  const reading = useRead<{ alerts: readonly AlertEpisode[] }>(path, ['objectives']);
  return (
    <Panel title="When alerts fired" flush>
      <Readout of={reading}>
        {({ alerts: all }) => {
          const alerts = all.filter((alert) => alert.segment === segment);
          return alerts.length === 0 ? (
            <Empty what="Never." />
          ) : (
            <table>
              <tbody>
                {alerts.slice(0, 12).map(({ id, pair, severity, state, log }) => {
                  const ended = log.find((entry) => entry.kind === 'resolved');
                  return (
                    <tr key={id}>
                      <td>
                        <strong>{pair}</strong> <span class="quiet small">{severity}</span>
                        <div class="quiet small">peak {figure(state.peakBurn)} ×</div>
                      </td>
                      <td class="num">
                        {state.firedAt === undefined ? '' : <When at={state.firedAt} as="clock" />}
                        <div class="small">
                          {ended === undefined || state.firedAt === undefined ? (
                            <span class="bad">fires</span>
                          ) : (
                            <span class="quiet">for {spell(ended.at - state.firedAt)}</span>
                          )}
                        </div>
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          );
        }}
      </Readout>
    </Panel>
  );
}

function Segments({ path, now }: { readonly path: string; readonly now: string }): JSX.Element | null {
  const { data } = useRead<{ segments: readonly ShownObjective[] }>(path, ['objectives']);
  if (data === undefined || (data.segments.length === 0 && now === '')) return null;
  return (
    <Panel
      title="Parts of the traffic"
      beside={
        now === '' ? undefined : (
          <button type="button" class="button plain" onClick={() => setQuery({ segment: '' })}>
            Back to all of it
          </button>
        )
      }
      flush
    >
      <table>
        <tbody>
          {data.segments.slice(0, 20).map((one) => (
            <tr key={one.segment}>
              <td>
                <button
                  type="button"
                  class="button plain wrap"
                  aria-pressed={one.segment === now}
                  onClick={() => setQuery({ segment: one.segment })}
                >
                  {one.segment}
                </button>
              </td>
              <td>
                <Left of={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
