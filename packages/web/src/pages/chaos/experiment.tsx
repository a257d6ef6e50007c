import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import { go } from '../../address/use-address.ts';
import { call, query } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import { FormProblem, useDoing } from '../../parts/form.tsx';
import { Page, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { When } from '../../parts/when.tsx';
import { useMay } from '../../shell/session.ts';
import { plain } from '../../words/levels.ts';
import { count, many, percent } from '../../words/numbers.ts';
import { spell } from '../../words/time.ts';
import { HaltAll } from './halt.tsx';
import { RunTag } from './run-tag.tsx';
import { type DryRun, type ExperimentView, type RunView, saying } from './shapes.ts';

/** One experiment: what it would do, whom it would touch, and starting it. */
export function Experiment(props: {
  readonly name: string;
  readonly service: string | undefined;
}): JSX.Element {
  const { name, service } = props;
  const may = useMay('operator');
  const path = `/api/v1/experiments/${encodeURIComponent(name)}`;
  const reading = useRead<ExperimentView>(`${path}${query({ service })}`, ['experiments']);
  const { data } = reading;
  return (
    <Page
      title={data?.title ?? name}
      back={{ href: '#/experiments', text: 'Chaos' }}
      beside={may ? <HaltAll /> : undefined}
    >
      <Readout of={reading} rows={6}>
        {(experiment) => (
          <>
            {experiment.description === undefined ? undefined : (
              <p class="quiet lead">{experiment.description}</p>
            )}
            <div class="two">
              <div class="stack">
                <Preview experiment={experiment} may={may} />
                <Panel title="Its text">
                  <pre>{experiment.text}</pre>
                </Panel>
              </div>
              <div class="stack">
                <Panel title="At a glance">
                  <dl class="facts">
                    <dt>Believes</dt>
                    <dd>{experiment.hypothesis?.title ?? '–'}</dd>
                    <dt>Breaks</dt>
                    <dd>{experiment.faults.map(plain).join(', ') || 'nothing'}</dd>
                    <dt>Radius</dt>
                    <dd>
                      {experiment.radius?.name}
                      {experiment.radius?.share === undefined
                        ? ''
                        : `, ${percent(experiment.radius.share)} of the users`}
                    </dd>
                    <dt>Lasts</dt>
                    <dd>{experiment.duration_ms === undefined ? '–' : spell(experiment.duration_ms)}</dd>
                    <dt>Next</dt>
                    <dd>
                      {experiment.next_at === undefined ? (
                        'by hand only'
                      ) : (
                        <When at={experiment.next_at} as="clock" />
                      )}
                    </dd>
                    <dt>Last run</dt>
                    <dd>
                      {experiment.last_run === undefined ? (
                        'never'
                      ) : (
                        <a href={to(['experiments', 'runs', experiment.last_run.id])}>
                          <RunTag run={experiment.last_run} />
                        </a>
                      )}
                    </dd>
                  </dl>
                </Panel>
                {experiment.problems.length === 0 ? undefined : (
                  <Panel title="Wrong with it">
                    <ul class="bullets">
                      {experiment.problems.map((problem) => (
                        <li key={saying(problem)}>{saying(problem)}</li>
                      ))}
                    </ul>
                  </Panel>
                )}
              </div>
            </div>
          </>
        )}
      </Readout>
    </Page>
  );
}

function Preview({
  experiment,
  may,
}: {
  readonly experiment: ExperimentView;
  readonly may: boolean;
}): JSX.Element {
  const { name, service, runnable } = experiment;
  const path = `/api/v1/experiments/${encodeURIComponent(name)}`;
  const reading = useRead<DryRun>(runnable ? `${path}/dry-run${query({ service })}` : undefined, [
    'experiments',
  ]);
  const doing = useDoing(true);
  return (
    <Panel title="What a run would do">
      {runnable ? (
        <Readout of={reading} rows={5}>
          {({ steps, findings, preview }) => (
            <div class="stack">
              <ol class="bullets numbered">
                {steps.map((step) => (
                  <li key={step}>{step}</li>
                ))}
              </ol>
              <p>
                {preview.requests === 0
                  ? 'There was no traffic of late to say whom it would touch.'
                  : `Of the last ${many(preview.requests, 'request')} it would have touched ${count(preview.inRadius)} (${percent(preview.inRadius / preview.requests)}), of ${many(preview.users, 'user')}.`}
              </p>
              {findings.length === 0 ? undefined : (
                <div class="notice warn">
                  <div>
                    <strong>It would not start now:</strong>
                    {findings.map(({ check, reason }) => (
                      <p key={check}>
                        {plain(check)}: {reason}
                      </p>
                    ))}
                  </div>
                </div>
              )}
              {may ? (
                <div class="row">
                  <button
                    type="button"
                    class="button main"
                    disabled={doing.busy || findings.length > 0}
                    onClick={() => {
                      let id = '';
                      void doing
                        .run(async () => {
                          const run = await call<RunView>('POST', `${path}/runs`, { service });
                          id = run.id;
                        }, 'Begun')
                        .then((ok) => {
                          reread('/api/v1/experiment');
                          if (ok) go(to(['experiments', 'runs', id]));
                        });
                    }}
                  >
                    Start it
                  </button>
                </div>
              ) : (
                <p class="quiet small">Sign in as an operator to start it.</p>
              )}
              <FormProblem problem={doing.problem} fields={[]} />
            </div>
          )}
        </Readout>
      ) : (
        <p>It cannot be run: see what is wrong with it.</p>
      )}
    </Panel>
  );
}
