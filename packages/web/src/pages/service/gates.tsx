import type { JSX } from 'preact';
import type { GateSnapshot, ServiceStatus } from '../../api/wire.ts';
import { Dot } from '../../parts/marks.tsx';
import { Panel } from '../../parts/page.tsx';
import { plain } from '../../words/levels.ts';
import { count, figure, percent } from '../../words/numbers.ts';
import { spell } from '../../words/time.ts';

const CLASSES = ['critical', 'high', 'normal', 'low'];

function Gate({ name, gate }: { readonly name: string; readonly gate: GateSnapshot }): JSX.Element {
  const refused = Object.values(gate.refused).reduce(
    (all, byClass) => all + byClass.reduce((a, b) => a + b, 0),
    0,
  );
  const byClass = CLASSES.map((title, i) => {
    const out = Object.values(gate.refused).reduce((sum, counts) => sum + (counts[i] ?? 0), 0);
    return `${title}: ${count(gate.admitted[i] ?? 0)} in${out === 0 ? '' : `, ${count(out)} refused`}`;
  }).join(' · ');
  const tone = gate.pressure > 0.95 ? 'bad' : gate.pressure > 0.7 ? 'warn' : 'quiet';
  return (
    <tr>
      <td>
        <strong>{name}</strong>
        <div class="quiet small">{gate.limitReason}</div>
        <div class="quiet small">{byClass}</div>
      </td>
      <td class="num">
        {count(gate.inflight)} of {count(gate.effectiveLimit)}
        <div class="quiet small">
          {count(gate.queued)} wait{gate.queued === 0 ? '' : ` ${spell(gate.queueWaitMs)}`}
        </div>
        {gate.tightened < 1 ? <div class="warn small">at {percent(gate.tightened)}</div> : undefined}
      </td>
      <td class={`num ${tone}`}>
        {percent(gate.pressure)}
        {refused === 0 ? undefined : <div class="small">{count(refused)} refused</div>}
      </td>
    </tr>
  );
}

/** Limiters and their queues, as they stand. */
export function Gates({ service }: { readonly service: ServiceStatus }): JSX.Element | null {
  const gates = [
    ...(service.gate === undefined ? [] : [{ name: 'the service', gate: service.gate }]),
    ...service.rungs.flatMap(({ name, gate }) => (gate === undefined ? [] : [{ name, gate }])),
  ];
  if (gates.length === 0) return null;
  return (
    <Panel title="Limits and queues" flush>
      <table>
        <thead>
          <tr>
            <th scope="col">Gate</th>
            <th scope="col" class="num">
              In flight
            </th>
            <th scope="col" class="num">
              Pressure
            </th>
          </tr>
        </thead>
        <tbody>
          {gates.map(({ name, gate }) => (
            <Gate key={name} name={name} gate={gate} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function detail(name: string, value: unknown): string | undefined {
  if (typeof value === 'object' && value !== null) {
    // A component's own breaker says enough by its state.
    const state = Object.entries(value).find(([key]) => key === 'state')?.[1];
    return typeof state === 'string' ? `${plain(name)} ${plain(state)}` : undefined;
  }
  if (value === 0 || value === null || value === '' || value === undefined) return undefined;
  const text = typeof value === 'number' ? (/Ms$/.test(name) ? spell(value) : figure(value)) : String(value);
  const words = name.replace(/Ms$/, '').replace(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
  return `${plain(words)} ${text}`;
}

/** What rungs depend on: models, workers, feature sources and the age of what they hold. */
export function Components({ service }: { readonly service: ServiceStatus }): JSX.Element | null {
  if (service.components.length === 0) return null;
  return (
    <Panel title="Models and features" flush>
      <table>
        <tbody>
          {service.components.map(({ name, up, reason, details }) => (
            <tr key={name}>
              <td class="nowrap">
                <Dot kind={up ? 'good' : 'bad'} /> <strong>{name}</strong>{' '}
                <span class={up ? 'hidden' : 'bad'}>{up ? 'up' : 'down'}</span>
              </td>
              <td class="small">
                {up ? undefined : <div class="bad">{reason}</div>}
                <span class="quiet">
                  {Object.entries(details)
                    .map(([key, value]) => detail(key, value))
                    .filter((words) => words !== undefined)
                    .join(' · ')}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}
