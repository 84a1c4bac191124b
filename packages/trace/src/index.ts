/** The one door of the package: what the recorder, the server and the app may use. */
export {
  EventType,
  splitEventType,
  type AgentEvent,
  type JsonValue,
  type Metadata,
  type Phase,
  type TelemetrySample,
} from './event.ts'
export {
  flagNames,
  isDropped,
  SpanFlag,
  type DataQuality,
  type Mark,
  type Span,
  type Tokens,
  type WriterQuality,
  type WriterState,
} from './span.ts'
export { encodeEvent, encodeSample } from './encode.ts'
export { LogDecoder, readLog, type Decode, type LineSink, type LogDecoderOptions } from './jsonl.ts'
export { LogReader, type LogReaderOptions, type LogSink } from './log-reader.ts'
export { RowBatchReader, RowBatchWriter, type RowBatch, type SpentBatch } from './row-batch.ts'
export { LineSplitter, type LineSplitterOptions, type OnLine, type TornLine } from './lines.ts'
export { parseLine, type ParsedLine } from './parse.ts'
export type { TimeUnit } from './timestamp.ts'
export { EventRow, POINT, START } from './event-row.ts'
export { Interner } from './interner.ts'
export { scopeKeyIndex } from './scope.ts'
export { idsOf } from './metadata-reader.ts'
export { type SpanView } from './span-view.ts'
export { ByteColumn, GrowingColumn, Int32Column, type Column } from './columns.ts'
export { SmallColumn } from './small-column.ts'
export { TimeColumn } from './time-column.ts'
export { type MarkView } from './marks.ts'
export { Lanes, type LaneGroup, type LanePlace } from './lanes.ts'
export { Trace, type TraceChanges } from './trace.ts'
export type { MalformedLine } from './quality.ts'
export {
  formatBytes,
  formatClock,
  formatCost,
  formatCount,
  formatDuration,
  formatJoules,
  formatWatts,
  shortModel,
} from './format.ts'
export { Telemetry } from './energy/telemetry.ts'
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
export { energyBetween, type PowerEnvelope, powerEnvelope } from './energy/power-envelope.ts'
export { type SpanEnergy } from './energy/energy-ledger.ts'
export { energyRecord } from './energy/energy-record.ts'
export { correlateUpstream, type UpstreamBreakdown } from './energy/upstream-energy.ts'
export { analyzeUpstream } from './energy/upstream-analysis.ts'
export { isTelemetry, readTelemetry } from './telemetry-files/telemetry-file.ts'
export { type CostEstimate, estimateRunCost, type PriceTable, PRICES_AS_OF } from './prices.ts'
export { pairUpstream, type UpstreamPair } from './upstream.ts'
export { generateRun, type GenerateOptions } from './generate.ts'
export {
  countedFigures,
  quantileOf,
  summarize,
  sumCost,
  sumTokens,
  type CountedFigures,
  type KindStats,
  type Summary,
  type TokenSums,
} from './stats.ts'
export { markRecord, spanRecord, type SpanRecord } from './span-record.ts'
