import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { evenkeelProgram } from '../../packages/evenkeel/src/program.ts';
import { blocksOf, runBlock } from './walk.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const PAGES = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

const everyCommand = (command: Command): readonly Command[] => [
  command,
  ...command.commands.flatMap(everyCommand),
];

/** Words as a shell splits them; what comes after a comment, a pipe or a redirection is not ours. */
function argumentsOf(line: string): string[] {
  const own = line.split(/ {2,}| [|>#] | <</)[0] ?? '';
  return [...own.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

describe('documents', () => {
  it('docs/cli.md is what the commands say', async () => {
    const ran = await runBlock('node scripts/cli-doc.mjs --check', {
      cwd: root,
      env: process.env,
      ms: 30_000,
    });
    expect(ran.code, ran.output).toBe(0);
  });

  it('every command of evenkeel that a document shows is one', async () => {
    const known = new Set(
      [...read('docs/cli.md').matchAll(/^#+ (evenkeel(?: [a-z-]+)*)$/gm)].map(([, path]) => path),
    );
    const wrong = PAGES.filter((page) => page !== 'docs/cli.md').flatMap((page) =>
      [...read(page).matchAll(/(?:npx evenkeel|`evenkeel) ([a-z-]+)(?: ([a-z-]+))?/g)]
        .filter(([, noun]) => !known.has(`evenkeel ${noun}`))
        .map(([text]) => `${page}: ${text}`),
    );
    expect(wrong).toEqual([]);
  });

  it('every example in a help text is understood', async () => {
    const examples = [...read('docs/cli.md').matchAll(/^ {2}(?:.*\| )?evenkeel ([a-z].*)$/gm)]
      .map(([, words]) => words ?? '')
      // Descriptions of commands stand at the same depth.
      .filter((words) => !/^\S+ {2,}/.test(words));
    expect(examples.length).toBeGreaterThan(40);
    const wrong: string[] = [];
    for (const words of examples) {
      const program = evenkeelProgram();
      for (const command of everyCommand(program)) {
        command.exitOverride().configureOutput({ writeErr: () => {} });
        // A command may have both an action and commands below it: nothing may be done here.
        command.action(() => {});
      }
      await program.parseAsync(argumentsOf(words), { from: 'user' }).catch((error: unknown) => {
        wrong.push(`evenkeel ${words}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
    expect(wrong).toEqual([]);
  });

  it('every command has an example in its help', () => {
    const lacking = everyCommand(evenkeelProgram())
      .filter(({ commands }) => commands.length === 0)
      .filter((command) => {
        let help = '';
        command.configureOutput({
          writeOut: (piece) => {
            help += piece;
          },
        });
        command.outputHelp();
        return !/^Examples?:/m.test(help);
      });
    expect(lacking.map((command) => `${command.parent?.name()} ${command.name()}`)).toEqual([]);
  });

  it('no document links to a file or a heading that is not there', () => {
    const slug = (heading: string): string =>
      heading
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .trim()
        .replaceAll(' ', '-');
    const dead = PAGES.flatMap((page) =>
      [...read(page).matchAll(/\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)/g)]
        .filter(([, target = '', anchor]) => {
          const file = target === '' ? page : join(dirname(page), target);
          if (!existsSync(join(root, file))) return true;
          if (anchor === undefined || !file.endsWith('.md')) return false;
          const headings = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, text]) => slug(text ?? ''));
          return !headings.includes(anchor);
        })
        .map(([link]) => `${page}: ${link}`),
    );
    expect(dead).toEqual([]);
  });

  it('the figures of the README and the operations guide are those that the commands printed', () => {
    const results: readonly (readonly [string, readonly string[]])[] = [
      ['bench/results/micro.md', ['2.62', '4.31', '18.07']],
      ['bench/results/gateway.md', ['0.057', '0.748', '-0.101', '142', '1056', '73', '23']],
      ['sim/results/drift.md', ['0.06 (6) | 5.76']],
      ['bench/results/telemetry.md', ['2.11']],
      ['bench/results/objectives.md', ['13624']],
    ];
    const shown = `${read('README.md')}${read('docs/operations.md')}`
      .replaceAll('−', '-')
      .replaceAll(',', '');
    for (const [file, figures] of results) {
      for (const figure of figures) {
        expect(read(file), `${figure} in ${file}`).toContain(figure);
        for (const part of figure.match(/-?[\d.]{2,}/g) ?? []) expect(shown, part).toContain(part);
      }
    }
  });

  it('the tutorial marks every block that is not run', () => {
    const blocks = blocksOf(join(root, 'docs/tutorial.md'));
    const shell = blocks.filter(({ language }) => language === 'sh');
    expect(shell.filter(({ kind }) => kind === 'skip').length).toBeLessThanOrEqual(2);
    expect(shell.length).toBeGreaterThan(20);
    for (const { kind, line } of blocks) {
      expect([undefined, 'skip', 'file', 'background', 'until', 'shows'], `line ${line}`).toContain(kind);
    }
  });
});
