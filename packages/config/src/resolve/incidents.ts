import type { RawIncidents } from '../schema/incidents.ts';
import type { IncidentsConfig, NotifierConfig, NotifierTarget } from '../service-config.ts';
import type { Scope } from './scope.ts';

type RawNotifier = RawIncidents['notify'][number];
const KINDS = ['pagerduty', 'slack', 'webhook', 'smtp', 'alertmanager'] as const;

function targetOf(
  raw: RawNotifier,
  at: readonly (string | number)[],
  scope: Scope,
): NotifierTarget | undefined {
  const given = KINDS.filter((kind) => raw[kind] !== undefined);
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none is there' : `found ${given.join(' and ')}`;
    scope.fail(at, `a destination has exactly one of ${KINDS.join(', ')}: ${found}`, undefined, 'key');
    return undefined;
  }
  if (raw.pagerduty !== undefined) {
    const { routing_key, url } = raw.pagerduty;
    return {
      kind: 'pagerduty',
      routingKey: scope.secret([...at, 'pagerduty', 'routing_key'], routing_key),
      url: url === undefined ? undefined : scope.address([...at, 'pagerduty', 'url'], url),
    };
  }
  if (raw.slack !== undefined) return slackOf(raw.slack, [...at, 'slack'], scope);
  if (raw.webhook !== undefined) {
    const { url, secret } = raw.webhook;
    return {
      kind: 'webhook',
      url: scope.address([...at, 'webhook', 'url'], url),
      secret: secret === undefined ? undefined : scope.secret([...at, 'webhook', 'secret'], secret),
    };
  }
  if (raw.smtp !== undefined) {
    const { password, user, ...smtp } = raw.smtp;
    if ((user === undefined) !== (password === undefined)) {
      scope.fail([...at, 'smtp'], 'user and password come together', undefined, 'key');
    }
    return {
      kind: 'smtp',
      ...smtp,
      user,
      password: password === undefined ? undefined : scope.secret([...at, 'smtp', 'password'], password),
    };
  }
  return raw.alertmanager === undefined
    ? undefined
    : { kind: 'alertmanager', url: scope.address([...at, 'alertmanager', 'url'], raw.alertmanager.url) };
}

function slackOf(
  raw: NonNullable<RawNotifier['slack']>,
  at: readonly (string | number)[],
  scope: Scope,
): NotifierTarget | undefined {
  const { webhook, token, channel, url } = raw;
  if (webhook !== undefined && token === undefined && channel === undefined) {
    return { kind: 'slack_webhook', url: scope.address([...at, 'webhook'], webhook) };
  }
  if (webhook === undefined && token !== undefined && channel !== undefined) {
    return {
      kind: 'slack_bot',
      token: scope.secret([...at, 'token'], token),
      channel,
      url: url === undefined ? undefined : scope.address([...at, 'url'], url),
    };
  }
  scope.fail(at, 'expected either a webhook, or token and channel', undefined, 'key');
  return undefined;
}

export function resolveIncidents(raw: RawIncidents, owner: string, scope: Scope): IncidentsConfig {
  const notify: NotifierConfig[] = [];
  for (const [i, one] of raw.notify.entries()) {
    const at = ['incidents', 'notify', i];
    if (raw.notify.findIndex(({ name }) => name === one.name) < i) {
      scope.fail([...at, 'name'], `there are two destinations "${one.name}"`);
    }
    const target = targetOf(one, at, scope);
    if (target !== undefined) {
      notify.push({ name: one.name, events: one.events, internal: one.internal, target });
    }
  }
  for (const [role, who] of Object.entries(raw.on_call)) {
    if ((who.schedule === undefined) === (who.people === undefined)) {
      scope.fail(['incidents', 'on_call', role], 'a role is either a schedule or people', undefined, 'key');
    }
  }
  return {
    automatic: raw.automatic,
    automaticPerDay: raw.automatic_per_day,
    occurrences: raw.occurrences,
    withinMs: raw.within,
    resolveAfterMs: raw.resolve_after,
    pageFrom: raw.page_from,
    verificationMs: raw.verification,
    dashboard: raw.dashboard,
    notify,
    onCall: raw.on_call,
    heartbeat:
      raw.heartbeat === undefined
        ? undefined
        : {
            url: scope.address(['incidents', 'heartbeat', 'url'], raw.heartbeat.url),
            everyMs: raw.heartbeat.every,
            internal: raw.heartbeat.internal,
          },
    retrain: raw.retrain,
    owners: { service: owner, features: raw.owners.features ?? owner, models: raw.owners.models ?? owner },
    reviewAfterMs: raw.review_after,
  };
}
