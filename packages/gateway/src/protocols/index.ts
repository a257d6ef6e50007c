export { decodeJson, encodeJson } from './json.ts';
export {
  callerOf,
  decodeOpenAi,
  encodeOpenAi,
  eventsOfCompletion,
  type OpenAiRequest,
  textOfChunk,
} from './openai.ts';
