import { nearestName } from '@evenkeel/core';
import type { z } from 'zod';
import type { PathStep } from './document.ts';
import { valueAt } from './schema-problems.ts';

/** A value with its broken parts taken out or stood in for, and the places where that was done. */
export interface Mended {
  readonly value: unknown;
  readonly doubtful: readonly (readonly PathStep[])[];
}

/** Without these whole there is nothing left to check references against. */
const BEARING: readonly string[] = ['models', 'features', 'ladder'];

/** Stand-ins for what must be there, chosen so that no rule about other places trips over them. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  evenkeel: 1,
  service: 'x',
  type: 'custom',
  owner: 'x',
  version: 'x',
  deadline: '1h',
  tenant: 'x',
  level: 'full_service',
};

/** What is compared with a place and cannot be judged when that place is broken. */
const COMPARED: Readonly<Record<string, string>> = {
  deadline: 'max_deadline',
  hold: 'max_hold',
  recovery: 'max_recovery',
  max: 'min',
  min: 'max',
  window: 'minimum',
};

/**
 * Takes out of a value what a schema found wrong, so that the rest of the file can still be checked: one wrong
 * value must not hide a wrong reference elsewhere. Undefined when too little would be left.
 */
export function mend(value: unknown, issues: readonly z.core.$ZodIssue[]): Mended | undefined {
  const copy: unknown = structuredClone(value);
  const doubtful: PathStep[][] = [];
  for (const issue of issues) {
    const at = issue.path.map((step): PathStep => (typeof step === 'number' ? step : String(step)));
    if (issue.code === 'invalid_key') return undefined;
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const meant = at.length === 0 ? nearestName(key, BEARING) : undefined;
        if (meant !== undefined && valueAt(copy, [meant]) === undefined) return undefined;
        doubtful.push([...at, key]);
        take(copy, [...at, key]);
      }
      continue;
    }
    const spot = replaceable(copy, at);
    if (spot === undefined) return undefined;
    doubtful.push(spot, at);
    const partner = COMPARED[String(spot.at(-1))];
    if (partner !== undefined) {
      doubtful.push([...spot.slice(0, -1), partner]);
      take(copy, [...spot.slice(0, -1), partner]);
    }
    // Its entities are what the key of a redis source is made of.
    if (spot[0] === 'features' && spot[1] === 'entities') doubtful.push(['features', 'redis', 'key']);
    put(copy, spot, doubtful.length);
  }
  return { value: copy, doubtful };
}

/** Whether a place was mended, lies inside a mended place, or holds one: what is said of it may be our own doing. */
export function isDoubtful(at: readonly PathStep[], doubtful: readonly (readonly PathStep[])[]): boolean {
  const within = (inner: readonly PathStep[], outer: readonly PathStep[]): boolean =>
    outer.every((step, i) => inner[i] === step);
  return doubtful.some((place) => within(at, place) || (at.length === place.length - 1 && within(place, at)));
}

/** The smallest place round a mistake that can be left out or stood in for; items of a list go with their list. */
function replaceable(root: unknown, path: readonly PathStep[]): PathStep[] | undefined {
  const at = [...path];
  for (;;) {
    const last = at.at(-1);
    const bears = BEARING.includes(String(at[0]));
    if (
      last === undefined ||
      (bears && at.length === (at[0] === 'features' ? 1 : 2)) ||
      (bears && at.length === 1)
    )
      return undefined;
    if (typeof last === 'string' && (last in STAND_INS || isNamed(at) || valueAt(root, at) !== undefined))
      return at;
    at.pop();
  }
}

/** Names that must differ from each other get a stand-in of their own. */
const isNamed = (at: readonly PathStep[]): boolean => at[0] === 'callers' && at.at(-1) === 'name';

function put(root: unknown, at: readonly PathStep[], serial: number): void {
  const last = String(at.at(-1));
  const parent = valueAt(root, at.slice(0, -1));
  if (typeof parent !== 'object' || parent === null) return;
  if (last === 'level' && at[0] === 'ladder') {
    // Beside its neighbour, so that the ladder still goes down.
    const above = typeof at[1] === 'number' ? valueAt(root, ['ladder', at[1] - 1, 'level']) : undefined;
    Reflect.set(parent, last, above ?? STAND_INS.level);
  } else if (isNamed(at)) Reflect.set(parent, last, `stand-in ${serial}`);
  else if (last in STAND_INS && last !== 'level') Reflect.set(parent, last, STAND_INS[last]);
  else Reflect.deleteProperty(parent, last);
}

function take(root: unknown, at: readonly PathStep[]): void {
  const parent = valueAt(root, at.slice(0, -1));
  const last = at.at(-1);
  if (typeof parent === 'object' && parent !== null && last !== undefined)
    Reflect.deleteProperty(parent, last);
}
