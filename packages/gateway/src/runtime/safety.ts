import { pathToFileURL } from 'node:url';
import type { SafetyConfig, SafetyRuleConfig } from '@evenkeel/config';
import {
  ALLOW,
  describeError,
  EvenkeelError,
  type Hold,
  type PredictRequest,
  type SafetyCheck,
  type SafetyVerdict,
  type Strictness,
  type ValuePrediction,
} from '@evenkeel/core';
import { textOfChunk } from '../protocols/index.ts';

/** What a safety module exports as `createSafety(options)`: judges a whole answer. */
export type SafetyFunction = (
  output: unknown,
  context: { readonly input: unknown; readonly strictness: Strictness },
) => SafetyVerdict | Promise<SafetyVerdict>;

const RANK: Readonly<Record<Strictness, number>> = { relaxed: 0, normal: 1, strict: 2 };

function collectText(value: unknown, into: string[], depth = 0): void {
  if (typeof value === 'string') into.push(value);
  else if (depth < 12 && typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) collectText(inner, into, depth + 1);
  }
}

function fieldOf(output: unknown, path: readonly string[]): unknown {
  let value = output;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = Reflect.get(value, step);
  }
  return value;
}

/** Lower-case words with single spaces round them: a phrase is then found by a plain search, in linear time. */
function normal(text: string): string {
  return ` ${text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()} `;
}

interface Rule {
  readonly config: SafetyRuleConfig;
  readonly path: readonly string[];
  readonly needles: readonly string[];
  /** The longest word of each needle: texts without any of them need no closer look. */
  readonly hints: readonly string[];
}

function compile(config: SafetyRuleConfig): Rule {
  const needles = config.words.map((word) =>
    word.endsWith('*') ? normal(word.slice(0, -1)).slice(0, -1) : normal(word),
  );
  const hints = needles.map((needle) =>
    needle.split(' ').reduce((longest, word) => (word.length > longest.length ? word : longest), ''),
  );
  return { config, path: config.field === '' ? [] : config.field.split('.'), needles, hints };
}

function matches(rule: Rule, text: string): boolean {
  const lower = text.toLowerCase();
  if (!rule.hints.some((hint) => lower.includes(hint))) return false;
  const searched = normal(text);
  return rule.needles.some((needle) => searched.includes(needle));
}

async function loadFunction(file: string, options: unknown): Promise<SafetyFunction> {
  try {
    const loaded: { createSafety?: unknown } = await import(pathToFileURL(file).href);
    if (typeof loaded.createSafety !== 'function') throw new Error('exports no function createSafety');
    const check: unknown = await loaded.createSafety(options);
    if (typeof check !== 'function') throw new Error('createSafety returned no function');
    return async (output, context) => check(output, context);
  } catch (error) {
    throw new EvenkeelError('config_invalid', `safety.module: ${file}: ${describeError(error)}`, {
      cause: error,
    });
  }
}

/** The output safety check of a service, from its rules and its module. */
export async function openSafety(config: SafetyConfig, hold: Hold): Promise<SafetyCheck> {
  const rules = config.rules.map(compile);
  const judge =
    config.module === undefined ? undefined : await loadFunction(config.module.file, config.module.options);
  const inForce = (rule: Rule, strictness: Strictness): boolean =>
    RANK[strictness] >= RANK[rule.config.level];

  function held(
    rule: Rule,
    reason: string,
    prediction: ValuePrediction,
    request: PredictRequest,
  ): Promise<SafetyVerdict> {
    const item = {
      requestId: request.id,
      tenant: request.caller.tenant,
      user: request.caller.user,
      input: { input: request.input, output: prediction.output },
      reason,
    };
    return Promise.resolve(hold(item)).then((result) =>
      result.accepted
        ? { verdict: 'hold', reason, output: { held: true, ticket: result.id, message: config.replaceWith } }
        : // Nobody can look at it: fail closed.
          { verdict: 'block', reason: `${reason} (${rule.config.verdict}); ${result.reason}` },
    );
  }

  return {
    check(prediction, request, strictness) {
      for (const rule of rules) {
        if (!inForce(rule, strictness)) continue;
        const texts: string[] = [];
        collectText(fieldOf(prediction.output, rule.path), texts);
        if (!texts.some((text) => matches(rule, text))) continue;
        const reason = `safety ${rule.config.name}`;
        if (rule.config.verdict === 'block') return { verdict: 'block', reason };
        if (rule.config.verdict === 'replace')
          return { verdict: 'replace', reason, output: config.replaceWith };
        return held(rule, reason, prediction, request);
      }
      return judge === undefined ? ALLOW : judge(prediction.output, { input: request.input, strictness });
    },
    checkText(text, strictness) {
      // A stream cannot be called back: whatever a rule would do with a whole answer, here it stops it.
      for (const rule of rules) {
        if (rule.path.length === 0 && inForce(rule, strictness) && matches(rule, text))
          return `safety ${rule.config.name}`;
      }
      return undefined;
    },
    textOf: textOfChunk,
  };
}
