/**
 * A value that is here already, or that somebody else has to be asked for. What is here stays a
 * plain value: a promise for every step of every reply would cost more than most of the steps.
 */
export type Soon<T> = T | Promise<T>

/** `then(value)`, at once where the value is here. */
export const soon = <T, U>(value: Soon<T>, then: (value: T) => Soon<U>): Soon<U> =>
  value instanceof Promise ? value.then(then) : then(value)
