import type { Priority } from '../kernel/level.ts';

/** What is known of a request when its class is decided. */
export interface PrioritySubject {
  /** A header's value by lower-case name, or undefined. Only headers that the file declares trustworthy belong here. */
  readonly header: (name: string) => string | undefined;
  readonly tier: string | undefined;
  /** True when something trustworthy names the person or session. */
  readonly knownUser: boolean;
  readonly input: unknown;
}

/** A scalar that a condition compares with. */
export type PriorityValue = string | number | boolean;

/** One thing that must hold. A value list means any of them. */
export type PriorityCondition =
  /** Without `values`, the header's presence is enough. Values are compared without regard to case. */
  | { readonly kind: 'header'; readonly name: string; readonly values?: readonly string[] }
  | { readonly kind: 'tier'; readonly values: readonly string[] }
  | { readonly kind: 'known_user'; readonly value: boolean }
  /**
   * A field of the input by its path. `atLeast` compares numbers; without `values` and `atLeast` a true, non-empty or
   * non-zero value is enough.
   */
  | {
      readonly kind: 'field';
      readonly path: readonly string[];
      readonly values?: readonly PriorityValue[];
      readonly atLeast?: number;
    };

/** All conditions must hold; a rule without conditions always matches. */
export interface PriorityRule {
  readonly name: string;
  readonly when: readonly PriorityCondition[];
  readonly priority: Priority;
}

/** The class of a request and the name of the rule that gave it. */
export interface PriorityVerdict {
  readonly priority: Priority;
  readonly reason: string;
}

/**
 * The classes of SPEC part 13: safety-critical and high-value requests 0, premium users 1, users who are known 2,
 * everybody else and background work 3. The fields that raise a request to class 0 come from its sender: keep those
 * two rules only where senders are trusted ({@link PRIORITY_RULES_UNTRUSTED} is the list without them).
 */
export const PRIORITY_RULES_UNTRUSTED: readonly PriorityRule[] = [
  { name: 'premium', when: [{ kind: 'tier', values: ['premium'] }], priority: 1 },
  { name: 'logged_in', when: [{ kind: 'known_user', value: true }], priority: 2 },
  { name: 'anonymous', when: [], priority: 3 },
];

/** As {@link PRIORITY_RULES_UNTRUSTED}, after rules that believe what the input says of itself. */
export const PRIORITY_RULES: readonly PriorityRule[] = [
  { name: 'safety_critical', when: [{ kind: 'field', path: ['is_safety_critical'] }], priority: 0 },
  { name: 'high_value', when: [{ kind: 'field', path: ['is_high_value'] }], priority: 0 },
  { name: 'background', when: [{ kind: 'field', path: ['is_background'] }], priority: 3 },
  ...PRIORITY_RULES_UNTRUSTED,
];

/** Own properties only: `constructor` and its like are nobody's field. */
function fieldAt(input: unknown, path: readonly string[]): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

function sameText(values: readonly string[], text: string): boolean {
  const wanted = text.trim().toLowerCase();
  return values.some((value) => value.toLowerCase() === wanted);
}

function holds(condition: PriorityCondition, subject: PrioritySubject): boolean {
  switch (condition.kind) {
    case 'header': {
      const value = subject.header(condition.name.toLowerCase());
      if (value === undefined) return false;
      return condition.values === undefined || sameText(condition.values, value);
    }
    case 'tier':
      return subject.tier !== undefined && sameText(condition.values, subject.tier);
    case 'known_user':
      return subject.knownUser === condition.value;
    case 'field': {
      const value = fieldAt(subject.input, condition.path);
      if (condition.atLeast !== undefined) return typeof value === 'number' && value >= condition.atLeast;
      if (condition.values === undefined) return Boolean(value);
      return condition.values.some((wanted) => wanted === value);
    }
  }
}

/**
 * The class of a request: the first rule whose conditions all hold.
 * @param rules tried in order (default {@link PRIORITY_RULES_UNTRUSTED})
 * @returns class 3 with reason `no_rule` when none matches
 */
export function priorityOf(
  subject: PrioritySubject,
  rules: readonly PriorityRule[] = PRIORITY_RULES_UNTRUSTED,
): PriorityVerdict {
  for (const rule of rules) {
    if (rule.when.every((condition) => holds(condition, subject))) {
      return { priority: rule.priority, reason: rule.name };
    }
  }
  return { priority: 3, reason: 'no_rule' };
}
