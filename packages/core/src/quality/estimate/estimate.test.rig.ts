import type { Random } from '../../kernel/random.ts';

/** A classifier whose scores are overconfident: it says `score`, and is right as often as `truth(score)`. */
export interface Drawn {
  readonly score: number;
  readonly said: boolean;
  readonly positive: boolean;
}

/** What a score truly means: nearer to a half than it says. */
export function truth(score: number): number {
  return 0.5 + 0.85 * (score - 0.5);
}

/** @param hard raises the share of doubtful scores @param loss share of all answers whose truth is now the other way */
export function draw(random: Random, hard = 0, loss = 0): Drawn {
  const side = random() < 0.35;
  const sure = random() ** (hard > 0 ? 1 + hard : 0.45);
  const score = side ? 0.5 + sure / 2 : 0.5 - sure / 2;
  const said = score >= 0.5;
  let positive = random() < truth(score);
  if (positive === said && random() < loss) positive = !positive;
  return { score, said, positive };
}
