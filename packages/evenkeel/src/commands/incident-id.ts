import { EvenkeelError } from '@evenkeel/core';
import { z } from 'zod';
import type { ApiClient } from '../api-client.ts';
import { OPEN_STATES } from './incident-shape.ts';

const found = z.object({ incidents: z.array(z.looseObject({ id: z.string(), status: z.string() })) });
const SHORTEST = 4;

/**
 * The incident that is meant: its id, the last characters of one, or `latest`: the newest that is open, else the newest.
 * @throws EvenkeelError not_found, or conflict when several ids end that way
 */
export async function incidentId(api: ApiClient, said: string): Promise<string> {
  if (/^AI-\d{8}-/.test(said)) return said;
  const { incidents } = found.parse(await api.get('/api/v1/incidents?limit=500'));
  if (said === 'latest') {
    const one = incidents.find(({ status }) => OPEN_STATES.includes(status)) ?? incidents[0];
    if (one === undefined) throw new EvenkeelError('not_found', 'there has been no incident');
    return one.id;
  }
  const fitting = said.length < SHORTEST ? [] : incidents.filter(({ id }) => id.endsWith(said));
  const [one, ...others] = fitting;
  if (one === undefined) {
    throw new EvenkeelError(
      'not_found',
      `no incident ${said}: give its id, its last ${SHORTEST} or more characters, or "latest"`,
    );
  }
  if (others.length > 0)
    throw new EvenkeelError('conflict', `${fitting.length} incidents end in ${said}: give more of the id`);
  return one.id;
}
