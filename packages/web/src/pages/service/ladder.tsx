import type { JSX } from 'preact';
import { useMemo, useRef, useState } from 'preact/hooks';
import type { RungStatus, ServiceStatus } from '../../api/wire.ts';
import { Panel } from '../../parts/page.tsx';
import { useMay } from '../../shell/session.ts';
import { depth, LEVEL_WORDS } from '../../words/levels.ts';
import { count, figure, percent } from '../../words/numbers.ts';
import { spell } from '../../words/time.ts';
import { remember, type Sight, shares, sightOf } from '../../words/traffic.ts';
import { PinDialog } from './pin-dialog.tsx';

/** "Now" is a minute: shorter jumps about, longer hides a change. */
const WINDOW_MS = 60_000;

function useSights(service: ServiceStatus): readonly Sight[] {
  const kept = useRef<{ of: string; seen: ServiceStatus | undefined; sights: readonly Sight[] }>({
    of: '',
    seen: undefined,
    sights: [],
  });
  if (kept.current.of !== service.name) kept.current = { of: service.name, seen: undefined, sights: [] };
  if (kept.current.seen !== service) {
    kept.current.seen = service;
    kept.current.sights = remember(kept.current.sights, sightOf(service, Date.now()), WINDOW_MS);
  }
  return kept.current.sights;
}

/** The ladder, drawn as one: who answers now, where requests enter, what is out. */
export function Ladder({ service }: { readonly service: ServiceStatus }): JSX.Element {
  const sights = useSights(service);
  const { rungs, perSecond, overMs } = useMemo(() => shares(sights), [sights]);
  const [pinning, setPinning] = useState<string | undefined>(undefined);
  const may = useMay('operator');
  return (
    <Panel
      title="Ladder"
      beside={
        <span class="quiet small">
          {perSecond === undefined
            ? 'shares since the start'
            : `${figure(perSecond)} requests/s over the last ${spell(overMs ?? 0)}`}
        </span>
      }
      flush
    >
      <ol class="ladder">
        {service.rungs.map((rung) => (
          <Rung
            key={rung.name}
            rung={rung}
            enters={rung.name === service.entry}
            share={rungs?.[rung.name]}
            onPin={may ? () => setPinning(rung.name) : undefined}
          />
        ))}
      </ol>
      {pinning === undefined ? undefined : (
        <PinDialog service={service} rung={pinning} onClose={() => setPinning(undefined)} />
      )}
    </Panel>
  );
}

const AVAILABILITY: Readonly<Record<RungStatus['availability'], string>> = {
  ready: '',
  probe: 'being probed',
  down: 'down',
  forbidden: 'forbidden',
};

function Rung(props: {
  readonly rung: RungStatus;
  readonly enters: boolean;
  readonly share: number | undefined;
  readonly onPin: (() => void) | undefined;
}): JSX.Element {
  const { rung, enters, share, onPin } = props;
  const out = rung.availability === 'down' || rung.availability === 'forbidden';
  return (
    <li class={`rung l${depth(rung.level)}${enters ? ' entry' : ''}${out ? ' out' : ''}`}>
      {enters ? (
        <span class="enters" title="Requests enter here">
          <span aria-hidden="true">▶</span>
          <span class="hidden">Requests enter here.</span>
        </span>
      ) : undefined}
      <div>
        <span class="name">{rung.name}</span> <span class="small">{LEVEL_WORDS[rung.level]}</span>
        {AVAILABILITY[rung.availability] === '' ? undefined : (
          <>
            {' '}
            <span class={`tag ${out ? 'bad' : 'warn'}`}>{AVAILABILITY[rung.availability]}</span>
          </>
        )}
      </div>
      <span class="share">
        <span class="meter" aria-hidden="true">
          <i style={{ width: `${100 * (share ?? 0)}%` }} />
        </span>
        <b>{share === undefined ? '–' : percent(share)}</b>
      </span>
      <span class="acts">
        {onPin === undefined ? undefined : (
          <button type="button" class="button" onClick={onPin}>
            Pin<span class="hidden"> {rung.name}</span>
          </button>
        )}
      </span>
      <span class="more">
        {out ? `${rung.reason}. ` : ''}
        {rung.qualityImpact === 'none' ? '' : `Costs: ${rung.qualityImpact}. `}
        {spell(rung.budgetMs)} at most. <Breaker rung={rung} />
        <Counts rung={rung} />
      </span>
    </li>
  );
}

function Breaker({ rung: { breaker } }: { readonly rung: RungStatus }): JSX.Element | null {
  if (breaker === undefined) return null;
  const { state, reason, retryInMs, manual } = breaker;
  const tone = state === 'closed' ? '' : state === 'open' ? 'bad' : 'warn';
  return (
    <span class={tone} title={reason}>
      Breaker {state.replace('_', ' ')}
      {manual === 'none' ? '' : ' by hand'}
      {retryInMs > 0 ? `, tried again in ${spell(retryInMs)}` : ''}.
    </span>
  );
}

function Counts({ rung: { counts } }: { readonly rung: RungStatus }): JSX.Element | null {
  if (counts === undefined) return null;
  const said = [
    ['answered', counts.answered],
    ['failed', counts.failed],
    ['timed out', counts.timed_out],
    ['full', counts.full],
    ['turned down as unsafe', counts.unsafe],
  ] as const;
  const seen = said.filter(([, times]) => times > 0);
  if (seen.length === 0) return null;
  return <> {seen.map(([what, times]) => `${count(times)} ${what}`).join(', ')} since the start.</>;
}
