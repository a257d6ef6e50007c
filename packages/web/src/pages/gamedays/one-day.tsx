import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import { Choice, Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { Empty, Page, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { useMay } from '../../shell/session.ts';
import { plain } from '../../words/levels.ts';
import { spell } from '../../words/time.ts';
import { HaltAll } from '../chaos/halt.tsx';
import { saying } from '../chaos/shapes.ts';
import type { Day } from './shapes.ts';

const KINDS = [
  ['notes', 'what was seen'],
  ['decisions', 'what was decided'],
  ['findings', 'what was learned'],
] as const;

/** One game day: the facilitator's table. */
export function OneDay({ id }: { readonly id: string }): JSX.Element {
  const path = `/api/v1/gamedays/${encodeURIComponent(id)}`;
  const reading = useRead<Day>(path, ['experiments', 'services']);
  const may = useMay('operator');
  const { data } = reading;
  return (
    <Page
      title={data?.title ?? id}
      back={{ href: '#/gamedays', text: 'Game days' }}
      beside={
        <span class="row">
          {data === undefined ? undefined : <span class="tag">{plain(data.phase)}</span>}
          <a class="button" href={`${path}/report?format=html`}>
            Report
          </a>
          {may ? <HaltAll /> : undefined}
        </span>
      }
    >
      <Readout of={reading} rows={8}>
        {(day) => (
          <>
            <p>
              {day.story}{' '}
              <span class="quiet">
                {spell(day.elapsed_ms)} of {spell(day.duration_ms)}, {day.mode}, led by {day.facilitator}.
              </span>
            </p>
            {may ? <Lead day={day} path={path} /> : undefined}
            <div class="two">
              <div class="stack">
                <Panel title="Log, newest first" flush>
                  {day.log.length === 0 ? (
                    <Empty what="Not begun." />
                  ) : (
                    <ol class="timeline">
                      {[...day.log].reverse().map((entry, i) => (
                        <li key={i}>
                          <span class="quiet small">
                            {typeof entry.atMs === 'number' ? spell(entry.atMs) : ''}
                          </span>
                          <i aria-hidden="true" />
                          <p>{saying(entry)}</p>
                        </li>
                      ))}
                    </ol>
                  )}
                </Panel>
              </div>
              <div class="stack">
                <Panel title="Succeeds when">
                  <ul class="bullets">
                    {day.criteria_words.map((words, i) => (
                      <li key={words}>
                        {words}
                        {day.scores[i] === undefined ? '' : ` (${plain(day.scores[i].status)})`}
                      </li>
                    ))}
                  </ul>
                </Panel>
                <Panel title="Who plays">
                  {day.participants.length === 0 ? (
                    <p class="quiet">Nobody yet.</p>
                  ) : (
                    <ul class="bullets">
                      {day.participants.map(({ name, role }) => (
                        <li key={name}>
                          {name}: {role}
                        </li>
                      ))}
                    </ul>
                  )}
                </Panel>
                {day.questions.length === 0 ? undefined : (
                  <Panel title="Questions">
                    <ol class="bullets numbered">
                      {day.questions.map(({ question, answer }) => (
                        <li key={question}>
                          {question}
                          {answer === undefined || answer === null ? undefined : <p>{saying(answer)}</p>}
                        </li>
                      ))}
                    </ol>
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

function Lead({ day, path }: { readonly day: Day; readonly path: string }): JSX.Element {
  const doing = useDoing(true);
  const [text, setText] = useState('');
  const [kind, setKind] = useState<(typeof KINDS)[number][0]>('notes');
  const [name, setName] = useState('');
  const roles = day.roles.map((role) => (typeof role === 'string' ? role : role.name));
  const open = roles.filter((role) => !day.participants.some((one) => one.role === role));
  const act = (what: string, body: unknown, done: string): Promise<boolean> =>
    doing
      .run(() => call('POST', `${path}/${what}`, body), done)
      .then((ok) => {
        if (ok) reread('/api/v1/gamedays');
        return ok;
      });
  const running = day.phase === 'running';
  const [role] = open;
  return (
    <Panel>
      <div class="stack">
        <div class="row">
          {running ? (
            <>
              {day.injects
                .filter(({ given }) => !given)
                .map((inject) => (
                  <button
                    key={inject.name}
                    type="button"
                    class="button"
                    disabled={doing.busy}
                    onClick={() => void act('injects', { inject: inject.name }, `${inject.name} was given`)}
                  >
                    Give {inject.name}
                  </button>
                ))}
              <button
                type="button"
                class="button grave"
                disabled={doing.busy}
                onClick={() => void act('end', {}, 'Ended')}
              >
                End it
              </button>
            </>
          ) : day.started_at === undefined ? (
            <button
              type="button"
              class="button main"
              disabled={doing.busy || open.length > 0}
              onClick={() => void act('start', {}, 'Begun')}
            >
              Start
            </button>
          ) : undefined}
        </div>
        {role === undefined ? undefined : (
          <form
            class="row end"
            onSubmit={(event) => {
              event.preventDefault();
              void act('participants', { name, role }, `${name} is ${role}`).then((ok) => {
                if (ok) setName('');
              });
            }}
          >
            <Field label={`Who is the ${role}?`}>
              <input
                required
                maxLength={200}
                value={name}
                onInput={({ currentTarget }) => setName(currentTarget.value)}
              />
            </Field>
            <button type="submit" class="button" disabled={doing.busy || name.trim() === ''}>
              Takes the role
            </button>
          </form>
        )}
        {running ? (
          <form
            class="row end"
            onSubmit={(event) => {
              event.preventDefault();
              void act(kind, { text }, 'Noted').then((ok) => {
                if (ok) setText('');
              });
            }}
          >
            <Field label="Write down">
              <Choice value={kind} options={KINDS} onChange={setKind} />
            </Field>
            <Field label="In words" grow>
              <input
                required
                maxLength={2_000}
                value={text}
                onInput={({ currentTarget }) => setText(currentTarget.value)}
              />
            </Field>
            <button type="submit" class="button" disabled={doing.busy || text.trim() === ''}>
              Note
            </button>
          </form>
        ) : undefined}
        <FormProblem problem={doing.problem} fields={[]} />
      </div>
    </Panel>
  );
}
