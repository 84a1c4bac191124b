/** The public names of the package, in the order of its folders. The generator is `@wattline/trace/generate`. */
export { ByteColumn, GrowingColumn, Int32Column, type Column } from './columns/columns.ts'
export { lowerBound } from './columns/lower-bound.ts'
export { SmallColumn } from './columns/small-column.ts'
export { TimeColumn } from './columns/time-column.ts'
export { encodeEvent, encodeSample, encodeWriter } from './line/encode.ts'
export { joinBytes } from './line/join-bytes.ts'
export {
  EventType,
  splitEventType,
  UPDATE_TYPE,
  type AgentEvent,
  type JsonValue,
  type Metadata,
  type TelemetrySample,
  type WriterLine,
} from './line/event.ts'
export type { Decode } from './line/event.ts'
export { parseJson, quoteUnsafeNumbers } from './line/lenient-json.ts'
export { cutText, graphemes, wholeBefore } from './line/graphemes.ts'
export { isBlank, showHidden, showHiddenInLine } from './line/hidden-characters.ts'
export { isSecretName, REDACTED, redactSecretText } from './line/secrets.ts'
export { LineSplitter } from './line/line-splitter.ts'
export { LogDecoder, type LineSink } from './line/log-decoder.ts'
export { parseLine, type ParsedLine } from './line/parse.ts'
export { formatPosition, parsePosition, type LinePosition } from './wire/line-position.ts'
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
export { isLinkKey } from './row/metadata-keys.ts'
export { EventRow, POINT, START } from './row/event-row.ts'
export { Interner } from './row/interner.ts'
export { kindLabel, kindOf, NO_NAME, type KindColor } from './row/kinds.ts'
export { tokensOf, type Tokens } from './row/usage.ts'
export { idsOf } from './row/ids-of.ts'
export { groupableText } from './row/metadata-reader.ts'
export { RowBatchReader, RowBatchWriter, type RowBatch, type SpentBatch } from './scan/row-batch.ts'
export { RowReader, type RowSink } from './scan/row-reader.ts'
export { WriterNumbers } from './scan/writer-numbers.ts'
export { BUILT_IN_GROUP_KEYS, groupUnder, isKeptInTrace, type OwnValue } from './trace/grouping.ts'
export type { MarkView } from './trace/mark-view.ts'
export type { SpanView } from './trace/span-view.ts'
export {
  flagNames,
  isDropped,
  SpanFlag,
  type DataQuality,
  type Mark,
  type Span,
  type WriterQuality,
} from './trace/span.ts'
export { Trace, type TraceChanges } from './trace/trace.ts'
export { Lanes, type LanePlace } from './lanes/lanes.ts'
export {
  COST_MARKS,
  formatBytes,
  formatClock,
  formatCost,
  formatCostInColumn,
  formatCount,
  formatDuration,
  formatJoules,
  formatWatts,
  labelWithDetail,
  shortModel,
} from './stats/format.ts'
export { PRICES_AS_OF, type ListedPrice } from './stats/price-list.ts'
export { costOf, PriceList, type Cost, type CostSource, type PriceTable } from './stats/prices.ts'
export {
  CostSum,
  countedUsage,
  CountedUsage,
  sumCost,
  sumTokens,
  TokenSum,
  UsageBelow,
  type CostSums,
  type TokenSums,
} from './stats/counted.ts'
export { usageByModel, type ModelUsage } from './stats/model-usage.ts'
export type { RunSummary } from './stats/run-summary.ts'
export { markRecord, overlaidMetadata, spanRecord, type SpanRecord } from './stats/span-record.ts'
export { quantileInPlace, summarize, type KindStats, type Summary } from './stats/stats.ts'
export { GPU_UUID } from './telemetry/files/nvidia-smi.ts'
export { isTelemetry, readTelemetry } from './telemetry/files/telemetry-file.ts'
export { energyBetween, powerEnvelope, type PowerEnvelope } from './telemetry/power-envelope.ts'
export { Telemetry } from './telemetry/telemetry.ts'
export { EnergyLedger, type SpanEnergy } from './energy/energy-ledger.ts'
export { energyRecord } from './energy/energy-record.ts'
export {
  energyTotals,
  isMeasured,
  joulesPerToken,
  summarizeEnergy,
  type EnergyGroup,
  type EnergySummary,
  type EnergyTotals,
} from './energy/energy-summary.ts'
export { energyWarnings, type EnergyWarning } from './energy/energy-warnings.ts'
export { analyzeUpstream } from './upstream/analysis.ts'
export { correlateUpstream, type UpstreamBreakdown } from './upstream/energy.ts'
export { pairUpstream } from './upstream/pairing.ts'
