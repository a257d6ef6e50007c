import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { useRead } from '../api/use-read.ts';
import type { ShownSchedule } from '../api/wire.ts';
import { Empty, Page, Panel } from '../parts/page.tsx';
import { Readout } from '../parts/readout.tsx';
import { useMay } from '../shell/session.ts';
import type { ViewProps } from '../shell/view.ts';
import { NewSchedule } from './on-call/new-schedule.tsx';
import { ScheduleCalendar } from './on-call/schedule-calendar.tsx';
import { Silences } from './on-call/silences.tsx';

/** Who is woken, when, and when nobody is. */
export function OnCallView(_: ViewProps): JSX.Element {
  const may = useMay('operator');
  const [making, setMaking] = useState(false);
  const reading = useRead<{ schedules: readonly ShownSchedule[] }>('/api/v1/schedules');
  return (
    <Page
      title="On call"
      beside={
        may ? (
          <button type="button" class="button" aria-expanded={making} onClick={() => setMaking(!making)}>
            New schedule
          </button>
        ) : undefined
      }
    >
      {making ? <NewSchedule onDone={() => setMaking(false)} /> : undefined}
      <Readout of={reading} rows={6}>
        {({ schedules }) =>
          schedules.length === 0 ? (
            <Panel>
              <Empty what="Nobody takes turns yet.">
                <span>
                  Until there is a schedule, the owner of a service is told. Make one here, and name it in the
                  file under <code>incidents: on_call:</code>
                </span>
              </Empty>
            </Panel>
          ) : (
            schedules.map((schedule) => <ScheduleCalendar key={schedule.id} id={schedule.id} may={may} />)
          )
        }
      </Readout>
      <Silences may={may} />
    </Page>
  );
}
