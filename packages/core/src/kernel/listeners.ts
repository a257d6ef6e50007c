/** Stops listening; safe to call twice. */
export type Unsubscribe = () => void;

/** A typed event: subscribers are called in order of subscription; one that throws does not silence the others. */
export interface Listeners<T> {
  on(listener: (event: T) => void): Unsubscribe;
  emit(event: T): void;
  /** Number of subscribers: lets the hot path skip the building of an event nobody hears. */
  size(): number;
}

/**
 * @param onError receives what a listener throws (default: swallowed, because a broken observer must not break a
 * prediction)
 */
export function listeners<T>(onError: (error: unknown) => void = () => {}): Listeners<T> {
  const subscribed = new Set<(event: T) => void>();
  return {
    on(listener) {
      const own = (event: T): void => listener(event);
      subscribed.add(own);
      return () => subscribed.delete(own);
    },
    emit(event) {
      for (const listener of subscribed) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    size: () => subscribed.size,
  };
}
