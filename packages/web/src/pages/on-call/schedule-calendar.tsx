import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { reread, useRead } from '../../api/use-read.ts';
import type { ScheduleWithShifts, Shift } from '../../api/wire.ts';
import { Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { When } from '../../parts/when.tsx';
import { exactTime, fieldTime } from '../../words/time.ts';

const DAY = 86_400_000;

/** Two weeks of a schedule: a line per person, and one for the hours in which nobody is on call. */
export function ScheduleCalendar({ id, may }: { readonly id: string; readonly may: boolean }): JSX.Element {
  const [overriding, setOverriding] = useState(false);
  const path = `/api/v1/schedules/${encodeURIComponent(id)}`;
  const reading = useRead<ScheduleWithShifts>(path);
  const { data } = reading;
  return (
    <Panel
      title={data?.name ?? id}
      beside={
        <>
          <span class="quiet small">
            {data?.onCall.now?.onCall === undefined ? (
              <strong class="bad">nobody is on call now</strong>
            ) : (
              <>
                <strong>{data.onCall.now.onCall.person}</strong> until{' '}
                <When at={data.onCall.now.to} as="clock" />
                {data.onCall.next?.onCall === undefined ? '' : `, then ${data.onCall.next.onCall.person}`}
              </>
            )}
          </span>
          {may ? (
            <button
              type="button"
              class="button"
              aria-expanded={overriding}
              onClick={() => setOverriding(!overriding)}
            >
              Override
            </button>
          ) : undefined}
        </>
      }
    >
      <Readout of={reading} rows={4}>
        {(schedule) => (
          <div class="stack">
            {overriding ? <Override schedule={schedule} onDone={() => setOverriding(false)} /> : undefined}
            <Calendar shifts={schedule.shifts} />
            <p class="quiet small">Two weeks from now; hand-overs by the clock of {schedule.timeZone}.</p>
            {schedule.problems.map(({ severity, text }) => (
              <p key={text} class={severity === 'error' ? 'bad small' : 'warn small'}>
                {text}
              </p>
            ))}
          </div>
        )}
      </Readout>
    </Panel>
  );
}

function Calendar({ shifts }: { readonly shifts: readonly Shift[] }): JSX.Element {
  const from = shifts[0]?.from ?? 0;
  const until = shifts.at(-1)?.to ?? from + 14 * DAY;
  const people = [...new Set(shifts.map(({ onCall }) => onCall?.person ?? ''))];
  return (
    <div class="calendar">
      {people.map((person) => {
        const own = shifts.filter(({ onCall }) => (onCall?.person ?? '') === person);
        const words = own.map((shift) => `${exactTime(shift.from)} to ${exactTime(shift.to)}`).join('; ');
        return (
          <div key={person} class="shift">
            <span class={person === '' ? 'bad' : ''}>{person === '' ? 'nobody' : person}</span>
            <div class="track" role="img" aria-label={`${person === '' ? 'nobody' : person}: ${words}`}>
              {own.map((shift) => (
                <i
                  key={shift.from}
                  class={
                    person === ''
                      ? 'nobody'
                      : shift.onCall?.via.startsWith('override') === true
                        ? 'override'
                        : ''
                  }
                  title={`${shift.onCall?.via ?? 'nobody'}: ${exactTime(shift.from)} to ${exactTime(shift.to)}`}
                  style={{
                    left: `${(100 * (shift.from - from)) / (until - from)}%`,
                    width: `${(100 * (shift.to - shift.from)) / (until - from)}%`,
                  }}
                />
              ))}
            </div>
          </div>
        );
      })}
    </div>
  );
}

function Override(props: {
  readonly schedule: ScheduleWithShifts;
  readonly onDone: () => void;
}): JSX.Element {
  const { schedule, onDone } = props;
  const [person, setPerson] = useState('');
  const [from, setFrom] = useState(fieldTime(Date.now()));
  const [until, setUntil] = useState(fieldTime(Date.now() + DAY));
  const [reason, setReason] = useState('');
  const [id] = useState(() => crypto.randomUUID());
  const doing = useDoing(true);
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const { name, timeZone, layers, overrides } = schedule;
        const added = { id, person, reason, from: new Date(from).getTime(), to: new Date(until).getTime() };
        void doing
          .run(
            () =>
              call('PUT', `/api/v1/schedules/${encodeURIComponent(schedule.id)}`, {
                name,
                timeZone,
                layers,
                overrides: [...overrides, added],
              }),
            `${person} takes over`,
          )
          .then((ok) => {
            if (!ok) return;
            reread('/api/v1/schedules');
            onDone();
          });
      }}
    >
      <div class="row end">
        <Field label="Who takes over">
          <input
            required
            maxLength={200}
            value={person}
            onInput={({ currentTarget }) => setPerson(currentTarget.value)}
          />
        </Field>
        <Field label="From">
          <input
            type="datetime-local"
            required
            value={from}
            onInput={({ currentTarget }) => setFrom(currentTarget.value)}
          />
        </Field>
        <Field label="To">
          <input
            type="datetime-local"
            required
            min={from}
            value={until}
            onInput={({ currentTarget }) => setUntil(currentTarget.value)}
          />
        </Field>
        <Field label="Reason" grow>
          <input
            maxLength={500}
            value={reason}
            onInput={({ currentTarget }) => setReason(currentTarget.value)}
          />
        </Field>
        <button type="submit" class="button main" disabled={doing.busy || person.trim() === ''}>
          Override
        </button>
      </div>
      <FormProblem problem={doing.problem} fields={[]} />
    </form>
  );
}
