import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import type { RequestRecord } from '../../api/wire.ts';
import { Level } from '../../parts/marks.tsx';
import { Empty } from '../../parts/page.tsx';
import { When } from '../../parts/when.tsx';
import { plain } from '../../words/levels.ts';
import { spell } from '../../words/time.ts';

/** Requests, newest first; each leads to its record. */
export function RequestTable(props: {
  readonly requests: readonly RequestRecord[];
  readonly withService?: boolean;
}): JSX.Element {
  const { requests, withService = false } = props;
  if (requests.length === 0) {
    return (
      <Empty what="No requests.">
        <span>Send some through the gateway; each leaves a record of what was decided and why.</span>
      </Empty>
    );
  }
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">When</th>
          {withService ? <th scope="col">Service</th> : undefined}
          <th scope="col">Answered by</th>
          <th scope="col" class="wide-only">
            Why
          </th>
          <th scope="col" class="num">
            Took
          </th>
        </tr>
      </thead>
      <tbody>
        {requests.map((request) => (
          <tr key={request.id}>
            <td>
              <a class="cover" href={to(['requests', request.id])}>
                <When at={request.at} as="clock" />
              </a>
              {request.kind === 'live' ? undefined : <div class="quiet small">{request.kind}</div>}
            </td>
            {withService ? <td>{request.service}</td> : undefined}
            <td>
              <Level level={request.level} />
              <div class="quiet small">
                {request.rung ?? (request.error === undefined ? 'nobody' : plain(request.error))}
                {request.label === undefined ? '' : ` · ${request.label}`}
              </div>
            </td>
            <td class="wide-only quiet small">{request.reason === 'ok' ? '' : request.reason}</td>
            <td class="num">{spell(request.durationMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
