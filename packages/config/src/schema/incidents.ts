import { ACTION_KINDS, SEVERITIES } from '@evenkeel/core';
import { z } from 'zod';
import { envReference, longDuration, name, serverUrl, shortDuration } from '../values.ts';

const internal = z
  .boolean()
  .default(false)
  .describe(
    'True when the receiver is on this machine or its network; otherwise such addresses are refused.',
  );

const notifierSchema = z.strictObject({
  name: name.describe('Name of the destination.'),
  events: z
    .enum(['pages', 'all'])
    .default('all')
    .describe('What it is told: only what wakes people and its end, or everything.'),
  internal,
  pagerduty: z
    .strictObject({
      routing_key: envReference.describe('Routing key of the integration.'),
      url: serverUrl.optional(),
    })
    .optional()
    .describe('PagerDuty, Events API v2.'),
  slack: z
    .strictObject({
      webhook: serverUrl.optional(),
      token: envReference.optional().describe('Token of the bot.'),
      channel: z.string().min(1).max(200).optional().describe('Channel that the bot writes to.'),
      url: serverUrl.optional(),
    })
    .optional()
    .describe('Slack: an incoming webhook, or a bot with token and channel (which keeps threads).'),
  webhook: z
    .strictObject({ url: serverUrl, secret: envReference.optional().describe('Signs every body.') })
    .optional()
    .describe('Any HTTP receiver; signed when there is a secret.'),
  smtp: z
    .strictObject({
      host: z.string().min(1).max(255).describe('Server that takes the mail.'),
      port: z.int().min(1).max(65_535).default(587).describe('Its port.'),
      tls: z
        .enum(['implicit', 'starttls', 'none'])
        .default('starttls')
        .describe('From the first byte, after the greeting, or not at all.'),
      user: z.string().max(320).optional().describe('Who signs in.'),
      password: envReference.optional().describe('Password of the user.'),
      from: z.string().min(3).max(320).describe('Address that it comes from.'),
      to: z.array(z.string().min(3).max(320)).min(1).max(50).describe('Addresses that it goes to.'),
    })
    .optional()
    .describe('E-mail.'),
  alertmanager: z.strictObject({ url: serverUrl }).optional().describe('Prometheus Alertmanager, API v2.'),
});

const roleSchema = z.strictObject({
  schedule: z.string().min(1).max(200).optional().describe('Id of a schedule: whoever is on call there.'),
  people: z.array(z.string().min(1).max(200)).min(1).max(50).optional().describe('Or these people.'),
});

export const incidentsSchema = z.strictObject({
  automatic: z
    .array(z.enum(ACTION_KINDS))
    .default([])
    .describe('Immediate actions that are taken without asking; none unless named.'),
  automatic_per_day: z.int().min(0).max(1_000).default(5).describe('Automatic actions in 24 hours at most.'),
  occurrences: z.int().min(1).max(1_000).default(3).describe('Sightings until an incident opens.'),
  within: shortDuration('Sightings count within this time.').prefault('1m'),
  resolve_after: shortDuration('All signals gone for this long resolves it.').prefault('5m'),
  page_from: z.enum(SEVERITIES).default('SEV2').describe('The least severity that wakes people.'),
  verification: shortDuration('How long a mitigation has to show that it helps.').prefault('10m'),
  dashboard: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('Address of the dashboard, for links in messages.'),
  notify: z.array(notifierSchema).max(50).default([]).describe('Whom to tell, and how.'),
  on_call: z
    .record(z.string().min(1).max(200), roleSchema)
    .default({})
    .describe('Who is behind a role of the escalation paths. A role that is not named here is the owner.'),
  heartbeat: z
    .strictObject({ url: serverUrl, every: shortDuration('Between beats.').prefault('1m'), internal })
    .optional()
    .describe('Called as long as evenkeel works: whoever stops hearing it raises the alarm.'),
  retrain: z.string().min(1).max(2_000).optional().describe('Command that starts a training run.'),
  owners: z
    .strictObject({
      features: z.string().max(200).optional().describe('Who owns the features.'),
      models: z.string().max(200).optional().describe('Who owns the models.'),
    })
    .default({})
    .describe('Whom tasks go to; the owner of the service unless said.'),
  review_after: longDuration('A review that is not begun so long after the end is reminded of.').prefault(
    '3d',
  ),
});

export type RawIncidents = z.output<typeof incidentsSchema>;
