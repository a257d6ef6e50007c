import type { JSX } from 'preact';
import { to } from '../../address/address.ts';
import { query } from '../../api/client.ts';
import { useRead } from '../../api/use-read.ts';
import type { RequestRecord } from '../../api/wire.ts';
import { Panel } from '../../parts/page.tsx';
import { Readout } from '../../parts/readout.tsx';
import { LatencyMap } from '../requests/latency-map.tsx';
import { RequestTable } from '../requests/request-table.tsx';

const SEEN = 300;
const LISTED = 8;

/** The last requests: how long they took, by level, and the newest of them. */
export function RecentRequests({ service }: { readonly service: string }): JSX.Element {
  const reading = useRead<{ requests: readonly RequestRecord[] }>(
    `/api/v1/requests${query({ service, limit: SEEN })}`,
    ['services'],
  );
  return (
    <Panel title="Requests" beside={<a href={to(['requests'], { service })}>Search</a>} flush>
      <Readout of={reading} rows={6}>
        {({ requests }) => (
          <>
            <LatencyMap requests={requests} />
            <RequestTable requests={requests.slice(0, LISTED)} />
          </>
        )}
      </Readout>
    </Panel>
  );
}
