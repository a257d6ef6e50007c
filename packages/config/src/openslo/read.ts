import { nearestName } from '@evenkeel/core';
import type { SourceDocument } from '../document.ts';
import type { Problem } from '../problem.ts';
import { checkSchema } from '../schema-problems.ts';
import { oddities } from './oddities.ts';
import { KINDS, type Kind, type OpenSloDocument, SCHEMAS } from './schema.ts';
import { type SourceObject, splitStream } from './source.ts';
import { unknownKeys } from './unknown-keys.ts';

/** An object and the place that it came from. */
export interface PlacedDocument {
  readonly document: OpenSloDocument;
  /** A problem at a place inside the object. */
  readonly problem: SourceDocument['problem'];
}

/** What became of a file: its objects, what is wrong with it, and what is merely odd. */
export interface OpenSloFile {
  /** Whether nothing is wrong with it. */
  readonly ok: boolean;
  /** Objects that are right by themselves, in the order of the file. */
  readonly documents: readonly PlacedDocument[];
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

const byPlace = (a: Problem, b: Problem): number => a.line - b.line || a.column - b.column;

function isKind(value: unknown): value is Kind {
  return typeof value === 'string' && Object.hasOwn(SCHEMAS, value);
}

function kindOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, 'kind') : undefined;
}

/**
 * Reads a YAML stream of OpenSLO v1 objects: every mistake with its line and column, what was expected and the nearest
 * right name. Accepted is what the published JSON Schema of v1 accepts, and what the specification has and the schema
 * lacks: RatioTimeslices, composite SLOs, ready ratios (`raw`), alert policies by reference and in line.
 * Never throws.
 */
export function readOpenSlo(text: string, path: string): OpenSloFile {
  const { objects, problems: broken } = splitStream(text, path);
  const problems: Problem[] = [...broken];
  const warnings: Problem[] = [];
  const documents: PlacedDocument[] = [];
  const seen = new Map<string, Problem>();
  const listed = objects.find((object) => object.listed);
  if (listed !== undefined)
    warnings.push(
      listed.problem([], 'the objects are items of a list: the specification separates them by "---"'),
    );

  for (const object of objects) {
    const document = readObject(object, problems, warnings);
    if (document === undefined) continue;
    documents.push({ document, problem: object.problem });
    const identity = `${document.kind} ${document.metadata.name}`;
    const place = object.problem(['metadata', 'name'], '');
    const first = seen.get(identity);
    if (first === undefined) seen.set(identity, place);
    else
      warnings.push({
        ...place,
        message: `${identity} stands here a second time, first on line ${first.line}: a reference to it is ambiguous`,
      });
  }
  if (objects.length === 0 && problems.length === 0)
    problems.push({ path, line: 1, column: 1, at: '', message: 'expected OpenSLO objects, found nothing' });

  return {
    ok: problems.length === 0,
    documents,
    problems: problems.sort(byPlace),
    warnings: warnings.sort(byPlace),
  };
}

function readObject(
  object: SourceObject,
  problems: Problem[],
  warnings: Problem[],
): OpenSloDocument | undefined {
  const kind = kindOf(object.value);
  if (!isKind(kind)) {
    if (typeof object.value !== 'object' || object.value === null) {
      problems.push(object.problem([], 'expected an object with apiVersion, kind, metadata and spec'));
    } else if (kind === undefined) {
      problems.push(object.problem([], `"kind" is missing: expected one of ${KINDS.join(', ')}`));
    } else {
      const near = nearestName(String(kind), KINDS);
      const hint = near === undefined ? undefined : `did you mean "${near}"?`;
      problems.push(
        object.problem(['kind'], `expected one of ${KINDS.join(', ')}, found "${String(kind)}"`, hint),
      );
    }
    return undefined;
  }

  const unknown = unknownKeys(SCHEMAS[kind], object.value);
  for (const { parent, key, near } of unknown) {
    const hint = near === undefined ? undefined : `did you mean "${near}"?`;
    warnings.push(
      object.problem(
        [...parent, key],
        `"${key}" is not known to OpenSLO v1: kept, but without effect`,
        hint,
        'key',
      ),
    );
  }
  const checked = checkSchema<OpenSloDocument>(object, SCHEMAS[kind]);
  if (!checked.ok) {
    // A key that is missing because it is misspelt: the two mistakes are one.
    const misspelt = new Map(unknown.flatMap(({ key, near }) => (near === undefined ? [] : [[near, key]])));
    for (const problem of checked.problems) {
      const missing = problem.message.includes('is missing')
        ? (/^"(\w+)"/.exec(problem.message)?.[1] ?? problem.at.split('.').at(-1) ?? '')
        : '';
      const written = misspelt.get(missing);
      const hint = written === undefined ? undefined : `"${written}" is there: did you mean "${missing}"?`;
      problems.push(hint === undefined || problem.hint !== undefined ? problem : { ...problem, hint });
    }
    return undefined;
  }
  const found = oddities(checked.value, object);
  warnings.push(...found.warnings);
  problems.push(...found.problems);
  return found.problems.length === 0 ? checked.value : undefined;
}
