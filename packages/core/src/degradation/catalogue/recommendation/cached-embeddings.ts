import type { CatalogueHandler } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { abstain, DATA } from '../read.ts';
import { type Scored, top } from '../top.ts';
import { type Pick, readWish } from './wish.ts';

interface Vectors {
  readonly ids: readonly string[];
  readonly rows: ReadonlyMap<string, number>;
  /** Row-major, each row of length 1 (or 0 for a vector without direction). */
  readonly unit: Float32Array;
  readonly width: number;
  /** Added to an item's score whoever asks. */
  readonly bias: Float64Array;
}

function readVectors(value: unknown): Vectors {
  const entries = DATA.list(value, 'with.items', { min: 1 });
  const ids: string[] = [];
  const rows = new Map<string, number>();
  let width = 0;
  let unit = new Float32Array(0);
  const bias = new Float64Array(entries.length);
  entries.forEach((entry, row) => {
    const where = `with.items[${row}]`;
    const fields = DATA.fields(entry, where);
    const id = DATA.identifier(fields.id, `${where}.id`);
    if (rows.has(id)) DATA.fail(`${where}.id`, 'an id that no other item has', id);
    const vector = DATA.list(fields.vector, `${where}.vector`, { min: 1, max: 4096 });
    if (row === 0) {
      width = vector.length;
      unit = new Float32Array(entries.length * width);
    } else if (vector.length !== width) {
      DATA.fail(`${where}.vector`, `${width} numbers as in the first item`, vector);
    }
    let squares = 0;
    vector.forEach((x, i) => {
      const component = DATA.number(x, `${where}.vector[${i}]`);
      unit[row * width + i] = component;
      squares += component * component;
    });
    const length = Math.sqrt(squares);
    if (length > 0) {
      for (let i = row * width; i < (row + 1) * width; i++) unit[i] = (unit[i] ?? 0) / length;
    }
    bias[row] = DATA.number(fields.bias, `${where}.bias`, { fallback: 0 });
    ids.push(id);
    rows.set(id, row);
  });
  return { ids, rows, unit, width, bias };
}

/** Cosine of two unit vectors: row `row` of `vectors`, and the `width` numbers of `other` from `start`. */
function cosine(vectors: Vectors, row: number, other: Float32Array, start: number): number {
  const { unit, width } = vectors;
  const base = row * width;
  let sum = 0;
  for (let i = 0; i < width; i++) sum += (unit[base + i] ?? 0) * (other[start + i] ?? 0);
  return sum;
}

/**
 * `cached_embeddings`: collaborative filtering on item vectors that some earlier run of the model left behind; no
 * model and no feature is asked. What the person has seen is not offered again.
 * Data: `items` (list of `{id, vector, bias}`: vectors of one width; `bias`, default 0, is added to the item's score for
 * everybody, as models learn it: directions alone forget how popular a thing is), `mode`, `decay` (weight of an item against the one
 * after it, in (0, 1], default 0.97), `neighbours` (for `item_knn`, default 50, at most 500).
 * - `user_vector` (default): the decayed mean of the recent items' directions, compared with every item: O(items ×
 *   width) a request;
 * - `item_knn`: each recent item votes for its nearest neighbours by cosine (Sarwar et al., WWW 2001); neighbour lists
 *   are made when an item is first met and kept, so memory is at most items × neighbours.
 *
 * Has no answer, and the ladder steps down, when none of the recent items is known.
 */
export function cachedEmbeddings(data: unknown): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['items', 'mode', 'decay', 'neighbours']);
  const vectors = readVectors(fields.items);
  const mode = DATA.choice(fields.mode, 'with.mode', ['user_vector', 'item_knn'], 'user_vector');
  const decay = DATA.number(fields.decay, 'with.decay', { min: 0.01, max: 1, fallback: 0.97 });
  const neighbours = DATA.number(fields.neighbours, 'with.neighbours', {
    min: 1,
    max: 500,
    integer: true,
    fallback: 50,
  });
  const version = fingerprint(data);
  const { ids, rows, unit, width, bias } = vectors;
  const lists = new Map<number, readonly Scored[]>();

  function neighboursOf(row: number): readonly Scored[] {
    const known = lists.get(row);
    if (known !== undefined) return known;
    const nearest = top(neighbours);
    for (let other = 0; other < ids.length; other++) {
      if (other !== row) nearest.offer(other, cosine(vectors, other, unit, row * width));
    }
    const list = nearest.best();
    lists.set(row, list);
    return list;
  }

  function byUserVector(recent: readonly Scored[], best: (row: number, score: number) => void): void {
    const user = new Float32Array(width);
    for (const { index, score } of recent) {
      for (let i = 0; i < width; i++) user[i] = (user[i] ?? 0) + score * (unit[index * width + i] ?? 0);
    }
    let squares = 0;
    for (const x of user) squares += x * x;
    const length = Math.sqrt(squares) || 1;
    for (let i = 0; i < width; i++) user[i] = (user[i] ?? 0) / length;
    for (let row = 0; row < ids.length; row++) best(row, cosine(vectors, row, user, 0));
  }

  function byNeighbours(recent: readonly Scored[], best: (row: number, score: number) => void): void {
    const votes = new Map<number, number>();
    let whole = 0;
    for (const { index, score } of recent) {
      whole += score;
      for (const near of neighboursOf(index)) {
        votes.set(near.index, (votes.get(near.index) ?? 0) + score * near.score);
      }
    }
    for (const [row, score] of votes) best(row, score / whole);
  }

  return (request) => {
    const wish = readWish(request);
    const recent: Scored[] = [];
    let weight = 1;
    for (const id of wish.recent.toReversed()) {
      const row = rows.get(id);
      if (row !== undefined) recent.push({ index: row, score: weight });
      weight *= decay;
    }
    if (recent.length === 0) {
      throw abstain('cached_embeddings', 'none of input.recent has a cached vector');
    }
    const best = top(wish.limit);
    const offer = (row: number, score: number): void => {
      if (!wish.excluded.has(ids[row] ?? '')) best.offer(row, score + (bias[row] ?? 0));
    };
    if (mode === 'user_vector') byUserVector(recent, offer);
    else byNeighbours(recent, offer);
    const items: Pick[] = [];
    for (const { index, score } of best.best()) {
      const id = ids[index];
      if (id !== undefined) items.push({ id, score });
    }
    const first = items[0];
    if (first === undefined) throw abstain('cached_embeddings', 'everything it knows has been seen');
    return {
      kind: 'value',
      output: { items },
      model: 'builtin:cached_embeddings',
      version,
      ...(first.score !== undefined && { score: first.score }),
    };
  };
}
