import type { JSX } from 'preact';
import { to } from '../address/address.ts';
import { go } from '../address/use-address.ts';
import { call } from '../api/client.ts';
import { useRead } from '../api/use-read.ts';
import { useDoing } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { spell } from '../words/time.ts';
import { OneDay } from './gamedays/one-day.tsx';
import type { Day, DaySummary, Scenario } from './gamedays/shapes.ts';

/** Rehearsals: what can be played, what was, and how it went. */
export function Gamedays({ parts: [id] }: ViewProps): JSX.Element {
  return id === undefined ? <List /> : <OneDay key={id} id={id} />;
}

function List(): JSX.Element {
  const reading = useRead<{ gamedays: readonly DaySummary[]; scenarios: readonly Scenario[] }>(
    '/api/v1/gamedays',
    ['experiments'],
  );
  return (
    <Page title="Game days">
      <Readout of={reading} rows={6}>
        {({ gamedays, scenarios }) => (
          <>
            <Panel title="Played and planned" flush>
              {gamedays.length === 0 ? (
                <Empty what="None yet.">
                  <span>
                    Plan one of the scenarios below: a tabletop breaks nothing, a live one runs its
                    experiments.
                  </span>
                </Empty>
              ) : (
                <table>
                  <tbody>
                    {gamedays.map((day) => (
                      <tr key={day.id}>
                        <td>
                          <span class="tag">{plain(day.phase)}</span>
                        </td>
                        <td>
                          <a class="cover" href={to(['gamedays', day.id])}>
                            {day.title}
                          </a>
                          <div class="quiet small">
                            {day.service} · {day.mode} · {day.facilitator}
                          </div>
                        </td>
                        <td class="num">
                          {day.criteria === 0 ? '' : `${day.met} of ${day.criteria} met`}
                          {day.started_at === undefined ? undefined : (
                            <div class="quiet small">
                              <When at={day.started_at} as="clock" />
                            </div>
                          )}
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              )}
            </Panel>
            <Panel title="Scenarios" flush>
              {scenarios.length === 0 ? (
                <Empty what="No scenarios.">
                  <span>
                    Put files beside the service's own, in <code>gamedays/</code>.
                  </span>
                </Empty>
              ) : (
                <ul class="steps">
                  {scenarios.map((scenario) => (
                    <ScenarioLine key={scenario.name} scenario={scenario} />
                  ))}
                </ul>
              )}
            </Panel>
          </>
        )}
      </Readout>
    </Page>
  );
}

function ScenarioLine({ scenario }: { readonly scenario: Scenario }): JSX.Element {
  const may = useMay('operator');
  const doing = useDoing();
  const plan = (mode: 'tabletop' | 'live'): void => {
    let id = '';
    void doing
      .run(async () => {
        const day = await call<Day>('POST', '/api/v1/gamedays', { scenario: scenario.name, mode });
        id = day.id;
      }, 'Planned')
      .then((ok) => {
        if (ok) go(to(['gamedays', id]));
      });
  };
  return (
    <li>
      <div class="row">
        <div class="grow">
          <strong>{scenario.title}</strong>
          <p class="quiet small">
            {scenario.service} · {scenario.duration_ms === undefined ? '' : spell(scenario.duration_ms)} ·{' '}
            {(scenario.experiments ?? []).join(', ')}
          </p>
        </div>
        {may && scenario.problems.length === 0 ? (
          <span class="row">
            <button type="button" class="button" disabled={doing.busy} onClick={() => plan('tabletop')}>
              Tabletop
            </button>
            <button type="button" class="button" disabled={doing.busy} onClick={() => plan('live')}>
              Live
            </button>
          </span>
        ) : undefined}
      </div>
    </li>
  );
}
