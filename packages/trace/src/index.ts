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
  SpanFlag,
  type DataQuality,
  type Mark,
  type Span,
  type Tokens,
  type WriterState,
} from './span.ts'
