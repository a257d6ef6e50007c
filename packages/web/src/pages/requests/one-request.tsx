import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import { useRead } from '../../api/use-read.ts';
import type { PlainFact, RequestWithFacts } from '../../api/wire.ts';
import { Level } from '../../parts/marks.tsx';
import { Empty, Page, Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { When } from '../../parts/when.tsx';
import { plain } from '../../words/levels.ts';
import { count, figure } from '../../words/numbers.ts';
import { spell } from '../../words/time.ts';
import { layersOf, placeOf } from './layers.ts';

/** One request over its layers: every decision, and why. */
export function OneRequest({ id }: { readonly id: string }): JSX.Element {
  const reading = useRead<RequestWithFacts>(`/api/v1/requests/${encodeURIComponent(id)}`);
  return (
    <Page title={id} back={{ href: '#/requests', text: 'Requests' }}>
      <Readout of={reading} rows={8}>
        {(request) => (
          <>
            <p class="row">
              <Level level={request.level} />
              <span>
                in {spell(request.durationMs ?? 0)} ·{' '}
                <a href={to(['services', request.service])}>{request.service}</a>
              </span>
              {request.reason === undefined || request.reason === 'ok' ? undefined : (
                <span class="quiet">{request.reason}</span>
              )}
            </p>
            {request.sampled === false ? (
              <p class="notice">
                Only the short row of this request was kept: its record was not among those sampled.
              </p>
            ) : (
              <Waterfall request={request} />
            )}
            <div class="two">
              <Facts title="The record" request={request} />
              <Told request={request} />
            </div>
            {request.payload === undefined ? undefined : (
              <Panel title="What came in and went out">
                <pre>{JSON.stringify(request.payload, undefined, 2)}</pre>
              </Panel>
            )}
          </>
        )}
      </Readout>
    </Page>
  );
}

function Waterfall({ request }: { readonly request: RequestWithFacts }): JSX.Element {
  const layers = layersOf(request);
  return (
    <Panel title="The way" beside={<span class="quiet small">0 to {spell(request.durationMs)}</span>} flush>
      <ol class="waterfall">
        {layers.map((layer, i) => {
          const { left, width } = placeOf(layer, layers, request.durationMs);
          return (
            <li key={`${layer.name} ${i}`} class="layer">
              <div>
                <strong>{layer.name}</strong>
                <div class={`small ${layer.tone}`}>{layer.what}</div>
              </div>
              <div class={`span ${layer.tone}`} aria-hidden="true">
                <i style={{ left: `${100 * left}%`, width: `${100 * width}%` }} />
              </div>
              <div class="num small">{spell(layer.durationMs)}</div>
              {layer.why === '' ? undefined : <p class="why">{layer.why}</p>}
            </li>
          );
        })}
      </ol>
    </Panel>
  );
}

function Facts({
  title,
  request,
}: {
  readonly title: string;
  readonly request: RequestWithFacts;
}): JSX.Element {
  const rows: readonly (readonly [string, string | undefined])[] = [
    ['Model', request.model === undefined ? undefined : `${request.model} ${request.version ?? ''}`],
    ['Answer', request.label],
    ['Score', request.score === undefined ? undefined : figure(request.score)],
    ['Confidence', request.confidence === undefined ? undefined : figure(request.confidence)],
    ['Status', request.status === undefined ? undefined : String(request.status)],
    ['Error', request.error === undefined ? undefined : plain(request.error)],
    ['Priority', request.priority === undefined ? undefined : String(request.priority)],
    ['Tenant', request.tenant],
    ['User', request.user],
    ['Kind', request.kind],
    ['First chunk', request.firstChunkMs === undefined ? undefined : spell(request.firstChunkMs)],
    [
      'Tokens',
      request.inputTokens === undefined && request.outputTokens === undefined
        ? undefined
        : `${count(request.inputTokens ?? 0)} in, ${count(request.outputTokens ?? 0)} out`,
    ],
    ['Trace', request.traceId],
  ];
  return (
    <Panel title={title}>
      <dl class="facts">
        <dt>Arrived</dt>
        <dd>
          <When at={request.at} as="clock" />
        </dd>
        {rows.map(([name, value]) =>
          value === undefined ? undefined : (
            <>
              <dt key={name}>{name}</dt>
              <dd>{name === 'Trace' ? <a href={to(['requests'], { trace: value })}>{value}</a> : value}</dd>
            </>
          ),
        )}
      </dl>
    </Panel>
  );
}

function words(body: PlainFact['body']): string {
  return ['label', 'rating', 'outcome', 'report', 'name', 'verdict', 'value']
    .flatMap((name) => (body[name] === undefined ? [] : [`${name} ${String(body[name])}`]))
    .join(', ');
}

function Told({ request: { id, facts } }: { readonly request: RequestWithFacts }): JSX.Element {
  const all = [...facts.feedback, ...facts.signals].sort((a, b) => a.at - b.at);
  return (
    <Panel title="What became of it" flush>
      {all.length === 0 ? (
        <Empty what="Nobody has said yet.">
          <span>Labels, ratings and outcomes that name this request come here:</span>
          <pre>{`POST /api/v1/feedback\n{"id":"…","service":"…","request":"${id}","label":"…"}`}</pre>
        </Empty>
      ) : (
        <table>
          <tbody>
            {all.map((fact) => (
              <tr key={fact.id}>
                <td>{words(fact.body)}</td>
                <td class="num quiet small">
                  {fact.by} · <When at={fact.at} as="clock" />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
}
