/** The types of the registry's table: formats that are read, and formats that are refused. */
import type { CreateReader } from './reader.ts'

/** The beginning of a log, by which its format is recognized. */
export interface Sample {
  /** The first records, at most 20. The last one may lack its end, and then has the fields before it. */
  readonly records: readonly unknown[]
  /** Whether they are the elements of one array. */
  readonly isArray: boolean
  /** Names of a zip's entries; empty for other files. */
  readonly entries: readonly string[]
}

export interface Format {
  /** Stable and short: `claude-code`. */
  readonly id: string
  /** For people: `Claude Code session`. */
  readonly name: string
  /** Whether this is the format of a log that begins so. Looks at contents, never at names of files. */
  detect(sample: Sample): boolean
  /**
   * Whether a log of this format that begins so is a part of a run in another file, which asks for it
   * (`Host.want`). In a list of runs it is left out.
   */
  readonly isPart?: (sample: Sample) => boolean
  /** Loads the reader, with `import()`. */
  load(): Promise<CreateReader>
  /**
   * Names of arrays, at any depth, whose elements are records of their own, so that a large document is
   * read in parts.
   */
  readonly arrays?: readonly string[]
  /** A line is one record, also if it has such arrays, unless it is long. */
  readonly wholeLines?: true
  /** The file is a zip; its `.json` entries are the records. */
  readonly zip?: true
  /** Whole numbers beyond 2^53 are read as texts, so that they are not rounded. */
  readonly exactNumbers?: true
  /** A small log of this format in `src`, for tests. */
  readonly example: string
}

/** A format that has no timeline, or is no text. */
export interface RefusedFormat {
  /** With an article: `an SQLite database`. */
  readonly name: string
  detect(sample: Sample): boolean
  /** Why it is not read and what to do, after "… is NAME;". */
  readonly reason: string
}
