import type { ModelVersion } from '@evenkeel/core';
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { to } from '../address/address.ts';
import { call } from '../api/client.ts';
import { reread, useRead } from '../api/use-read.ts';
import { Field, FormProblem, useDoing } from '../parts/form.tsx';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { When } from '../parts/when.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { plain } from '../words/levels.ts';
import { bytes, percent } from '../words/numbers.ts';

interface Listed {
  readonly service: string;
  readonly model: string;
  readonly production?: string;
  readonly since?: number;
  readonly rollBackTo?: string;
}

interface Whole extends Listed {
  readonly versions: readonly ModelVersion[];
  readonly history: readonly {
    readonly version: string;
    readonly from: number;
    readonly to?: number;
    readonly by: string;
    readonly reason: string;
    readonly ended?: string;
  }[];
  readonly canary?: { readonly version?: string; readonly share?: number; readonly verdict?: unknown };
}

/** What is in production, what was, and what could be. */
export function Models({ parts: [service, name] }: ViewProps): JSX.Element {
  return service === undefined || name === undefined ? <List /> : <One service={service} name={name} />;
}

function List(): JSX.Element {
  const reading = useRead<{ models: readonly Listed[] }>('/api/v1/models', ['runs']);
  return (
    <Page title="Models">
      <Panel flush>
        <Readout of={reading} rows={4}>
          {({ models }) =>
            models.length === 0 ? (
              <Empty what="No model has versions here yet.">
                <span>
                  A training run that passed its gates registers its result; a file can be brought too:
                </span>
                <pre>npx evenkeel models --help</pre>
              </Empty>
            ) : (
              <table>
                <thead>
                  <tr>
                    <th scope="col">Model</th>
                    <th scope="col">In production</th>
                    <th scope="col">Goes back to</th>
                    <th scope="col" class="num">
                      Since
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {models.map((one) => (
                    <tr key={`${one.service}/${one.model}`}>
                      <td>
                        <a class="cover" href={to(['models', one.service, one.model])}>
                          {one.model}
                        </a>
                        <div class="quiet small">{one.service}</div>
                      </td>
                      <td>{one.production ?? '–'}</td>
                      <td>{one.rollBackTo ?? '–'}</td>
                      <td class="num">
                        {one.since === undefined ? '–' : <When at={one.since} as="clock" />}
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

function One({ service, name }: { readonly service: string; readonly name: string }): JSX.Element {
  const path = `/api/v1/models/${encodeURIComponent(service)}/${encodeURIComponent(name)}`;
  const reading = useRead<Whole>(path, ['runs']);
  return (
    <Page title={name} back={{ href: '#/models', text: 'Models' }}>
      <Readout of={reading} rows={6}>
        {(model) => (
          <>
            <Acts model={model} path={path} />
            <Panel title="Versions" flush>
              <table>
                <thead>
                  <tr>
                    <th scope="col">Version</th>
                    <th scope="col">Stands as</th>
                    <th scope="col" class="wide-only">
                      Gates
                    </th>
                    <th scope="col" class="num wide-only">
                      Size
                    </th>
                    <th scope="col" class="num">
                      Registered
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {model.versions.map((version) => (
                    <tr key={version.version}>
                      <td>
                        <strong>{version.version}</strong>
                        <div class="quiet small">{version.reason}</div>
                        <details>
                          <summary class="quiet small">lineage</summary>
                          <pre class="small">
                            {JSON.stringify({ ...version.artifact, ...version.lineage }, undefined, 2)}
                          </pre>
                        </details>
                      </td>
                      <td>
                        <span class="tag">{plain(version.standing)}</span>
                      </td>
                      <td class="wide-only">
                        {version.gates === undefined ? (
                          '–'
                        ) : version.gates.passed ? (
                          'passed'
                        ) : (
                          <span class="bad">failed</span>
                        )}
                      </td>
                      <td class="num wide-only">{bytes(version.artifact.bytes)}</td>
                      <td class="num">
                        <When at={version.registeredAt} as="clock" />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Panel>
            <Panel title="In production" flush>
              <table>
                <tbody>
                  {[...model.history].reverse().map((span) => (
                    <tr key={span.from}>
                      <td>
                        <strong>{span.version}</strong>
                        <div class="quiet small">
                          {span.by}: {span.reason}
                        </div>
                      </td>
                      <td class="num">
                        <When at={span.from} as="clock" />
                        <div class="quiet small">
                          {span.to === undefined ? 'until now' : <When at={span.to} as="clock" />}
                          {span.ended === undefined ? '' : `, ${plain(span.ended)}`}
                        </div>
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Panel>
          </>
        )}
      </Readout>
    </Page>
  );
}

function Acts({ model, path }: { readonly model: Whole; readonly path: string }): JSX.Element | null {
  const may = useMay('operator');
  const [reason, setReason] = useState('');
  const doing = useDoing(true);
  const { canary, rollBackTo } = model;
  const act = (what: string, done: string): void =>
    void doing
      .run(() => call('POST', `${path}/${what}`, { reason }), done)
      .then((ok) => {
        if (!ok) return;
        setReason('');
        reread(path);
      });
  if (!may) return null;
  const without = doing.busy || reason.trim() === '';
  return (
    <Panel>
      <div class="stack">
        <p>
          <strong>{model.production ?? 'Nothing'}</strong> is in production.
          {canary === undefined
            ? ''
            : ` ${canary.version ?? 'A candidate'} is the canary${canary.share === undefined ? '' : `, for ${percent(canary.share)} of the users`}.`}
        </p>
        <div class="row end">
          <Field label="Reason" name="reason" problem={doing.problem} grow>
            <input
              maxLength={2_000}
              value={reason}
              onInput={({ currentTarget }) => setReason(currentTarget.value)}
            />
          </Field>
          {canary === undefined ? undefined : (
            <button
              type="button"
              class="button"
              disabled={without}
              onClick={() => act('end-canary', 'The canary is out')}
            >
              End the canary
            </button>
          )}
          {rollBackTo === undefined ? undefined : (
            <button
              type="button"
              class="button grave"
              disabled={without}
              onClick={() => act('roll-back', `Back to ${rollBackTo}`)}
            >
              Roll back to {rollBackTo}
            </button>
          )}
          {model.versions
            .filter(({ standing }) => standing === 'candidate')
            .slice(-2)
            .map(({ version }) => (
              <button
                key={version}
                type="button"
                class="button"
                disabled={without}
                onClick={() =>
                  act(`versions/${encodeURIComponent(version)}/canary`, `${version} is the canary`)
                }
              >
                Canary {version}
              </button>
            ))}
        </div>
        <FormProblem problem={doing.problem} fields={['reason']} />
      </div>
    </Panel>
  );
}
