import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A block of a document, and what the comment above it asks for. */
export interface Block {
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** `skip`, `file`, `background`, `until`, `shows`; undefined: it must end with 0. */
  readonly kind: string | undefined;
  readonly value: string;
}

/** The fenced blocks of a Markdown file. */
export function blocksOf(file: string): readonly Block[] {
  const lines = readFileSync(file, 'utf8').split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i++) {
    const language = /^```(\w+)$/.exec(lines[i] ?? '')?.[1];
    if (language === undefined) continue;
    const end = lines.indexOf('```', i + 1);
    if (end === -1) throw new Error(`${file}:${i + 1}: the block does not end`);
    const [, kind, value = ''] = /^<!-- (\w+): (.*) -->$/.exec(lines[i - 1] ?? '') ?? [];
    blocks.push({ line: i + 1, language, text: lines.slice(i + 1, end).join('\n'), kind, value });
    i = end;
  }
  return blocks;
}

export interface Ran {
  readonly code: number | string;
  readonly output: string;
}

/** Runs a block in bash. What it leaves in the background goes on; its output is what was there when it ended. */
export function runBlock(
  text: string,
  options: { cwd: string; env: NodeJS.ProcessEnv; ms: number },
): Promise<Ran> {
  const child = spawn('bash', ['-e', '-o', 'pipefail', '-c', text], {
    cwd: options.cwd,
    env: options.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const hear = (piece: Buffer): void => {
    output += piece.toString();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  const timer = setTimeout(() => child.kill('SIGKILL'), options.ms);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // Not `close`: what runs on in the background may hold the pipes.
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        resolve({ code: code ?? signal ?? 'gone', output });
      }, 50);
    });
  });
}
