import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { to, viewOf } from '../../address/address.ts';
import { call, Problem } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import { saveFile } from '../../charts/save-file.ts';
import { Choice, Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { Empty, Page, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { useMay } from '../../shell/session.ts';
import { plain } from '../../words/levels.ts';
import type { KeptReview, Review } from './shapes.ts';

const KINDS = [
  ['prevent', 'prevent it'],
  ['detect', 'detect it earlier'],
  ['mitigate', 'mitigate it sooner'],
  ['process', 'work better'],
] as const;

/** One review: the facts on one side, what people write on the other. */
export function OneReview({ incident }: { readonly incident: string }): JSX.Element {
  const path = `/api/v1/reviews/${encodeURIComponent(incident)}`;
  const may = useMay('operator');
  const reading = useRead<KeptReview>(path);
  const doing = useDoing();
  const { data } = reading;
  return (
    <Page
      title={data?.review.summary ?? incident}
      back={{ href: '#/reviews', text: 'Reviews' }}
      beside={
        <span class="row">
          <a class="button" href={to(['incidents', incident])}>
            The incident
          </a>
          <button
            type="button"
            class="button"
            onClick={() =>
              void doing.run(async () =>
                saveFile(
                  `${incident}.md`,
                  'text/markdown',
                  await call<string>('GET', `${path}?format=markdown`),
                ),
              )
            }
          >
            Markdown
          </button>
        </span>
      }
    >
      <Readout of={reading} rows={8}>
        {(kept) => (
          <div class="two">
            <Words key={kept.review.incident} kept={kept} path={path} may={may} />
            <Facts review={kept.review} />
          </div>
        )}
      </Readout>
    </Page>
  );
}

function Facts({ review }: { readonly review: Review }): JSX.Element {
  const figures = [...review.impact, ...review.times, ...review.degraded];
  const lists: readonly (readonly [string, readonly string[]])[] = [
    ['Went well', review.wentWell],
    ['To improve', review.toImprove],
    ['Detect it earlier', review.detectionImprovements],
    ['Prevention', review.prevention],
  ];
  return (
    <div class="stack">
      <Panel title="From the record">
        <dl class="facts">
          {figures.map(({ name, text, link }) => {
            const view = viewOf(link);
            return (
              <>
                <dt key={name}>{name}</dt>
                <dd>{view === undefined ? text : <a href={view}>{text}</a>}</dd>
              </>
            );
          })}
        </dl>
      </Panel>
      {lists.map(([title, lines]) =>
        lines.length === 0 ? undefined : (
          <Panel key={title} title={title}>
            <ul class="bullets">
              {lines.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </Panel>
        ),
      )}
    </div>
  );
}

function Words(props: {
  readonly kept: KeptReview;
  readonly path: string;
  readonly may: boolean;
}): JSX.Element {
  const { kept, path, may } = props;
  const { review } = kept;
  // What is being written is not overwritten by what is read again: it is compared by its revision when it is sent.
  const [revision, setRevision] = useState(kept.revision);
  const [words, setWords] = useState(review.words);
  const [actions, setActions] = useState(review.actions);
  const [text, setText] = useState('');
  const [kind, setKind] = useState<(typeof KINDS)[number][0]>('prevent');
  const doing = useDoing(true);
  const closed = review.state === 'completed' || !may;
  const stale = doing.problem instanceof Problem && doing.problem.status === 409;

  const save = (): Promise<boolean> =>
    doing
      .run(async () => {
        const next = await call<KeptReview>('PUT', path, { revision, words, actions });
        setRevision(next.revision);
      }, 'Kept')
      .then((ok) => {
        if (ok) reread(path);
        return ok;
      });

  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Panel
        title="What people say"
        beside={<span class={`tag ${review.state === 'completed' ? 'good' : 'warn'}`}>{review.state}</span>}
      >
        <div class="stack">
          <Field label="Root cause">
            <textarea
              disabled={closed}
              maxLength={20_000}
              value={words.rootCause}
              onInput={({ currentTarget }) => setWords({ ...words, rootCause: currentTarget.value })}
            />
          </Field>
          <Field label="Contributing factors" hint="One a line">
            <textarea
              disabled={closed}
              value={words.contributingFactors.join('\n')}
              onInput={({ currentTarget }) =>
                setWords({ ...words, contributingFactors: currentTarget.value.split('\n') })
              }
            />
          </Field>
          {review.questions.map((question) => (
            <Field key={question} label={question}>
              <textarea
                rows={2}
                disabled={closed}
                value={words.answers[question] ?? ''}
                onInput={({ currentTarget }) =>
                  setWords({ ...words, answers: { ...words.answers, [question]: currentTarget.value } })
                }
              />
            </Field>
          ))}
          <Field label="Notes">
            <textarea
              disabled={closed}
              value={words.notes}
              onInput={({ currentTarget }) => setWords({ ...words, notes: currentTarget.value })}
            />
          </Field>
        </div>
      </Panel>
      <Panel title="Action items" flush>
        {actions.length === 0 ? <Empty what="None yet." /> : undefined}
        <table>
          <tbody>
            {actions.map((action) => (
              <tr key={action.id}>
                <td>
                  <input
                    type="checkbox"
                    aria-label={`Done: ${action.text}`}
                    disabled={!may}
                    checked={action.state === 'done'}
                    onChange={({ currentTarget }) =>
                      setActions(
                        actions.map((one) =>
                          one.id === action.id
                            ? { ...one, state: currentTarget.checked ? 'done' : 'open' }
                            : one,
                        ),
                      )
                    }
                  />
                </td>
                <td>
                  {action.text}
                  <div class="quiet small">
                    {plain(action.kind)}
                    {action.owner === undefined ? '' : ` · ${action.owner}`}
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {closed ? undefined : (
          <div class="row end body-form">
            <Field label="New action item" grow>
              <input
                maxLength={2_000}
                value={text}
                onInput={({ currentTarget }) => setText(currentTarget.value)}
              />
            </Field>
            <Field label="To">
              <Choice value={kind} options={KINDS} onChange={setKind} />
            </Field>
            <button
              type="button"
              class="button"
              disabled={text.trim() === ''}
              onClick={() => {
                setActions([
                  ...actions,
                  { id: crypto.randomUUID(), text, kind, owner: undefined, due: undefined, state: 'open' },
                ]);
                setText('');
              }}
            >
              Add
            </button>
          </div>
        )}
      </Panel>
      {stale ? (
        <p class="notice warn" role="alert">
          <span class="grow">Somebody else has changed it since. What you wrote is still here.</span>
          <button
            type="button"
            class="button"
            onClick={() =>
              void call<KeptReview>('GET', path).then((now) => {
                setRevision(now.revision);
                setActions([
                  ...now.review.actions,
                  ...actions.filter(({ id }) => !now.review.actions.some((one) => one.id === id)),
                ]);
                doing.clear();
              })
            }
          >
            Keep mine over theirs
          </button>
        </p>
      ) : (
        <FormProblem problem={doing.problem} fields={[]} />
      )}
      {may ? (
        <div class="row">
          <button type="submit" class="button main" disabled={doing.busy}>
            Keep
          </button>
          {review.state === 'draft' ? (
            <button
              type="button"
              class="button"
              disabled={doing.busy}
              onClick={() =>
                void save().then((ok) => {
                  if (ok)
                    void doing
                      .run(() => call('POST', `${path}/complete`), 'Completed')
                      .then(() => reread(path));
                })
              }
            >
              Complete the review
            </button>
          ) : undefined}
          <button
            type="button"
            class="button"
            disabled={doing.busy}
            onClick={() =>
              void doing.run(
                () => call('POST', `${path}/experiment`),
                'An experiment that reproduces it is defined',
              )
            }
          >
            Make it an experiment
          </button>
        </div>
      ) : (
        <p class="quiet small">Sign in as an operator to write.</p>
      )}
    </form>
  );
}
