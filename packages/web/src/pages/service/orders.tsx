import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import { call } from '../../api/client.ts';
import { reread } from '../../api/use-read.ts';
import type { Directive, Order, ServiceStatus } from '../../api/wire.ts';
import { useDoing } from '../../parts/form.tsx';
import { Empty, Panel } from '../../parts/page.tsx';
import { When } from '../../parts/when.tsx';
import { useMay } from '../../shell/session.ts';
import { percent } from '../../words/numbers.ts';
import { ownerOf, reasonWords } from '../../words/owners.ts';

export function orderWords(order: Order): string {
  switch (order.kind) {
    case 'pin':
      return `Enters at ${order.rung}`;
    case 'forbid':
      return `${order.rung} is not used`;
    case 'tighten':
      return `Gates work at ${percent(order.factor)} of their capacity`;
    case 'strictness':
      return `The safety check is ${order.level}`;
    case 'roll_back':
      return `${order.model} answers with its previous version`;
    case 'use_version':
      return `${order.model} answers with version ${order.version}`;
    case 'canary':
      return `${order.model} ${order.version} answers ${percent(order.share)} (canary)`;
    case 'fault':
      return 'A fault is injected (chaos)';
  }
}

/** Orders in force at a service: who gave them, why, until when. */
export function Orders({ service }: { readonly service: ServiceStatus }): JSX.Element {
  const may = useMay('operator');
  return (
    <Panel title="Orders in force" flush>
      {service.directives.length === 0 ? (
        <Empty what="None: the ladder decides by itself.">
          {may ? <span>Pin a rung on the ladder to hold requests there.</span> : undefined}
        </Empty>
      ) : (
        <ul class="steps">
          {service.directives.map((directive) => (
            <One key={directive.id} directive={directive} may={may} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function One({ directive, may }: { readonly directive: Directive; readonly may: boolean }): JSX.Element {
  const doing = useDoing();
  const { id, order, owner, reason, expiresAt } = directive;
  const by = ownerOf(owner);
  return (
    <li>
      <div class="row">
        <div class="grow">
          <strong>{orderWords(order)}</strong>
          <p>
            {by.words}: {reasonWords(reason)}
            {by.incident === undefined ? undefined : (
              <>
                {' '}
                (<a href={to(['incidents', by.incident])}>its incident</a>)
              </>
            )}
          </p>
          <p class="quiet small">
            ends by itself <When at={expiresAt} />
          </p>
        </div>
        {may ? (
          <button
            type="button"
            class="button"
            disabled={doing.busy}
            onClick={() =>
              void doing
                .run(() => call('DELETE', `/api/v1/directives/${encodeURIComponent(id)}`), 'Lifted')
                .then(() => reread('/api/v1/services'))
            }
          >
            Lift
          </button>
        ) : undefined}
      </div>
    </li>
  );
}
