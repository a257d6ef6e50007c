import type { ServiceConfig } from '@evenkeel/config';
import { EvenkeelError, type Fault, nearestName } from '@evenkeel/core';

function model(config: ServiceConfig, name: string | undefined): void {
  if (name === undefined || config.models.has(name)) return;
  const near = nearestName(name, config.models.keys());
  const known = [...config.models.keys()].join(', ');
  throw new EvenkeelError(
    'bad_request',
    `${config.name} has no model "${name}"${near === undefined ? `: it has ${known}` : `; did you mean "${near}"?`}`,
  );
}

function share(name: string, value: number): void {
  if (!(value > 0 && value <= 1))
    throw new EvenkeelError('bad_request', `${name} is a share over 0 and up to 1, not ${value}`);
}

/** @throws EvenkeelError bad_request when a fault names what the service has not, or cannot be */
export function checkFault(config: ServiceConfig, { spec, radius }: Fault): void {
  share('the blast radius', radius.share);
  if ('rate' in spec) share('the rate', spec.rate);
  if ('model' in spec) model(config, spec.model);
  const needsFeatures =
    spec.type === 'feature_store_latency' ||
    spec.type === 'stale_features' ||
    (spec.type === 'data_quality' && spec.at === 'features');
  if (needsFeatures && config.features === undefined)
    throw new EvenkeelError('bad_request', `${config.name} reads no features: there is nothing to break`);
  if (spec.type === 'worker_kill') {
    const source = config.models.get(spec.model)?.source;
    if (source?.kind !== 'module' || !source.worker)
      throw new EvenkeelError('bad_request', `the model "${spec.model}" runs in no worker`);
  }
}
