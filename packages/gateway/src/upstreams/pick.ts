import { EvenkeelError } from '@evenkeel/core';
import { malformed } from './failure.ts';
import { isRecord } from './record.ts';

/** Where in an answer the facts are that monitors want: paths such as `result.label` or `scores[0].value`. */
export interface PickOptions {
  /** What becomes the output; the whole answer when not given. */
  readonly output?: string | undefined;
  readonly label?: string | undefined;
  readonly confidence?: string | undefined;
  readonly score?: string | undefined;
}

export interface Picked {
  readonly output: unknown;
  readonly label?: string;
  readonly confidence?: number;
  readonly score?: number;
}

type Path = readonly (string | number)[];

/** @throws EvenkeelError `config_invalid` */
export function parsePath(text: string): Path {
  const steps: (string | number)[] = [];
  const step = /(?:^|\.)([^.[\]]+)|\[(\d+)\]/gy;
  let at = 0;
  while (at < text.length) {
    const found = step.exec(text);
    if (found === null) throw new EvenkeelError('config_invalid', `"${text}" is not a path such as a.b[0].c`);
    at = step.lastIndex;
    const [, name, index] = found;
    if (name !== undefined) steps.push(name);
    else if (index !== undefined) steps.push(Number(index));
  }
  if (steps.length === 0) throw new EvenkeelError('config_invalid', 'a path must not be empty');
  return steps;
}

export function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const step of path) {
    if (Array.isArray(current)) current = current[Number(step)];
    else if (isRecord(current) && Object.hasOwn(current, step)) current = current[step];
    else return undefined;
  }
  return current;
}

function number(answer: unknown, path: Path, name: string, text: string): number {
  const value = valueAt(answer, path);
  if (typeof value !== 'number' || !Number.isFinite(value))
    throw malformed(`${name}: there is no number at ${text}`);
  return value;
}

/**
 * A function that reads an answer. A path that is configured must lead somewhere: an answer in which the label is
 * gone is not an answer, and a rung below can do better.
 */
export function createPicker(options: PickOptions): (answer: unknown) => Picked {
  const path = (text: string | undefined): Path | undefined =>
    text === undefined ? undefined : parsePath(text);
  const output = path(options.output);
  const label = path(options.label);
  const confidence = path(options.confidence);
  const score = path(options.score);
  if (output === undefined && label === undefined && confidence === undefined && score === undefined)
    return (answer) => ({ output: answer });

  return (answer) => {
    const picked: { output: unknown; label?: string; confidence?: number; score?: number } = {
      output: answer,
    };
    if (output !== undefined) {
      picked.output = valueAt(answer, output);
      if (picked.output === undefined) throw malformed(`output: there is nothing at ${options.output}`);
    }
    if (label !== undefined) {
      const value = valueAt(answer, label);
      if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean')
        throw malformed(`label: there is none at ${options.label}`);
      picked.label = String(value);
    }
    if (confidence !== undefined) {
      picked.confidence = number(answer, confidence, 'confidence', `${options.confidence}`);
      if (picked.confidence < 0 || picked.confidence > 1)
        throw malformed(`confidence: ${picked.confidence} is not in [0, 1]`);
    }
    if (score !== undefined) picked.score = number(answer, score, 'score', `${options.score}`);
    return picked;
  };
}
