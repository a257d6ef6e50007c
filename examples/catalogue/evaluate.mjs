/**
 * Scores each built-in rung on held-out items against the static rung of its type, in this process.
 *   node examples/catalogue/evaluate.mjs [--data DIR] [--write FILE]
 * DIR holds models/cranfield, models/banking77, models/fraud and models/sms-spam; without it generated data stand in
 * where there are any, and the report says so. Exits 1 when a rung does not beat its static rung.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { estimateTokens, isEvenkeelError, reducedContext } from '@evenkeel/core';
import { intents } from './datasets.mjs';
import { chatTask, fraudTask, inProcess, moderationTask, recommendationTask, searchTask } from './tasks.mjs';

const { values } = parseArgs({ options: { data: { type: 'string' }, write: { type: 'string' } } });
const lines = [];
const say = (line = '') => {
  lines.push(line);
  console.log(line);
};
let lost = 0;

function host() {
  let held = 0;
  return {
    clock: { now: () => performance.now(), wall: () => Date.now() },
    hold: () => ({ accepted: true, id: `ticket-${++held}` }),
  };
}

function run(task, name, data) {
  const began = performance.now();
  const rung = inProcess(name, data, host());
  const built = performance.now() - began;
  const spent = [];
  const answers = task.items.map((item, i) => {
    const start = performance.now();
    try {
      return rung(item.input, `item-${i}`);
    } catch (error) {
      if (isEvenkeelError(error) && error.code === 'upstream_error') return undefined;
      throw error;
    } finally {
      spent.push(performance.now() - start);
    }
  });
  spent.sort((a, b) => a - b);
  return { answers, built, p50: spent[spent.length >> 1], p99: spent[Math.floor(spent.length * 0.99)] };
}

const shown = (figure) => figure.toFixed(3);

function evaluate(task) {
  say(`## ${task.name}`);
  say();
  say(`Data: ${task.source}. ${task.items.length} held-out items. The static rung is \`${task.fixed}\`.`);
  say();
  if (task.note !== undefined) {
    say(task.note);
    say();
  }
  const fixed = task.score(task.items, run(task, task.fixed, task.rungs[task.fixed]).answers);
  const measures = Object.keys(fixed);
  say(`| rung | ${measures.join(' | ')} | answered | p50 ms | p99 ms | built ms |`);
  say(`|---|${measures.map(() => '---').join('|')}|---|---|---|---|`);
  if (task.negative !== undefined) {
    // What a constant answer of the commoner label would get: the figure that an accuracy has to be seen against.
    const share = task.items.filter((item) => item.expected === task.negative).length / task.items.length;
    const others = measures.slice(1).map(() => '');
    say(`| (always \`${task.negative}\`) | ${shown(share)} | ${others.join(' | ')} | | | | |`);
  }
  const rungs = [
    ...Object.entries(task.rungs).map(([name, data]) => [name, name, data]),
    ...Object.entries(task.variants).map(([title, [name, extra]]) => [
      title,
      name,
      { ...task.rungs[name], ...extra },
    ]),
  ];
  for (const [title, name, data] of rungs) {
    const { answers, built, p50, p99 } = run(task, name, data);
    const score = task.score(task.items, answers);
    const share = answers.filter((answer) => answer !== undefined).length / answers.length;
    const figures = measures.map((measure) => shown(score[measure])).join(' | ');
    say(
      `| \`${title}\` | ${figures} | ${(100 * share).toFixed(1)} % | ${shown(p50)} | ${shown(p99)} | ${built.toFixed(0)} |`,
    );
    const decides = name !== task.fixed && !['hold_for_review', 'manual_review', 'block'].includes(name);
    if (decides && !(score[task.metric] > fixed[task.metric])) {
      lost += 1;
      say();
      say(`**${title} does not beat ${task.fixed}.**`);
    }
  }
  say();
}

/** A rung that asks a model has no score of its own: what it keeps is what can be measured. */
function evaluateReducedContext(data) {
  const { source, test } = intents(data);
  const reduce = reducedContext({ tokens: 200 });
  let whole = 0;
  let kept = 0;
  let over = 0;
  let lastKept = 0;
  const conversations = test.slice(0, Math.floor(test.length / 12) * 12);
  const count = conversations.length;
  for (let i = 0; i < count; i++) {
    const asked = Array.from({ length: 12 }, (_, k) => conversations[(i + k) % count].text);
    const messages = [{ role: 'system', content: 'You help customers of a bank.' }];
    for (const text of asked.slice(0, -1)) {
      messages.push(
        { role: 'user', content: text },
        { role: 'assistant', content: `About "${text}": it depends.` },
      );
    }
    messages.push({ role: 'user', content: asked[asked.length - 1] });
    const { input, tokensBefore, tokensAfter } = reduce({ model: 'chat', messages });
    whole += tokensBefore;
    kept += tokensAfter;
    const floor = 8 + estimateTokens(messages[0].content) + estimateTokens(asked[asked.length - 1]);
    if (tokensAfter > Math.max(200, floor)) over += 1;
    if (input.messages[0].role === 'system' && input.messages.at(-1).content === asked.at(-1)) lastKept += 1;
  }
  say('## reduced_context');
  say();
  say(
    `Conversations of 12 questions made from ${source}: ${count}, at most 200 tokens. Kept ${((100 * kept) / whole).toFixed(1)} % of the tokens; system message and last question kept in ${lastKept} of ${count}; over the bound in ${over}. Its quality is the model's.`,
  );
  say();
  if (over > 0 || lastKept < count) lost += 1;
}

say('# What the built-in rungs are worth');
say();
say(
  'Held-out scores beside the static rung of the type. Made by `node examples/catalogue/evaluate.mjs --data DIR --write examples/catalogue/results.md`. A rung that had no answer counts as wrong; in service the next rung would answer. For two labels whatever is held or blocked counts as stopped.',
);
say();
if (values.data === undefined) {
  console.error(
    'NO --data: search, chat and fraud run on GENERATED data, moderation is SKIPPED. These are not results on real data.',
  );
}
evaluate(recommendationTask());
evaluate(searchTask(values.data));
const moderation = moderationTask(values.data);
if (moderation === undefined) say('## moderation\n\nSKIPPED: no models/sms-spam (give --data DIR).\n');
else evaluate(moderation);
evaluate(chatTask(values.data));
evaluateReducedContext(values.data);
evaluate(fraudTask(values.data));
if (values.write !== undefined) writeFileSync(values.write, `${lines.join('\n').trimEnd()}\n`);
if (lost > 0) {
  console.error(`${lost} rung(s) did not beat the static one`);
  process.exitCode = 1;
}
