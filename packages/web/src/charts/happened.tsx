import type { JSX } from 'preact';
import { When } from '../parts/when.tsx';
import type { Marker } from './plotted.ts';

const SIGNS: Readonly<Record<Marker['kind'], string>> = {
  change: '┊',
  alert: '╎',
  incident: '│',
  exclusion: '▒',
};

/** What the strokes on a chart stand for. */
export function Happened({ markers }: { readonly markers: readonly Marker[] }): JSX.Element | null {
  if (markers.length === 0) return null;
  return (
    <details>
      <summary class="small">
        {markers.length} marked on the chart: changes, alerts, incidents, time that does not count
      </summary>
      <table>
        <tbody>
          {markers.slice(-40).map(({ at, kind, text, href }, i) => (
            <tr key={`${at} ${i}`}>
              <td class="nowrap">
                <span aria-hidden="true">{SIGNS[kind]}</span> {kind}
              </td>
              <td>{href === undefined ? text : <a href={href}>{text}</a>}</td>
              <td class="num">
                <When at={at} as="clock" />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
