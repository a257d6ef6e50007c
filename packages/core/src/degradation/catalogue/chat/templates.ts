import type { CatalogueHandler, CatalogueHost } from '../contract.ts';
import { fingerprint } from '../fingerprint.ts';
import { abstain, DATA } from '../read.ts';
import { countTokens, tokenise } from '../tokens.ts';
import { top } from '../top.ts';
import { completion } from './completion.ts';
import { lastUserText, readChat } from './messages.ts';

interface Intent {
  readonly name: string;
  readonly reply: string;
  readonly examples: readonly string[];
}

function readIntents(value: unknown): readonly Intent[] {
  return DATA.list(value, 'with.intents', { min: 1, max: 10_000 }).map((entry, i) => {
    const where = `with.intents[${i}]`;
    const fields = DATA.fields(entry, where, ['name', 'reply', 'examples']);
    return {
      name: DATA.identifier(fields.name, `${where}.name`),
      reply: DATA.text(fields.reply, `${where}.reply`, { min: 1 }),
      examples: DATA.list(fields.examples, `${where}.examples`, { min: 1 }).map((example, j) =>
        DATA.text(example, `${where}.examples[${j}]`, { min: 1, max: 2000 }),
      ),
    };
  });
}

/** Pairs tell much but are rare: at full weight they would drown the words. */
const PAIR_WEIGHT = 0.5;

/** Words and pairs of neighbouring words. */
function terms(text: string): Map<string, number> {
  const words = tokenise(text, 4000);
  const all = words.slice();
  for (let i = 0; i + 1 < words.length; i++) all.push(`${words[i]} ${words[i + 1]}`);
  return countTokens(all);
}

/**
 * `templates`: a ready reply for what the person most probably wants. The intent is that of the nearest examples by
 * cosine of tf-idf (words and pairs of words): the `neighbours` nearest vote with their similarity.
 * Data: `intents` (list of `{name, reply, examples}`), `neighbours` (default 10), `minimum` (similarity of the nearest
 * example below which there is no answer and the ladder steps down, default 0.2).
 * `label` is the intent, `score` the nearest similarity, `confidence` the winner's share of the votes times that
 * similarity's square root: it grows with accuracy but is no calibrated probability.
 */
export function templates(data: unknown, host: CatalogueHost): CatalogueHandler {
  const fields = DATA.fields(data, 'with', ['intents', 'neighbours', 'minimum']);
  const intents = readIntents(fields.intents);
  const neighbours = DATA.number(fields.neighbours, 'with.neighbours', {
    min: 1,
    max: 100,
    integer: true,
    fallback: 10,
  });
  const minimum = DATA.number(fields.minimum, 'with.minimum', { min: 0, max: 1, fallback: 0.2 });
  const from = { model: 'builtin:templates', version: fingerprint(data) };

  const intentOf: number[] = [];
  const counted: Map<string, number>[] = [];
  const holding = new Map<string, number>();
  intents.forEach((intent, at) => {
    for (const example of intent.examples) {
      const counts = terms(example);
      intentOf.push(at);
      counted.push(counts);
      for (const term of counts.keys()) holding.set(term, (holding.get(term) ?? 0) + 1);
    }
  });
  const weightOf = (term: string, times: number): number => {
    // A term that no example holds counts as the rarest: a question full of them is unlike every example.
    const rarity = Math.log((1 + counted.length) / (holding.get(term) ?? 1));
    return (term.includes(' ') ? PAIR_WEIGHT : 1) * (1 + Math.log(times)) * rarity;
  };

  const postings = new Map<string, { readonly examples: number[]; readonly weights: number[] }>();
  counted.forEach((counts, example) => {
    let squares = 0;
    for (const [term, times] of counts) squares += weightOf(term, times) ** 2;
    const length = Math.sqrt(squares) || 1;
    for (const [term, times] of counts) {
      let list = postings.get(term);
      if (list === undefined) {
        list = { examples: [], weights: [] };
        postings.set(term, list);
      }
      list.examples.push(example);
      list.weights.push(weightOf(term, times) / length);
    }
  });

  return (request) => {
    const chat = readChat(request.input);
    const text = lastUserText(chat);
    if (text === undefined) throw abstain('templates', 'no message in input.messages is of the user');
    const similarity = new Map<number, number>();
    let squares = 0;
    for (const [term, times] of terms(text)) {
      const list = postings.get(term);
      const weight = weightOf(term, times);
      squares += weight ** 2;
      list?.examples.forEach((example, i) => {
        similarity.set(example, (similarity.get(example) ?? 0) + weight * (list.weights[i] ?? 0));
      });
    }
    const length = Math.sqrt(squares) || 1;
    const nearest = top(neighbours);
    for (const [example, sum] of similarity) nearest.offer(example, sum / length);
    const best = nearest.best();
    const score = best[0]?.score ?? 0;
    if (score < minimum || best.length === 0) {
      throw abstain(
        'templates',
        `nothing like it among the examples (nearest ${score.toFixed(2)}, minimum ${minimum})`,
      );
    }
    const votes = new Map<number, number>();
    let all = 0;
    for (const near of best) {
      const intent = intentOf[near.index] ?? 0;
      votes.set(intent, (votes.get(intent) ?? 0) + near.score);
      all += near.score;
    }
    let winner = -1;
    let most = -1;
    for (const [intent, sum] of votes) {
      if (sum > most) {
        winner = intent;
        most = sum;
      }
    }
    const intent = intents[winner];
    if (intent === undefined) throw abstain('templates', 'no example is near');
    const confidence = Math.min(1, (most / all) * Math.sqrt(Math.min(1, score)));
    return completion(request, chat, host.clock, from, {
      text: intent.reply,
      label: intent.name,
      score,
      confidence,
    });
  };
}
