/** The one door of the package: what the recorder, the server and the app may use. */
export {
  EventType,
  splitEventType,
  type AgentEvent,
  type Decode,
  type JsonValue,
  type Metadata,
  type Phase,
  type TelemetrySample,
} from './line/event.ts'
export {
  flagNames,
  isDropped,
  SpanFlag,
  type DataQuality,
  type Mark,
  type Span,
  type Tokens,
  type WriterQuality,
} from './trace/span.ts'
export { encodeEvent, encodeSample } from './line/encode.ts'
export { LogDecoder, type LineSink, type LogDecoderOptions } from './line/log-decoder.ts'
export { RowReader, type RowReaderOptions, type RowSink } from './scan/row-reader.ts'
export { RowBatchReader, RowBatchWriter, type RowBatch, type SpentBatch } from './scan/row-batch.ts'
export {
  LineSplitter,
  type LineSplitterOptions,
  type OnLine,
  type TornLine,
} from './line/line-splitter.ts'
export { showHidden, showHiddenInLine } from './line/hidden-characters.ts'
export { parseLine, type ParsedLine } from './line/parse.ts'
export type { TimeUnit } from './line/timestamp.ts'
export { EventRow, POINT, START } from './row/event-row.ts'
export { Interner } from './row/interner.ts'
export { groupableText, idsOf } from './row/metadata-reader.ts'
export { kindLabel, kindOf, type Kind, type KindColor } from './row/kinds.ts'
export { type SpanView } from './trace/span-view.ts'
export { ByteColumn, GrowingColumn, Int32Column, type Column } from './columns/columns.ts'
export { lowerBound } from './columns/lower-bound.ts'
export { SmallColumn } from './columns/small-column.ts'
export { TimeColumn } from './columns/time-column.ts'
export { type MarkView } from './trace/mark-view.ts'
export { Lanes, type LaneGroup, type LanePlace } from './lanes/lanes.ts'
export { BUILT_IN_GROUP_KEYS, groupUnder, isKeptInTrace, type OwnValue } from './trace/grouping.ts'
export { Trace, type TraceChanges } from './trace/trace.ts'
export type { MalformedLine } from './trace/quality.ts'
export {
  formatBytes,
  formatClock,
  formatCost,
  formatCostInColumn,
  formatCount,
  formatDuration,
  formatJoules,
  formatWatts,
  shortModel,
} from './stats/format.ts'
export { Telemetry } from './telemetry/telemetry.ts'
export { EnergyLedger } from './energy/energy-ledger.ts'
export {
  type EnergyGroup,
  type EnergySummary,
  type EnergyTotals,
  energyTotals,
  isMeasured,
  summarizeEnergy,
} from './energy/energy-summary.ts'
export { type EnergyWarning, energyWarnings } from './energy/energy-warnings.ts'
export { energyBetween, type PowerEnvelope, powerEnvelope } from './telemetry/power-envelope.ts'
export { type SpanEnergy } from './energy/energy-ledger.ts'
export { energyRecord } from './energy/energy-record.ts'
export { correlateUpstream, type UpstreamBreakdown } from './upstream/energy.ts'
export { analyzeUpstream } from './upstream/analysis.ts'
export { isTelemetry, readTelemetry } from './telemetry/files/telemetry-file.ts'
export {
  type CostEstimate,
  estimateRunCost,
  type PriceTable,
  PRICES_AS_OF,
} from './stats/prices.ts'
export { pairUpstream, type UpstreamPair } from './upstream/pairing.ts'
export {
  countedUsage,
  quantileInPlace,
  summarize,
  sumCost,
  sumTokens,
  type CountedUsage,
  type KindStats,
  type Summary,
  type TokenSums,
} from './stats/stats.ts'
export { markRecord, spanRecord, type SpanRecord } from './stats/span-record.ts'
export type { RunSummary } from './stats/run-summary.ts'
export {
  CloseCode,
  closeReaction,
  CURSOR_BYTES,
  DEFAULT_PORT,
  encodeAck,
  END_FRAME,
  MAX_RECORD_HEADER_BYTES,
  parseRecordReply,
  reconnectDelayMs,
  RECORD_PATH,
  recordHeader,
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
  WATCH_PATH,
  type ErrorReply,
  type WatchControl,
} from './wire/protocol.ts'
export {
  runState,
  type RunInfo,
  type RunState,
  type WriterInfo,
  type WriterState,
} from './wire/run-info.ts'
