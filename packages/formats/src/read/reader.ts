/**
 * What a reader of a format is: it gets the records of a log one by one, in the order of the file, and
 * emits native events. The same reader serves a finished file and a file that is followed while it grows.
 */
import type { Metadata } from '@wattline/trace'

/** Where a record is. It becomes the `source` of the lines that come from it. */
export interface Place {
  /** Name of the file: the main one, or one beside it, relative to the folder of the main file. */
  readonly file: string
  /** Line on which the record begins, from 1. */
  readonly line: number
  /** The named array (see `Format.arrays`) that the record is an element of. */
  readonly array?: string
  /** The entry of a zip that the record is. */
  readonly entry?: string
}

/**
 * What a reader did with a record:
 *
 * - `used`: it carried something that was read: an event, or a figure or time of one;
 * - `known`: its type is known to carry no event;
 * - `untimed`: it would be an event, but has no usable time;
 * - `{ unknown }`: the type is not known. The types are counted and shown.
 */
export type Taken = 'used' | 'known' | 'untimed' | { readonly unknown: string }

/** Figures that are not what they seem: see {@link Host.note}. */
export type Doubt = 'lower-bound' | 'reconstructed'

/** What a reader may ask of the conversion that it runs in. */
export interface Host {
  /**
   * Writes a native event. Times are Unix seconds; an event without a usable time is dropped and
   * counted. `place` is that of the record being read unless given.
   *
   * Order does not matter: pairing is a function of the set of events. Emit as early as possible. A
   * start without an end is an open call, and `span_update` adds metadata to it later.
   */
  emit(eventType: string, timeS: number, metadata: Metadata, place?: Place): void
  /** Counts a figure that is a lower bound, or a time that was reconstructed; `what` is a few words. */
  note(doubt: Doubt, what: string): void
  /**
   * Asks for other files of the same run. `pattern` is relative to the folder of the main file; each of
   * its segments may contain `*`, and leading segments may be `..`. The records of these files come
   * through `push` with their own `file`, whenever they are found, perhaps never: a page that got one
   * file has no others. Never put an id that was not checked (see `isPlainId`) into a pattern.
   */
  want(pattern: string): void
  /** What `settle` ended went on, so the log has to be converted again from its start. */
  stale(): void
  /** Name of the main file without its folder and extension. */
  readonly stem: string
}

/** Reads one run. It must not throw, whatever it gets, and its memory must not grow with repeated input. */
export interface Reader {
  /** Reads a record: the value of a line, of a document, or an element of a named array. */
  push(record: unknown, place: Place): Taken
  /**
   * Only with `Format.arrays`: the fields around the arrays. Called before the first element with the
   * fields that precede it, and at the end of the document with all of them; the arrays are empty.
   */
  rest?(fields: unknown, place: Place): void
  /**
   * A followed file has not grown for `quietS` seconds (called at 3 and at 30): what is over but waited for
   * a next line may end. If a later record shows that it was not, tell `Host.stale`.
   */
  settle?(quietS: number): void
  /** The input has ended. Not called for a file that may still grow. */
  end(): void
}

export type CreateReader = (host: Host) => Reader
