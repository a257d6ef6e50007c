import { BUILTINS } from '@evenkeel/core';
import { intents, messages, searchCollection, tastes, transactions } from './datasets.mjs';
import { itemVectors, logistic, standardiser } from './learn.mjs';
import { SCORES } from './measure.mjs';
import { draw, seeded, shuffled } from './random.mjs';

/*
 * One task for each system type: what each rung is given (made from training data alone), held-out items with what is
 * expected of them, how answers are scored, and which rung is the static one that the others are measured against.
 */

const clock = { now: () => performance.now(), wall: () => Date.now() };

/** Runs a rung in this process, for training on what it sees. */
export function inProcess(name, data, host = { clock }) {
  const handler = BUILTINS[name].create(data, host);
  return (input, id = 'item') =>
    handler({ id, input, caller: { tenant: 'example', user: String(input?.user ?? 'somebody') } });
}

export function recommendationTask() {
  const { source, items, categories, categoryOf, train, test } = tastes();
  const id = (item) => `item-${item}`;
  const counts = new Array(items).fill(0);
  for (const history of train) for (const item of history) counts[item] += 1;
  const ranked = counts.map((score, item) => ({ item, score })).sort((a, b) => b.score - a.score);
  const vectors = itemVectors(train, items, 16, 62);
  // Biases from the counts of the training people; how much they weigh is decided on the last 300 of them.
  const embeddings = (weight) =>
    vectors.map((vector, item) => ({
      id: id(item),
      vector,
      bias: Number((weight * Math.log1p(counts[item])).toFixed(5)),
    }));
  const heldBack = train.slice(-300).map((history) => ({
    input: { recent: history.slice(0, 20).map(id), limit: 10 },
    expected: history.slice(20).map(id),
  }));
  const trial = (mode, weight) => {
    const rung = inProcess('cached_embeddings', { items: embeddings(weight), mode, decay: 1 });
    return SCORES.recommendation(
      heldBack,
      heldBack.map(({ input }) => rung(input)),
    )['nDCG@10'];
  };
  const bestWeight = (mode) =>
    [0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5]
      .map((weight) => ({ weight, score: trial(mode, weight) }))
      .sort((a, b) => b.score - a.score)[0].weight;
  const listOf = (category) =>
    ranked.filter(({ item }) => categoryOf[item] === category).map(({ item }) => id(item));
  const names = Array.from({ length: categories }, (_, category) => `category-${category}`);
  return {
    name: 'recommendation',
    source,
    note: 'No real ratings were to be had from a package, so these figures show that the rungs find the structure that is there, not how well they would do on your catalogue.',
    metric: 'nDCG@10',
    fixed: 'editorial_picks',
    rungs: {
      cached_embeddings: { items: embeddings(bestWeight('user_vector')), mode: 'user_vector', decay: 1 },
      popularity: { items: ranked.map(({ item, score }) => ({ id: id(item), score })) },
      category_defaults: {
        categories: Object.fromEntries(names.map((name, category) => [name, listOf(category).slice(0, 40)])),
        default: ranked.slice(0, 50).map(({ item }) => id(item)),
        category_of: Object.fromEntries(categoryOf.map((category, item) => [id(item), names[category]])),
      },
      // An editor who takes the favourite of each category.
      editorial_picks: { items: names.map((_, category) => listOf(category)[0]) },
    },
    variants: {
      'cached_embeddings (item_knn)': [
        'cached_embeddings',
        { items: embeddings(bestWeight('item_knn')), mode: 'item_knn', decay: 1 },
      ],
    },
    items: test.map((history, user) => ({
      input: { user: `user-${user}`, recent: history.slice(0, 20).map(id), limit: 10 },
      expected: history.slice(20).map(id),
    })),
    score: SCORES.recommendation,
  };
}

/** Pairwise logistic regression on the features that the ranker tells of itself (RankNet with one layer). */
function rankerWeights(documents, queries) {
  const explain = inProcess('small_ranker', { documents, depth: 100, explain: true });
  const random = seeded(71);
  const rows = [];
  for (const { text, relevant } of queries) {
    const { results } = explain({ query: text, limit: 100 }).output;
    const good = results.filter(({ id }) => relevant[id] > 0);
    const bad = results.filter(({ id }) => !(relevant[id] > 0));
    for (const better of good) {
      for (const worse of shuffled(bad, random).slice(0, 10)) {
        rows.push(Object.keys(better.features).map((name) => better.features[name] - worse.features[name]));
      }
    }
  }
  const names = ['bm25', 'title_bm25', 'body_bm25', 'coverage', 'title_coverage', 'recency', 'brevity'];
  const both = rows.flatMap((row) => [row, row.map((x) => -x)]);
  const { weights } = logistic(
    both,
    both.map((_, i) => (i % 2 === 0 ? 1 : 0)),
    { epochs: 5, rate: 0.05 },
  );
  return Object.fromEntries(names.map((name, i) => [name, Number(weights[i].toFixed(4))]));
}

export function searchTask(data) {
  const { source, documents, queries } = searchCollection(data);
  // Odd queries train the small ranker; even ones are held out for every rung.
  const weights = rankerWeights(
    documents,
    queries.filter((_, i) => i % 2 === 1),
  );
  const judged = queries
    .filter((query, i) => i % 2 === 0 && Object.keys(query.relevant).length > 0)
    .map(({ text, relevant }) => ({ kind: 'judged', input: { query: text, limit: 10 }, expected: relevant }));
  // Simulated known-item searches (Azzopardi et al., SIGIR 2007): somebody remembers eight words of a document.
  const random = seeded(72);
  const known = documents
    .filter(({ body }) => body.split(/\s+/u).length >= 20)
    .map(({ id, body }) => {
      const words = body.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 3);
      const query = Array.from({ length: 8 }, () => words[Math.floor(random() * words.length)]).join(' ');
      return { kind: 'known', input: { query, limit: 10 }, expected: { [id]: 1 } };
    });
  return {
    name: 'search',
    source: `${source}; half of the queries held out, and a generated search for each document (seed 72)`,
    metric: 'nDCG@10 (judged)',
    fixed: 'unranked',
    rungs: {
      small_ranker: { documents, weights },
      bm25: { documents },
      recency: { documents },
      unranked: { documents: documents.map(({ id }) => id) },
    },
    variants: {},
    items: [...judged, ...known],
    score: SCORES.search,
  };
}

export function chatTask(data) {
  const { source, train, test } = intents(data);
  const byIntent = new Map();
  for (const { text, intent } of train) byIntent.set(intent, [...(byIntent.get(intent) ?? []), text]);
  const reply = (intent) =>
    `This looks like a question about "${intent.replaceAll('_', ' ')}". Here is what to do: …`;
  return {
    name: 'chat',
    source,
    metric: 'accuracy',
    fixed: 'apology',
    rungs: {
      templates: {
        intents: [...byIntent].map(([name, examples]) => ({ name, reply: reply(name), examples })),
      },
      apology: {},
    },
    variants: {},
    items: test.map(({ text, intent }) => ({
      input: {
        model: 'chat',
        messages: [
          { role: 'system', content: 'You help customers of a bank.' },
          { role: 'user', content: text },
        ],
      },
      expected: intent,
    })),
    score: SCORES.chat,
  };
}

/** Single-number rules, each found on the training rows: at least 95 % of what it stops there is fraud. */
function learnRules(train) {
  const names = Object.keys(train[0].features);
  const found = [];
  for (const name of names) {
    for (const op of ['lt', 'gt']) {
      const order = train.toSorted((a, b) => (op === 'lt' ? 1 : -1) * (a.features[name] - b.features[name]));
      let frauds = 0;
      let best;
      order.forEach((row, i) => {
        if (row.fraud) frauds += 1;
        const precision = (frauds + 1) / (i + 3);
        const next = order[i + 1];
        if (next === undefined || next.features[name] === row.features[name]) return;
        if (precision >= 0.95)
          best = { caught: frauds, value: (row.features[name] + next.features[name]) / 2, precision };
      });
      if (best !== undefined) found.push({ name, op, ...best });
    }
  }
  return found
    .sort((a, b) => b.caught - a.caught)
    .slice(0, 6)
    .map(({ name, op, value, precision }) => ({
      name: `${name} ${op === 'lt' ? 'under' : 'over'} ${value.toFixed(2)}`,
      field: name,
      op,
      value: Number(value.toFixed(4)),
      score: Number(precision.toFixed(3)),
    }));
}

/**
 * The transactions carry no card, so cards are given to them by a stated process: each legitimate one goes to one of
 * 600 cards at random; frauds are the work of 25 stolen cards, used in bursts. The order is that of arrival.
 */
function withCards(rows) {
  const random = seeded(81);
  const weights = Array.from({ length: 25 }, () => 0.3 + random());
  const dealt = rows.map((row) => ({
    ...row,
    card: row.fraud ? `stolen-${draw(weights, random)}` : `card-${Math.floor(random() * 600)}`,
  }));
  const number = new Map();
  // Names that give nothing away.
  return dealt.map(({ card, ...row }) => {
    if (!number.has(card)) number.set(card, `4${String(Math.floor(random() * 1e11)).padStart(11, '0')}`);
    return { ...row, card: number.get(card) };
  });
}

export function fraudTask(data) {
  const { source, list } = transactions(data);
  const train = list.slice(0, 600);
  const held = withCards(list.slice(600)).map((row, i) => ({ ...row, id: `tx-${i}` }));
  const names = Object.keys(train[0].features);
  const row = ({ features }) => names.map((name) => features[name]);
  const standard = standardiser(train.map(row));
  const model = logistic(
    train.map((t) => standard(row(t))),
    train.map((t) => Number(t.fraud)),
    { epochs: 100, rate: 0.05, l2: 1e-3 },
  );
  const random = seeded(82);
  return {
    name: 'fraud',
    source: `${source}; 600 train, ${held.length} held out; cards are generated (seed 81)`,
    note: 'The batch run of `batch_scores` is a logistic regression of the training rows that scored these transactions beforehand, but for one in twenty. `velocity_limits` sees only the generated cards, of which frauds use few and often: its figures say that it counts rightly, not how real thieves behave.',
    metric: 'accuracy',
    fixed: 'manual_review',
    rungs: {
      // The nightly batch scored what was pending then: one in twenty came after it.
      batch_scores: {
        key: 'id',
        as_of: '2026-11-23T03:00:00Z',
        scores: held
          .filter(() => random() >= 0.05)
          .map((t) => ({ key: t.id, score: Number(model.predict(standard(row(t))).toFixed(6)) })),
      },
      rules: { rules: learnRules(train) },
      velocity_limits: {
        limits: [{ key: 'card', window_ms: 600_000, max: 4, name: 'more than 4 in 10 minutes' }],
      },
      manual_review: {},
    },
    variants: {},
    items: held.map(({ id, card, features, fraud }) => ({
      input: { id, card, ...features },
      expected: fraud ? 'fraud' : 'legitimate',
    })),
    negative: 'legitimate',
    score: (items, answers) => SCORES.labels(items, answers, 'legitimate'),
  };
}

/** Words and shapes that tell spam from ham, their weights by logistic regression on the training messages. */
function learnKeywords(train) {
  const counts = new Map();
  for (const { text, label } of train) {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
    const terms = new Set(words.filter((word) => word.length > 1));
    for (let i = 0; i + 1 < words.length; i++) terms.add(`${words[i]} ${words[i + 1]}`);
    for (const term of terms) {
      const count = counts.get(term) ?? { spam: 0, ham: 0 };
      count[label] += 1;
      counts.set(term, count);
    }
  }
  const odds = ({ spam, ham }) => Math.log((spam + 0.5) / (ham + 0.5));
  const telling = [...counts]
    .filter(([, count]) => count.spam + count.ham >= 5)
    .map(([term, count]) => ({
      term,
      worth: Math.abs(odds(count) + 1.8) * Math.sqrt(count.spam + count.ham),
    }))
    .sort((a, b) => b.worth - a.worth)
    .slice(0, 200)
    .map(({ term }) => term);
  const matches = [...telling, '{url}', '{phone}', '{money}', '{number}', '{capitals}', '{exclamation}'];
  const see = inProcess('keywords', { patterns: matches.map((match) => ({ match })) });
  const rows = train.map(({ text }) => {
    const matched = new Set(see(text).output.matched);
    return matches.map((match) => Number(matched.has(match)));
  });
  const { weights, bias } = logistic(
    rows,
    train.map(({ label }) => Number(label === 'spam')),
    { epochs: 30, rate: 0.1, l2: 1e-3 },
  );
  return {
    label: 'spam',
    otherwise: 'ham',
    threshold: 0,
    bias: Number(bias.toFixed(3)),
    patterns: matches.map((match, i) => ({ match, weight: Number(weights[i].toFixed(3)) })),
  };
}

export function moderationTask(data) {
  const list = messages(data);
  if (list === undefined) return undefined;
  const train = list.slice(0, 2000);
  const test = list.slice(2000);
  return {
    name: 'moderation',
    source: `real: UCI SMS spam without duplicates, 2,000 train, ${test.length} held out`,
    metric: 'accuracy',
    fixed: 'block',
    rungs: { keywords: learnKeywords(train), hold_for_review: {}, block: {} },
    variants: {},
    items: test.map(({ text, label }) => ({ input: { text }, expected: label })),
    negative: 'ham',
    score: (items, answers) => SCORES.labels(items, answers, 'ham'),
  };
}
