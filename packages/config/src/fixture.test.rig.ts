import { type Loaded, loadServiceFile } from './load.ts';
import type { Problem } from './problem.ts';

/** A sound file, small enough that each test can say by itself what it changes. */
export const SOUND = `evenkeel: 1
service: moderation
type: content_moderation
owner: mail-safety
deadline: 500ms
models:
  primary: { version: "1", module: ./primary.js }
  big: { version: "2", openai: { url: "http://127.0.0.1:9001/v1", model: b, key: { env: BIG_KEY } } }
features:
  feast: { url: "http://127.0.0.1:6566", features: ["sender:seen"] }
  entities: { sender: input.sender }
ladder:
  - { level: full_service, model: primary, features: fresh, budget: 300ms }
  - { level: simpler_model, model: big, budget: 100ms, quality: "no history" }
  - { level: static_fallback, use: block, quality: "all is blocked" }
callers:
  keys: [{ name: gate, key: { env: GATE_KEY }, tenant: acme }]
`;

export const load = (text: string): Loaded =>
  loadServiceFile(text, {
    path: 'e.yaml',
    env: { BIG_KEY: 'big-secret', GATE_KEY: 'gate-secret', SAME_KEY: 'gate-secret' },
    exists: (path) => path.endsWith('.js'),
  });

/** The sound file with parts replaced, each of which must be in it. */
export function changed(...replacements: readonly (readonly [string, string])[]): string {
  return replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the file has no ${from}`);
    return text.replace(from, to);
  }, SOUND);
}

export function problemsOf(text: string): readonly Problem[] {
  const loaded = load(text);
  if (loaded.ok) throw new Error('expected mistakes, found none');
  return loaded.problems;
}

export function warningsOf(text: string): readonly Problem[] {
  const loaded = load(text);
  if (!loaded.ok)
    throw new Error(loaded.problems.map((problem) => `${problem.at} ${problem.message}`).join('\n'));
  return loaded.warnings;
}

/** `line:column at: message | hint`, for comparing whole lists. */
export const told = (problems: readonly Problem[]): string[] =>
  problems.map(({ line, column, at, message }) => `${line}:${column} ${at}: ${message}`);
