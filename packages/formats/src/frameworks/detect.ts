/**
 * How records of frameworks and collectors are recognized. These functions are part of the first load of
 * the page; the readers are not.
 */
import { isFields } from '../read/fields.ts'

/** Resource spans are looked for in this many values, at this depth. */
const MOST_VALUES = 500
const MOST_DEPTH = 6

/** Whether one of the records has OTLP spans, at any depth: exports wrap them in many ways. */
export function isOtlp(records: readonly unknown[]): boolean {
  let left = MOST_VALUES
  const has = (value: unknown, depth: number): boolean => {
    if (depth > MOST_DEPTH || --left < 0) return false
    if (Array.isArray(value)) return value.some((item) => has(item, depth + 1))
    if (!isFields(value)) return false
    if (Array.isArray(value['resourceSpans'] ?? value['resource_spans'])) return true
    return Object.values(value).some((item) => has(item, depth + 1))
  }
  return records.some((record) => has(record, 0))
}

/** A run operation, or a run of an export. */
export function isLangSmith(record: unknown): boolean {
  if (!isFields(record) || !('id' in record)) return false
  return ('run_type' in record || 'dotted_order' in record) && 'start_time' in record
}

/** A document with events, or one of them in a bare array. */
export function isChromeTrace(record: unknown, isArray: boolean): boolean {
  if (!isFields(record)) return false
  if (Array.isArray(record['traceEvents'])) return true
  return isArray && typeof record['ph'] === 'string' && ('ts' in record || record['ph'] === 'M')
}

export function isJaeger(record: unknown): boolean {
  const traces = isFields(record) ? record['data'] : undefined
  if (!Array.isArray(traces)) return false
  return isFields(traces[0]) && 'traceID' in traces[0] && 'spans' in traces[0]
}

export function isLangfuse(record: unknown): boolean {
  return isFields(record) && isFields(record['trace']) && Array.isArray(record['observations'])
}

/** The entries of a log of Inspect AI; one that is still running has no header. */
export function isInspect(entries: readonly string[]): boolean {
  return entries.some((name) => name === 'header.json' || name.startsWith('_journal/'))
}

/** Spans as SDKs and tools print them; see span-dumps.ts. */
export function isSpanDump(record: unknown): boolean {
  if (!isFields(record)) return false
  const spans = record['spans']
  const span = Array.isArray(spans) ? (spans[0] as unknown) : (record['span'] ?? record)
  if (!isFields(span)) return false
  const hasStart = 'start_time' in span || Array.isArray(span['startTime'])
  const isPython = isFields(span['context']) && 'trace_id' in span['context']
  const isJavaScript = 'traceId' in span && Array.isArray(span['startTime'])
  const isAgentOps = 'span_type' in span && 'span_attributes' in span
  const isRaaf = 'span' in record && (record['event'] === 'start' || record['event'] === 'end')
  return hasStart && (isPython || isJavaScript || isAgentOps || isRaaf)
}
