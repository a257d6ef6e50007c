export { SSE_DONE, sseComment, sseData } from './encode.ts';
export { createSseParser, MAX_EVENT_CHARS, type SseEvent, type SseParser } from './parser.ts';
