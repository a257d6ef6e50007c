/** A value from the environment that nothing prints: only `reveal` gives it. */
export interface Secret {
  /** Name of the environment variable. */
  readonly name: string;
  reveal(): string;
  toString(): string;
  toJSON(): string;
}

/** Makes a secret. `util.inspect` and `console.log` show its name too. */
export function secret(name: string, value: string): Secret {
  const shown = `[secret ${name}]`;
  return Object.freeze({
    name,
    reveal: () => value,
    toString: () => shown,
    toJSON: () => shown,
    [Symbol.for('nodejs.util.inspect.custom')]: () => shown,
  });
}
