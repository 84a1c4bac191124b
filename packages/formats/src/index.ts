/** The public names of the package. */
export { Conversion, type ConversionOptions, type Utf8 } from './convert.ts'
export { detect, HEAD_BYTES, type Detection } from './detect.ts'
export {
  openLog,
  type CompanionFile,
  type Companions,
  type OpenedLog,
  type OpenOptions,
} from './open.ts'
export {
  coverageNotes,
  coverageSentence,
  emptyReason,
  unknownReason,
  type Count,
  type Coverage,
} from './read/coverage.ts'
export type { Format } from './read/format.ts'
export type { CreateReader } from './read/reader.ts'
