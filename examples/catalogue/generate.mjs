/**
 * Writes everything that the four example services need: for each a folder with its evenkeel.yaml, the data of its
 * rungs, and items.ndjson: `{id, input, expected, kind}`, one request a line with what a right answer is.
 *   node examples/catalogue/generate.mjs --out DIR [--data DIR]
 * Deterministic: the same data give the same bytes. Without --data the texts and transactions are generated too.
 */
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chatTask, fraudTask, recommendationTask, searchTask } from './tasks.mjs';

const { values } = parseArgs({ options: { out: { type: 'string' }, data: { type: 'string' } } });
if (values.out === undefined) {
  console.error('usage: node examples/catalogue/generate.mjs --out DIR [--data DIR]');
  process.exit(2);
}
const here = dirname(fileURLToPath(import.meta.url));
const rows = (list) => `${list.map((row) => JSON.stringify(row)).join('\n')}\n`;

/** Tables are files of rows; a rung that takes a table and more is one JSON file. */
const FILES = {
  recommendation: ({ cached_embeddings, popularity, category_defaults, editorial_picks }) => ({
    'cached_embeddings.json': JSON.stringify(cached_embeddings),
    'popularity.ndjson': rows(popularity.items),
    'category_defaults.json': JSON.stringify(category_defaults),
    'editorial_picks.json': JSON.stringify(editorial_picks),
  }),
  search: ({ small_ranker, bm25 }) => ({
    'small_ranker.json': JSON.stringify(small_ranker),
    'documents.ndjson': rows(bm25.documents),
  }),
  chat: ({ templates }) => ({ 'templates.json': JSON.stringify(templates) }),
  fraud: ({ batch_scores, rules, velocity_limits }) => ({
    'batch_scores.json': JSON.stringify(batch_scores),
    'rules.json': JSON.stringify(rules),
    'velocity_limits.json': JSON.stringify(velocity_limits),
  }),
};

if (values.data === undefined) console.error('No --data: all texts and transactions are generated.');
for (const task of [
  recommendationTask(),
  searchTask(values.data),
  fraudTask(values.data),
  chatTask(values.data),
]) {
  const folder = join(values.out, task.name);
  mkdirSync(join(folder, 'data'), { recursive: true });
  copyFileSync(join(here, task.name, 'evenkeel.yaml'), join(folder, 'evenkeel.yaml'));
  for (const [name, text] of Object.entries(FILES[task.name](task.rungs)))
    writeFileSync(join(folder, 'data', name), text);
  writeFileSync(
    join(folder, 'items.ndjson'),
    rows(task.items.map(({ input, expected, kind }, i) => ({ id: `item-${i}`, kind, input, expected }))),
  );
  console.log(`${task.name}: ${task.items.length} items (${task.source}) in ${folder}`);
}
