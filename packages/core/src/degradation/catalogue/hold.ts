import { EvenkeelError } from '../../kernel/errors.ts';
import type { CatalogueHost, CataloguePrediction, HoldingHandler, HoldResult } from './contract.ts';
import { fingerprint } from './fingerprint.ts';
import { DATA } from './read.ts';

/**
 * Hands requests to people and answers that it did. Data: `label` (what the answer says meanwhile), `reason` (what
 * the reviewer reads), `message` (what the caller reads).
 * Throws `queue_full` when the queue refuses, so that the ladder steps down; never drops a request in silence.
 */
export function holding(
  name: string,
  defaults: { readonly label: string; readonly reason: string; readonly message: string },
  data: unknown,
  host: CatalogueHost,
): HoldingHandler {
  const fields = DATA.fields(data ?? {}, 'with', ['label', 'reason', 'message']);
  const label = DATA.text(fields.label, 'with.label', { min: 1, fallback: defaults.label });
  const reason = DATA.text(fields.reason, 'with.reason', { min: 1, fallback: defaults.reason });
  const message = DATA.text(fields.message, 'with.message', { min: 1, fallback: defaults.message });
  const hold = host.hold;
  if (hold === undefined) {
    throw new EvenkeelError('config_invalid', `${name}: there is no review queue to hold requests in`);
  }
  const model = `builtin:${name}`;
  const version = fingerprint({ label, reason, message });

  const finish = (result: HoldResult): CataloguePrediction => {
    if (!result.accepted) {
      const retry = result.retryAfterMs === undefined ? {} : { retryAfterMs: result.retryAfterMs };
      throw new EvenkeelError('queue_full', `${name}: ${result.reason}`, retry);
    }
    return {
      kind: 'value',
      output: { label, held: true, ticket: result.id, message },
      model,
      version,
      label,
    };
  };

  return (request) => {
    if (request.input === undefined || request.input === null) {
      throw new EvenkeelError(
        'bad_request',
        'input: expected something for a person to look at, got nothing',
      );
    }
    const result = hold({
      requestId: request.id,
      tenant: request.caller.tenant,
      user: request.caller.user,
      input: request.input,
      reason,
    });
    return result instanceof Promise ? result.then(finish) : finish(result);
  };
}
