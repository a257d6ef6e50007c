import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readHead } from './head.ts';
import { EXAMPLE_DIR, MODEL_DIR } from './paths.ts';
import { RUNGS, readScores } from './scores-file.ts';

const figure = (x: number): string => x.toFixed(3).replace(/^0/, '');

describe('the README', () => {
  const text = readFileSync(join(EXAMPLE_DIR, 'README.md'), 'utf8');

  it('has the scores that are shipped', () => {
    const { rungs } = readScores(join(MODEL_DIR, 'scores.json'));
    for (const name of RUNGS) {
      const { strangers: s } = rungs[name];
      const cells = [s.accuracy, s.auc, s.precision, s.recall, s.calibrationError].map(figure);
      expect(text, name).toContain(`| ${cells.join(' | ')} |`);
    }
  });

  it('has the sizes of what was held out and trained on', () => {
    const { rungs, spam } = readScores(join(MODEL_DIR, 'scores.json'));
    const { embedded } = readHead(join(MODEL_DIR, 'head.json')).provenance;
    expect(text).toContain(`(${rungs.primary.strangers.mails} mails, ${spam.strangers} of them spam)`);
    expect(text).toContain(`(${rungs.primary.regulars.mails}, of which ${spam.regulars} are spam)`);
    expect(text).toContain((embedded.fit + embedded.validation).toLocaleString('en'));
  });
});
