/** The public entry of the package: the server, its options and the storage interface. */
export { createServer } from './server.ts'
export type { ServerOptions, WattlineServer } from './options.ts'
export {
  runState,
  type RunInfo,
  type RunState,
  type RunSummary,
  type WriterInfo,
  type WriterState,
} from '@wattline/trace'
export {
  StoreError,
  type AppendResult,
  type LogChunk,
  type LogItem,
  type ReadFrom,
  type RunChange,
  type RunSource,
  type RunStore,
  type StoreErrorCode,
  type WriterChange,
} from './storage/store.ts'
export { FolderStore, type FolderStoreOptions } from './storage/folder/folder-store.ts'
export { LogFiles, type LogFilesOptions, type Opened } from './files/log-files.ts'
export {
  NotALogError,
  readLogFile,
  readLogStream,
  type LogReading,
  type ReadLogOptions,
  type UnreadableLine,
} from './files/read-log.ts'
