import { isIP } from 'node:net';
import {
  isTimeZone,
  PRIORITY_RULES_UNTRUSTED,
  type PriorityCondition,
  type PriorityRule,
} from '@evenkeel/core';
import type { PathStep } from '../document.ts';
import type { RawService } from '../schema/service.ts';
import type { RawSafety } from '../schema/traffic.ts';
import type {
  AddressTrust,
  CallerKey,
  CallersConfig,
  SafetyConfig,
  ServiceConfig,
  TenantConfig,
} from '../service-config.ts';
import type { Scope } from './scope.ts';

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

export function resolvePriority(raw: RawService, scope: Scope): ServiceConfig['priority'] {
  if (raw.priority === undefined) return { rules: PRIORITY_RULES_UNTRUSTED, default: 3 };
  const rules = raw.priority.rules.map((rule, i): PriorityRule => {
    const { header, tier, known_user: knownUser, input, equals, at_least: atLeast } = rule.when;
    const at = ['priority', 'rules', i, 'when'];
    const when: PriorityCondition[] = [];
    if (header !== undefined) {
      when.push({
        kind: 'header',
        name: header.toLowerCase(),
        ...(equals === undefined ? {} : { values: list(equals).map(String) }),
      });
    }
    if (tier !== undefined) when.push({ kind: 'tier', values: list(tier) });
    if (knownUser !== undefined) when.push({ kind: 'known_user', value: knownUser });
    if (input !== undefined) {
      when.push({
        kind: 'field',
        path: input.replace(/^input\./, '').split('.'),
        ...(equals === undefined ? {} : { values: list(equals) }),
        ...(atLeast === undefined ? {} : { atLeast }),
      });
    }
    if (equals !== undefined && header === undefined && input === undefined) {
      scope.fail([...at, 'equals'], 'equals compares a header or an input: name one', undefined, 'key');
    }
    return { name: rule.name ?? `rule ${i + 1}`, when, priority: rule.class };
  });
  return { rules, default: raw.priority.default };
}

export function resolveAdmission(raw: RawService, scope: Scope): ServiceConfig['admission'] {
  const { capacity, thresholds } = raw.admission;
  const [three, two, one] = thresholds;
  if (!(three <= two && two <= one))
    scope.fail(['admission', 'thresholds'], 'expected them to rise: class 3, class 2, class 1');
  const tenants = new Map<string, TenantConfig>();
  for (const [name, tenant] of Object.entries(raw.admission.tenants)) {
    tenants.set(name, {
      requestsPerSecond: tenant.requests_per_second,
      tokensPerMinute: tenant.tokens_per_minute,
      share: tenant.share,
    });
  }
  return {
    limit: { kind: 'fixed', limit: capacity },
    thresholds: { 1: one, 2: two, 3: three },
    tenants,
  };
}

/** An address, or one with a prefix length that its family has. */
function isRange(text: string): boolean {
  const [address = '', prefix, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128));
}

function trust(raw: 'none' | 'loopback' | string[], at: readonly PathStep[], scope: Scope): AddressTrust {
  if (!Array.isArray(raw)) return raw;
  raw.forEach((range, i) => {
    if (!isRange(range))
      scope.fail([...at, i], `expected an address or a range such as "10.0.0.0/8", found "${range}"`);
  });
  return raw;
}

export function resolveCallers(raw: RawService, scope: Scope): CallersConfig {
  const { keys, headers } = raw.callers;
  const seen = new Map<string, number>();
  keys.forEach((key, i) => {
    const first = seen.get(key.name);
    if (first !== undefined)
      scope.fail(['callers', 'keys', i, 'name'], `the name "${key.name}" is taken by keys[${first}]`);
    seen.set(key.name, i);
  });
  const resolved = keys.map(
    (key, i): CallerKey => ({
      name: key.name,
      key: scope.secret(['callers', 'keys', i, 'key'], key.key),
      tenant: key.tenant,
      tier: key.tier,
      maySetPriority: key.may_set_priority,
      trustHeaders: key.trust_headers,
    }),
  );
  for (const [i, { key }] of resolved.entries()) {
    const value = key.reveal();
    const first = value === '' ? -1 : resolved.findIndex((other) => other.key.reveal() === value);
    if (first !== -1 && first < i)
      scope.fail(
        ['callers', 'keys', i, 'key'],
        `is the same key as keys[${first}]: callers could not be told apart`,
      );
  }
  return {
    keys: resolved,
    trustHeadersFrom: trust(raw.callers.trust_headers_from, ['callers', 'trust_headers_from'], scope),
    maySetPriorityFrom: trust(raw.callers.may_set_priority_from, ['callers', 'may_set_priority_from'], scope),
    headers: {
      tenant: headers.tenant.toLowerCase(),
      user: headers.user.toLowerCase(),
      tier: headers.tier.toLowerCase(),
      cohort: headers.cohort.toLowerCase(),
    },
  };
}

export function resolveSafety(raw: RawSafety, scope: Scope): SafetyConfig {
  return {
    rules: raw.rules.map((rule, i) => ({
      name: rule.name ?? `rule ${i + 1}`,
      field: rule.field.replace(/^output\.?/, ''),
      words: rule.words,
      verdict: rule.verdict,
      level: rule.level,
    })),
    module:
      raw.module === undefined
        ? undefined
        : { file: scope.file(['safety', 'module'], raw.module), options: raw.options },
    strictness: raw.strictness,
    replaceWith: raw.replace_with,
  };
}

export function checkTimeZone(raw: RawService, scope: Scope): void {
  if (isTimeZone(raw.timezone)) return;
  scope.reference(['timezone'], raw.timezone, Intl.supportedValuesOf('timeZone'), 'time zone');
}
