import { createInterface } from 'node:readline/promises';
import { EvenkeelError } from '@evenkeel/core';

export interface Question {
  readonly text: string;
  /** Taken when nothing is typed; undefined: something must be. */
  readonly otherwise: string | undefined;
  /** Why an answer is none; undefined when it is one. */
  readonly wrong: (answer: string) => string | undefined;
}

/** Asks until each has an answer. @throws EvenkeelError bad_request when input ends before */
export async function ask(
  questions: readonly Question[],
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): Promise<readonly string[]> {
  const lines = createInterface({ input, output, terminal: false });
  const next = lines[Symbol.asyncIterator]();
  const answers: string[] = [];
  try {
    for (const [i, { text, otherwise, wrong }] of questions.entries()) {
      for (;;) {
        const hint = otherwise === undefined ? '' : ` [${otherwise === '' ? 'none' : otherwise}]`;
        output.write(`${i + 1}/${questions.length} ${text}${hint}: `);
        const line = await next.next();
        if (line.done === true) {
          throw new EvenkeelError('bad_request', 'the input ended before every question had an answer');
        }
        const given = line.value.trim();
        const answer = given === '' ? otherwise : given;
        const problem = answer === undefined ? 'something is needed here' : wrong(answer);
        if (answer !== undefined && problem === undefined) {
          answers.push(answer);
          break;
        }
        output.write(`    ${problem}\n`);
      }
    }
    return answers;
  } finally {
    lines.close();
  }
}
