export { type Cancellation, Canceller, signalOf } from './cancellation.ts';
export type { CancelTimer, Clock, Timers } from './clock.ts';
export {
  describeError,
  ERRORS,
  type ErrorCode,
  EvenkeelError,
  isErrorCode,
  isEvenkeelError,
} from './errors.ts';
export { type FakeClock, fakeClock } from './fake-clock.ts';
export { cohort, hash32 } from './hash.ts';
export { idMaker } from './ids.ts';
export {
  type DegradationLevel,
  LEVELS,
  PRIORITIES,
  type Priority,
  type ServedLevel,
} from './level.ts';
export { type Listeners, listeners, type Unsubscribe } from './listeners.ts';
export { nearestName } from './nearest.ts';
export { type Random, seededRandom } from './random.ts';
