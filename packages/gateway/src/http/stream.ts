import type { ServerResponse } from 'node:http';
import {
  describeError,
  EvenkeelError,
  isEvenkeelError,
  type StreamPrediction,
  type Timers,
  type Usage,
} from '@evenkeel/core';
import { SSE_DONE, sseComment, sseData } from '../sse/index.ts';
import { boundReader, errorBody } from './reply.ts';

/** Resolves when more can be written; rejects when the reader takes nothing for `ms` milliseconds or has gone. */
function drained(response: ServerResponse, timers: Timers, ms: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = timers.after(ms, () =>
      done(new EvenkeelError('client_closed', 'the reader takes nothing')),
    );
    const onDrain = (): void => done();
    const onClose = (): void => done(new EvenkeelError('client_closed'));
    function done(error?: EvenkeelError): void {
      cancel();
      response.off('drain', onDrain);
      response.off('close', onClose);
      if (error === undefined) resolve();
      else reject(error);
    }
    response.on('drain', onDrain);
    response.on('close', onClose);
  });
}

/**
 * Sends a stream as server-sent events. What breaks after the first chunk ends with an error event and no `[DONE]`:
 * a part of an answer never looks like the whole.
 * @param slowReaderMs a reader that takes nothing for this long is gone, whatever its socket says
 * @returns what the model says it has used, where it says so
 */
export async function sendStream(
  response: ServerResponse,
  prediction: StreamPrediction,
  headers: string[],
  about: string,
  requestId: string,
  timers: Timers,
  slowReaderMs: number,
): Promise<Usage | undefined> {
  const rest = prediction.rest[Symbol.asyncIterator]();
  let usage = prediction.first.usage ?? prediction.usage;
  const write = async (text: string): Promise<void> => {
    // Nothing more is heard from a response that has closed, so it must be asked.
    if (response.destroyed) throw new EvenkeelError('client_closed');
    if (!response.write(text)) await drained(response, timers, slowReaderMs);
  };
  try {
    headers.push(
      'content-type',
      'text/event-stream; charset=utf-8',
      'cache-control',
      'no-cache',
      'x-accel-buffering',
      'no',
    );
    response.writeHead(200, headers);
    await write(sseComment(about) + sseData(prediction.first.data));
    for (;;) {
      const step = await rest.next();
      if (step.done === true) break;
      usage = step.value.usage ?? usage;
      await write(sseData(step.value.data));
    }
    response.end(SSE_DONE);
  } catch (error) {
    // Told first: the source may take its time to let go.
    const known = isEvenkeelError(error) ? error : new EvenkeelError('upstream_cut', describeError(error));
    if (known.code === 'client_closed') response.destroy();
    else if (!response.destroyed) response.end(sseData(errorBody('openai', known, requestId)));
    await rest.return?.(undefined);
  }
  if (!response.destroyed) boundReader(response, slowReaderMs);
  return usage;
}

/** Sends a whole answer as the stream that its caller asked for. */
export function sendEvents(
  response: ServerResponse,
  events: readonly unknown[],
  headers: string[],
  about: string,
  slowReaderMs: number,
): void {
  headers.push('content-type', 'text/event-stream; charset=utf-8', 'cache-control', 'no-cache');
  response.writeHead(200, headers);
  response.end(sseComment(about) + events.map(sseData).join('') + SSE_DONE);
  boundReader(response, slowReaderMs);
}
