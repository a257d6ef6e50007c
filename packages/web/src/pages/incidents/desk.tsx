import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { WholeIncident } from '../../api/wire.ts';
import { Choice, Field, FormProblem } from '../../parts/form.tsx';
import { Panel } from '../../parts/page.tsx';
import { When } from '../../parts/when.tsx';
import { useShortcuts } from '../../shell/shortcuts.ts';
import { plain } from '../../words/levels.ts';
import { SEVERITIES, STEP_WORDS, STEPS, type Step, TYPES } from './types.ts';
import { type Commanding, useCommand } from './use-command.ts';

type Asking = Step | 'severity' | 'type' | 'cause' | 'waive';

/** Where a person works on an incident: acknowledge, move on, note, correct. */
export function Desk({ incident }: { readonly incident: WholeIncident }): JSX.Element {
  const command = useCommand(incident);
  const [asking, setAsking] = useState<Asking | undefined>(undefined);
  const note = useRef<HTMLTextAreaElement>(null);
  const { status, acknowledgedBy } = incident;
  const open = acknowledgedBy === undefined && ['detected', 'investigating', 'mitigating'].includes(status);
  const latest = useRef(command);
  latest.current = command;

  const step = (one: Step): void => {
    if (one === 'resolve' || one === 'reopen') setAsking(one);
    else void command.send({ do: one }, STEP_WORDS[one]);
  };
  const keys = useMemo(
    () => [
      {
        keys: 'a',
        what: 'acknowledge this incident',
        run: () => void latest.current.send({ do: 'acknowledge' }, 'Acknowledged'),
      },
      { keys: 'n', what: 'write a note', run: () => note.current?.focus() },
    ],
    [],
  );
  useShortcuts(keys);

  return (
    <Panel>
      <div class="stack">
        <div class="row">
          {open ? (
            <button
              type="button"
              class="button main"
              disabled={command.doing.busy}
              onClick={() => void command.send({ do: 'acknowledge' }, 'Acknowledged: nobody else is woken')}
            >
              Acknowledge <kbd>a</kbd>
            </button>
          ) : undefined}
          {STEPS[status].map((one) => (
            <button
              key={one}
              type="button"
              class="button"
              disabled={command.doing.busy}
              onClick={() => step(one)}
            >
              {STEP_WORDS[one]}
            </button>
          ))}
          {status === 'post_mortem' ? (
            <button type="button" class="button" onClick={() => setAsking('waive')}>
              Close without an experiment
            </button>
          ) : undefined}
          <span class="grow" />
          {status === 'closed' ? undefined : (
            <>
              <button type="button" class="button plain" onClick={() => setAsking('severity')}>
                Severity
              </button>
              <button type="button" class="button plain" onClick={() => setAsking('type')}>
                Type
              </button>
              <button type="button" class="button plain" onClick={() => setAsking('cause')}>
                Root cause
              </button>
            </>
          )}
        </div>
        {asking === undefined ? undefined : (
          <Ask
            key={asking}
            what={asking}
            incident={incident}
            command={command}
            onDone={() => setAsking(undefined)}
          />
        )}
        <Conflict command={command} />
        {asking === undefined && command.conflict === undefined ? (
          <FormProblem problem={command.doing.problem} fields={[]} />
        ) : undefined}
        <Note command={command} field={note} />
      </div>
    </Panel>
  );
}

function Conflict({ command }: { readonly command: Commanding }): JSX.Element | null {
  const { conflict } = command;
  if (conflict === undefined) return null;
  return (
    <div class="notice warn" role="alert">
      <div class="grow">
        <strong>Somebody was faster.</strong>
        {conflict.entries.map(({ at, by, text }) => (
          <p key={`${at} ${text}`}>
            {by}, <When at={at} />: {text}
          </p>
        ))}
      </div>
      <button type="button" class="button" onClick={() => void command.anyway()}>
        {plain(conflict.intent.do)} anyway
      </button>
      <button type="button" class="button plain" onClick={command.drop}>
        Leave it
      </button>
    </div>
  );
}

function Note(props: {
  readonly command: Commanding;
  readonly field: { current: HTMLTextAreaElement | null };
}): JSX.Element {
  const { command, field } = props;
  const [text, setText] = useState('');
  const send = (): void => {
    if (text.trim() === '') return;
    void command.send({ do: 'note', text }, 'Noted').then((done) => {
      if (done) setText('');
    });
  };
  return (
    <form
      class="row end"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label class="field grow">
        <span>
          Note <span class="small">(Ctrl Enter puts it on the timeline)</span>
        </span>
        <textarea
          ref={field}
          rows={2}
          maxLength={20_000}
          value={text}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) send();
          }}
        />
      </label>
      <button type="submit" class="button" disabled={command.doing.busy || text.trim() === ''}>
        Note
      </button>
    </form>
  );
}

const TITLES: Readonly<Record<Asking, string>> = {
  ...STEP_WORDS,
  severity: 'Set the severity',
  type: 'Set the type',
  cause: 'Set the root cause',
  waive: 'Close without an experiment',
};
const LABELS: Readonly<Record<Asking, string>> = {
  investigate: 'Note',
  mitigate: 'Note',
  start_review: 'Note',
  close: 'Note',
  resolve: 'What ended it',
  reopen: 'Why again',
  severity: 'Reason',
  type: 'Reason',
  cause: 'Root cause, as far as it is known',
  waive: 'Why no experiment would keep it fixed',
};

function Ask(props: {
  readonly what: Asking;
  readonly incident: WholeIncident;
  readonly command: Commanding;
  readonly onDone: () => void;
}): JSX.Element {
  const { what, incident, command, onDone } = props;
  const [text, setText] = useState(what === 'cause' ? (incident.rootCause ?? '') : '');
  const [severity, setSeverity] = useState(incident.severity);
  const [type, setType] = useState(incident.type);
  const send = async (): Promise<boolean> => {
    switch (what) {
      case 'resolve':
        return command.send({ do: 'resolve', resolution: text }, 'Resolved');
      case 'reopen':
        return command.send({ do: 'reopen', reason: text }, 'Open again');
      case 'severity':
        return command.send({ do: 'set_severity', severity, reason: text }, `Now ${severity}`);
      case 'type':
        return command.send({ do: 'set_type', type, reason: text }, `Now ${plain(type)}`);
      case 'cause':
        return command.send({ do: 'set_field', field: 'root_cause', value: text }, 'Noted');
      case 'waive':
        if (incident.waiver === undefined && !(await command.send({ do: 'waive_experiment', reason: text })))
          return false;
        return command.send({ do: 'close' }, 'Closed');
      default:
        return command.send({ do: what, note: text });
    }
  };
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        void send().then((done) => {
          if (done) onDone();
        });
      }}
    >
      <div class="row end">
        {what === 'severity' ? (
          <Field label="Severity">
            <Choice
              value={severity}
              options={SEVERITIES.map((one) => [one, one] as const)}
              onChange={setSeverity}
            />
          </Field>
        ) : undefined}
        {what === 'type' ? (
          <Field label="Type">
            <Choice
              value={type}
              options={TYPES.map((one) => [one, plain(one)] as const)}
              onChange={setType}
            />
          </Field>
        ) : undefined}
        <Field label={LABELS[what]} grow>
          <input
            autofocus
            required
            maxLength={2_000}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </Field>
        <button type="submit" class="button main" disabled={command.doing.busy || text.trim() === ''}>
          {TITLES[what]}
        </button>
        <button type="button" class="button" onClick={onDone}>
          Cancel
        </button>
      </div>
      {command.conflict === undefined ? (
        <FormProblem problem={command.doing.problem} fields={[]} />
      ) : undefined}
    </form>
  );
}
