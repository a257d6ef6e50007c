/** One event without a type, as the OpenAI protocol sends them. JSON has no bare line breaks, so one line does. */
export function sseData(value: unknown): string {
  return `data: ${JSON.stringify(value)}\n\n`;
}

/** A comment: clients pass over it. Line breaks would start a field, so they become spaces. */
export function sseComment(text: string): string {
  return `: ${text.replace(/[\r\n]+/g, ' ')}\n\n`;
}

/** The end of a whole OpenAI stream. */
export const SSE_DONE = 'data: [DONE]\n\n';
