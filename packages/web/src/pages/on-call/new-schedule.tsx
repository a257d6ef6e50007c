import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { call } from '../../api/client.ts';
import { reread } from '../../api/use-read.ts';
import { Choice, Field, FormProblem, useDoing } from '../../parts/form.tsx';
import { Panel } from '../../parts/page.tsx';
import { toast } from '../../parts/toast.tsx';
import { firstDay, minutesOf, peopleIn } from './schedule-input.ts';

const TURNS = [
  ['1', 'daily'],
  ['7', 'weekly'],
  ['14', 'every two weeks'],
] as const;

/** A rotation of one layer; more layers and hours come by the API. */
export function NewSchedule({ onDone }: { readonly onDone: () => void }): JSX.Element {
  const [name, setName] = useState('');
  const [people, setPeople] = useState('');
  const [turn, setTurn] = useState<(typeof TURNS)[number][0]>('7');
  const [handOver, setHandOver] = useState('09:00');
  const [zone, setZone] = useState(Intl.DateTimeFormat().resolvedOptions().timeZone);
  const doing = useDoing(true);
  const id = name
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return (
    <Panel title="New schedule">
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const turnDays = Number(turn);
          void doing
            .run(async () => {
              const made = await call<{ problems: readonly { text: string }[] }>(
                'PUT',
                `/api/v1/schedules/${encodeURIComponent(id)}`,
                {
                  name: name.trim(),
                  timeZone: zone,
                  layers: [
                    {
                      name: 'rotation',
                      people: peopleIn(people),
                      turnDays,
                      startDay: firstDay(Date.now(), turnDays),
                      handOver: minutesOf(handOver) ?? 0,
                    },
                  ],
                },
              );
              toast(made.problems.map(({ text }) => text).join('; ') || `${id} is in force`);
            })
            .then((ok) => {
              if (!ok) return;
              reread('/api/v1/schedules');
              onDone();
            });
        }}
      >
        <div class="row end">
          <Field
            label="Name"
            name="name"
            problem={doing.problem}
            {...(id === '' ? {} : { hint: `called ${id} in files` })}
          >
            <input
              required
              maxLength={200}
              value={name}
              onInput={({ currentTarget }) => setName(currentTarget.value)}
            />
          </Field>
          <Field label="Turns" name="layers.0.turnDays" problem={doing.problem}>
            <Choice value={turn} options={TURNS} onChange={setTurn} />
          </Field>
          <Field label="Hand-over at" name="layers.0.handOver" problem={doing.problem}>
            <input
              type="time"
              required
              value={handOver}
              onInput={({ currentTarget }) => setHandOver(currentTarget.value)}
            />
          </Field>
          <Field label="Time zone" name="timeZone" problem={doing.problem}>
            <input required value={zone} onInput={({ currentTarget }) => setZone(currentTarget.value)} />
          </Field>
        </div>
        <Field
          label="People, in the order of their turns"
          name="layers.0.people"
          problem={doing.problem}
          hint="One a line, or with commas"
        >
          <textarea value={people} onInput={({ currentTarget }) => setPeople(currentTarget.value)} />
        </Field>
        <FormProblem
          problem={doing.problem}
          fields={['name', 'timeZone', 'layers.0.turnDays', 'layers.0.handOver', 'layers.0.people']}
        />
        <div class="row">
          <button
            type="submit"
            class="button main"
            disabled={doing.busy || id === '' || peopleIn(people).length === 0}
          >
            Put in force
          </button>
          <button type="button" class="button" onClick={onDone}>
            Cancel
          </button>
        </div>
      </form>
    </Panel>
  );
}
