import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { useRead } from '../api/use-read.ts';
import type { ListedIncident } from '../api/wire.ts';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { percent } from '../words/numbers.ts';
import { spell } from '../words/time.ts';
import { OneReview } from './reviews/one-review.tsx';
import type { IncidentMetrics, KeptReview, Times } from './reviews/shapes.ts';

/** What was learned from what went wrong. */
export function Reviews({ parts: [incident] }: ViewProps): JSX.Element {
  return incident === undefined ? <List /> : <OneReview key={incident} incident={incident} />;
}

function List(): JSX.Element {
  const reading = useRead<{ reviews: readonly KeptReview[] }>('/api/v1/reviews', ['incidents']);
  const over = useRead<{ incidents: readonly ListedIncident[] }>('/api/v1/incidents?limit=30', ['incidents']);
  return (
    <Page title="Reviews">
      <Metrics />
      <Readout of={reading}>
        {({ reviews }) => {
          const known = new Set(reviews.map(({ review }) => review.incident));
          const owed = (over.data?.incidents ?? []).filter(
            ({ id, resolvedAt, status }) => resolvedAt !== undefined && status !== 'closed' && !known.has(id),
          );
          return (
            <>
              {owed.length === 0 ? undefined : (
                <Panel title="Not begun yet" flush>
                  <table>
                    <tbody>
                      {owed.map(({ id, title, severity, resolvedAt = 0 }) => (
                        <tr key={id}>
                          <td>
                            <span class="tag">{severity}</span>
                          </td>
                          <td>
                            <a class="cover" href={to(['reviews', id])}>
                              {title}
                            </a>
                          </td>
                          <td class="num quiet">
                            over <When at={resolvedAt} />
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                </Panel>
              )}
              <Panel title="Reviews" flush>
                {reviews.length === 0 ? (
                  <Empty what="None yet.">
                    <span>
                      Every incident has a draft, drawn from its record; it is here as soon as somebody writes
                      in it.
                    </span>
                  </Empty>
                ) : (
                  <table>
                    <tbody>
                      {reviews.map(({ review }) => (
                        <tr key={review.incident}>
                          <td>
                            <span class={`tag ${review.state === 'completed' ? 'good' : 'warn'}`}>
                              {review.state}
                            </span>
                          </td>
                          <td>
                            <a class="cover" href={to(['reviews', review.incident])}>
                              {review.summary}
                            </a>
                            <div class="quiet small">
                              {review.service} · {plain(review.type)}
                            </div>
                          </td>
                          <td class="num">
                            {review.actions.filter(({ state }) => state === 'open').length} of{' '}
                            {review.actions.length} actions open
                          </td>
                        </tr>
                      ))}
                    </tbody>
                  </table>
                )}
              </Panel>
            </>
          );
        }}
      </Readout>
    </Page>
  );
}

function Metrics(): JSX.Element {
  const reading = useRead<IncidentMetrics>('/api/v1/incident-metrics', ['incidents']);
  const time = ({ median, mean, open, count }: Times): string =>
    median !== undefined ? spell(median) : count > open && mean !== undefined ? spell(mean) : '–';
  return (
    <Panel
      title="Incidents of the last 30 days"
      beside={<a href="/api/v1/incident-metrics?format=csv">CSV</a>}
      flush
    >
      <Readout of={reading} rows={2}>
        {(metrics) => (
          <table>
            <thead>
              <tr>
                <th scope="col">Incidents</th>
                <th scope="col" class="num">
                  To detect
                </th>
                <th scope="col" class="num">
                  To acknowledge
                </th>
                <th scope="col" class="num">
                  To mitigate
                </th>
                <th scope="col" class="num">
                  To resolve
                </th>
                <th scope="col" class="num wide-only">
                  Pages without action
                </th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <td>
                  <strong>{metrics.total}</strong>
                  {metrics.open.length === 0 ? '' : `, ${metrics.open.length} open`}
                </td>
                {[
                  metrics.timeToDetect,
                  metrics.timeToAcknowledge,
                  metrics.timeToMitigate,
                  metrics.timeToResolve,
                ].map((times, i) => (
                  <td key={i} class="num">
                    {time(times)}
                    <div class="quiet small">median{times.open === 0 ? '' : `, ${times.open} go on`}</div>
                  </td>
                ))}
                <td class="num wide-only">{percent(metrics.noise.share)}</td>
              </tr>
            </tbody>
          </table>
        )}
      </Readout>
    </Panel>
  );
}
