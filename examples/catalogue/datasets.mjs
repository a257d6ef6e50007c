import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { normal, seeded, shuffled } from './random.mjs';

/** RFC 4180 enough for these files: quoted fields may hold commas, quotes and line ends. */
export function parseCsv(text) {
  const rows = [];
  let row = [];
  let field = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i];
    if (quoted) {
      if (c !== '"') field += c;
      else if (text[i + 1] === '"') {
        field += '"';
        i += 1;
      } else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',') {
      row.push(field);
      field = '';
    } else if (c === '\n') {
      row.push(field);
      rows.push(row);
      row = [];
      field = '';
    } else field += c;
  }
  if (field !== '' || row.length > 0) rows.push([...row, field]);
  return rows;
}

function file(data, ...path) {
  const full = data === undefined ? undefined : join(data, 'models', ...path);
  return full !== undefined && existsSync(full)
    ? readFileSync(full, 'utf8').replaceAll('\r\n', '\n')
    : undefined;
}

/** Words of a made-up language: topics of their own words over a common stock, for when there are no real texts. */
function topicSampler(topics, seed) {
  const random = seeded(seed);
  const word = (kind, n) => `${kind}${n.toString(36)}`;
  return (topic, length, own) => {
    const words = [];
    for (let i = 0; i < length; i++) {
      const place = Math.floor(40 * random() ** 2);
      words.push(
        random() < own ? word(`t${topic % topics}w`, place) : word('common', Math.floor(300 * random() ** 2)),
      );
    }
    return words.join(' ');
  };
}

/** Documents, and queries with graded relevance. Cranfield where `data` has it. */
export function searchCollection(data) {
  const [docs, queries, judged] = ['cran.all.1400', 'cran.qry', 'cranqrel'].map((name) =>
    file(data, 'cranfield', name),
  );
  if (docs !== undefined && queries !== undefined && judged !== undefined) {
    const documents = docs
      .split(/^\.I /mu)
      .slice(1)
      .map((part) => {
        const field = (name, next) => part.split(`\n.${name}\n`)[1]?.split(`\n.${next}\n`)[0] ?? '';
        const title = field('T', 'A').replaceAll('\n', ' ').trim();
        const year = /\b(19[0-6]\d)\b/u.exec(field('B', 'W'))?.[1];
        let body = (part.split('\n.W\n')[1] ?? '').replaceAll('\n', ' ').trim();
        if (body.startsWith(title)) body = body.slice(title.length).trim();
        return {
          id: part.split('\n')[0].trim(),
          title,
          body,
          ...(year !== undefined && { time: Number(year) }),
        };
      });
    const texts = queries
      .split(/^\.I /mu)
      .slice(1)
      .map((part) => (part.split('\n.W\n')[1] ?? '').replaceAll('\n', ' ').trim());
    const relevant = texts.map(() => ({}));
    for (const line of judged.trim().split('\n')) {
      const [query, document, grade] = line.trim().split(/\s+/u).map(Number);
      // 1 is a complete answer, 4 of minimum interest; anything else is of none.
      if (grade >= 1 && grade <= 4) relevant[query - 1][String(document)] = 5 - grade;
    }
    return {
      source: 'real: Cranfield, 1,400 abstracts, 225 judged queries',
      documents,
      queries: texts.map((text, i) => ({ text, relevant: relevant[i] })),
    };
  }
  const random = seeded(21);
  const sample = topicSampler(60, 22);
  const documents = Array.from({ length: 1400 }, (_, i) => ({
    id: String(i),
    title: sample(i, 8, 0.5),
    body: sample(i, 60 + Math.floor(80 * random()), 0.35),
    time: 2000 + Math.floor(26 * random()),
  }));
  const asked = Array.from({ length: 225 }, (_, q) => ({
    text: sample(q, 7, 0.6),
    relevant: Object.fromEntries(documents.flatMap((d, i) => (i % 60 === q % 60 ? [[d.id, 2]] : []))),
  }));
  return { source: 'generated: 60 topics of made-up words, seeds 21 and 22', documents, queries: asked };
}

/** Questions with intents: banking77 where `data` has it. */
export function intents(data) {
  const [train, test] = ['train.csv', 'test.csv'].map((name) => file(data, 'banking77', name));
  const rows = (text) =>
    parseCsv(text)
      .slice(1)
      .filter((row) => row.length === 2)
      .map(([question, intent]) => ({ text: question.trim(), intent }));
  if (train !== undefined && test !== undefined) {
    return { source: "real: banking77's own split, 77 intents", train: rows(train), test: rows(test) };
  }
  const sample = topicSampler(77, 31);
  const made = (n) =>
    Array.from({ length: n }, (_, i) => ({ text: sample(i, 10, 0.6), intent: `intent_${i % 77}` }));
  return { source: 'generated: 77 topics of made-up words, seed 31', train: made(2310), test: made(1155) };
}

/** Messages, `spam` or `ham`, duplicates removed: UCI's where `data` has them; undefined otherwise. */
export function messages(data) {
  const text = file(data, 'sms-spam', 'SMSSpamCollection');
  if (text === undefined) return undefined;
  const unique = new Map();
  for (const line of text.split('\n').slice(1)) {
    const [label, message] = line.split('\t');
    if (message !== undefined) unique.set(message.trim(), label);
  }
  return shuffled(
    [...unique].map(([message, label]) => ({ text: message, label })),
    seeded(41),
  );
}

/** Card transactions with numbers `v1`… and `amount`: a sample of the ULB set where `data` has it. */
export function transactions(data) {
  const text = file(data, 'fraud', 'creditcard_sample_a.csv');
  if (text !== undefined) {
    const [head, ...rows] = parseCsv(text);
    const names = head.map((name) => name.toLowerCase());
    const list = rows
      .filter((row) => row.length === head.length)
      .map((row) => {
        const all = Object.fromEntries(names.map((name, i) => [name, Number(row[i])]));
        const features = Object.fromEntries(
          Object.entries(all).filter(([name]) => /^(v\d+|amount)$/u.test(name)),
        );
        return { features, fraud: all.class === 1 };
      });
    return {
      source: 'real: 1,722 transactions of the ULB set (492 frauds)',
      list: shuffled(list, seeded(51)),
    };
  }
  const random = seeded(52);
  const list = Array.from({ length: 1722 }, () => {
    const fraud = random() < 0.29;
    const features = { amount: Number(Math.exp(3 + normal(random) + (fraud ? 0.8 : 0)).toFixed(2)) };
    for (let i = 1; i <= 8; i++)
      features[`v${i}`] = Number((normal(random) - (fraud && i <= 4 ? 2.5 : 0)).toFixed(4));
    return { features, fraud };
  });
  return {
    source: 'generated: 1,722 transactions, frauds shifted by 2.5 deviations in 4 of 8 numbers, seed 52',
    list,
  };
}

/**
 * People and items: no package of the npm registry that we found carries real ratings, so they are generated. Each item has
 * a hidden vector near its category's and a Zipf popularity; each person a hidden taste near two categories; the person
 * takes items one after another with probability in proportion to popularity × e^(2.5 · taste·item), none twice.
 */
export function tastes() {
  const random = seeded(61);
  const width = 12;
  const categories = 10;
  const items = 500;
  const direction = () => Array.from({ length: width }, () => normal(random) / Math.sqrt(width));
  const centres = Array.from({ length: categories }, direction);
  const near = (centre, spread) => centre.map((x) => x + (spread * normal(random)) / Math.sqrt(width));
  const categoryOf = Array.from({ length: items }, (_, i) => i % categories);
  const vectors = categoryOf.map((category) => near(centres[category], 0.6));
  const places = shuffled(
    Array.from({ length: items }, (_, i) => i),
    random,
  );
  const popularity = places.map((place) => 1 / (place + 10) ** 0.8);
  const person = () => {
    const [a, b] = [0, 0].map(() => centres[Math.floor(random() * categories)]);
    const taste = near(
      a.map((x, i) => 0.7 * x + 0.3 * b[i]),
      0.5,
    );
    const weights = vectors.map(
      (v, i) => popularity[i] * Math.exp(2.5 * v.reduce((sum, x, k) => sum + x * taste[k], 0)),
    );
    const taken = [];
    while (taken.length < 30) {
      let left = random() * weights.reduce((sum, weight) => sum + weight, 0);
      let at = 0;
      while (at < items - 1 && left >= weights[at]) left -= weights[at++];
      if (weights[at] === 0) continue;
      weights[at] = 0;
      taken.push(at);
    }
    return taken;
  };
  const list = (n) => Array.from({ length: n }, person);
  return {
    source: 'generated: 500 items, 10 categories, latent factors of 12 numbers, Zipf popularity, seed 61',
    items,
    categories,
    categoryOf,
    train: list(1500),
    test: list(1200),
  };
}
