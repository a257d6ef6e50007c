import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import type { OfferedAction, WholeIncident } from '../../api/wire.ts';
import { useDoing } from '../../parts/form.tsx';
import { Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { useMay } from '../../shell/session.ts';
import { spell } from '../../words/time.ts';

/** What to do: actions with what each would change, then what to look into. */
export function RunbookPanel(props: {
  readonly incident: WholeIncident;
  readonly open: boolean;
}): JSX.Element {
  const { incident, open } = props;
  const { runbook } = incident;
  const may = useMay('operator');
  const reading = useRead<{ actions: readonly OfferedAction[] }>(
    open ? `/api/v1/incidents/${encodeURIComponent(incident.id)}/actions` : undefined,
    ['incidents'],
  );
  return (
    <Panel title={`Runbook: ${runbook.title.toLowerCase()}`} flush>
      <p class="body quiet">{runbook.summary}</p>
      {open ? (
        <Readout of={reading} rows={4}>
          {({ actions }) => (
            <ol class="steps">
              {actions.map((action) => (
                <Action key={action.kind} incident={incident} action={action} may={may} />
              ))}
            </ol>
          )}
        </Readout>
      ) : undefined}
      <div class="body stack">
        <h3>Look into</h3>
        <ol class="bullets numbered">
          {runbook.investigationSteps.map((step) => (
            <li key={step}>{step}</li>
          ))}
        </ol>
        <details>
          <summary>Typical causes, and whom it goes to</summary>
          <ul class="bullets">
            {runbook.typicalCauses.map((cause) => (
              <li key={cause}>{cause}</li>
            ))}
          </ul>
          <p class="quiet small">
            {runbook.escalationPath.map(({ role, timeoutMs }) => `${role} (${spell(timeoutMs)})`).join(' → ')}
          </p>
        </details>
      </div>
    </Panel>
  );
}

function Action(props: {
  readonly incident: WholeIncident;
  readonly action: OfferedAction;
  readonly may: boolean;
}): JSX.Element {
  const { incident, action, may } = props;
  const { plan } = action;
  const [shown, setShown] = useState(false);
  const doing = useDoing();
  const base = `/api/v1/incidents/${encodeURIComponent(incident.id)}/actions`;
  const running = incident.actions.find(
    (one) => one.action === action.kind && (one.state === 'running' || one.state === 'kept'),
  );
  const again = (): void => {
    reread('/api/v1/incidents');
    reread('/api/v1/services');
  };
  return (
    <li>
      <div class="row">
        <div class="grow">
          <strong>{action.text}</strong>
          <p class="quiet small">{plan.kind === 'impossible' ? `Not here: ${plan.reason}.` : action.why}</p>
        </div>
        {running !== undefined && may ? (
          <button
            type="button"
            class="button"
            disabled={doing.busy}
            onClick={() =>
              void doing
                .run(() => call('DELETE', `${base}/${encodeURIComponent(running.id)}`), 'Undone')
                .then(again)
            }
          >
            Undo
          </button>
        ) : plan.kind === 'impossible' ? undefined : (
          <button type="button" class="button" aria-expanded={shown} onClick={() => setShown(!shown)}>
            What would it do?
          </button>
        )}
      </div>
      {shown && plan.kind !== 'impossible' && running === undefined ? (
        <div class="notice plan">
          <p class="grow">
            {plan.dryRun}
            {plan.kind === 'task' ? <span class="quiet"> For {plan.owner}.</span> : undefined}
          </p>
          {may ? (
            <button
              type="button"
              class="button main"
              disabled={doing.busy}
              onClick={() =>
                void doing
                  .run(
                    () => call('POST', base, { action: action.kind }),
                    'Done; it is judged by whether it helps',
                  )
                  .then((ok) => {
                    if (ok) setShown(false);
                    again();
                  })
              }
            >
              {plan.kind === 'task' ? 'Note it as a task' : 'Do it'}
            </button>
          ) : (
            <span class="quiet small">Sign in as an operator to do it.</span>
          )}
        </div>
      ) : undefined}
    </li>
  );
}
