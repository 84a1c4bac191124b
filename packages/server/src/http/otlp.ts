/**
 * `POST /v1/traces`: OTLP over HTTP in JSON or protobuf. Answers follow the specification: the type of
 * the request, a partial success for spans that were not taken, and a `google.rpc.Status` for errors.
 */
import type { IncomingMessage } from 'node:http'
import { parseJson, quoteUnsafeNumbers } from '@wattline/trace'
import type { ServerContext } from '../runs/context.ts'
import type { OtlpRuns, Rejected } from '../runs/otlp-runs.ts'
import { readBody } from './body.ts'
import { HttpError } from './errors.ts'

/** Exporters send a few MB at most. */
const MAX_OTLP_BYTES = 20 * 1024 * 1024

export const OTLP_PATHS = '/v1/*'
export const TRACES_PATH = '/v1/traces'

/** Loaded with the first request, because most servers get none. */
const loadOtlp = () => import('@wattline/formats/otlp')

type OtlpType = 'application/json' | 'application/x-protobuf'

export async function postTraces(
  context: ServerContext,
  runs: OtlpRuns,
  request: IncomingMessage,
): Promise<Response> {
  const type = otlpType(request)
  if (type === undefined) {
    const got = JSON.stringify(request.headers['content-type'] ?? '')
    throw new HttpError(415, `expected application/json or application/x-protobuf, got ${got}`)
  }
  const body = await readBody(context, request, MAX_OTLP_BYTES)
  const { batchesOf, encodeTraceResponse } = await loadOtlp()
  const rejected = await runs.take(batchesOf(await decoded(body, type)))
  const json = responseJson(rejected)
  const bytes = type === 'application/json' ? JSON.stringify(json) : encodeTraceResponse(json)
  return new Response(Buffer.from(bytes), { headers: { 'content-type': type } })
}

/** Errors that exporters may retry have the statuses that the specification names. */
export async function otlpError(
  request: IncomingMessage,
  status: number,
  message: string,
): Promise<Response> {
  const isBusy = status === 503 || status === 507
  const answer = { code: CODES[status] ?? (status < 500 ? INVALID_ARGUMENT : INTERNAL), message }
  const type = otlpType(request) ?? 'application/json'
  const { encodeStatus } = await loadOtlp()
  const bytes = type === 'application/json' ? JSON.stringify(answer) : encodeStatus(answer)
  return new Response(Buffer.from(bytes), {
    status: isBusy ? 503 : status,
    headers: { 'content-type': type, ...(isBusy && { 'retry-after': RETRY_AFTER_S }) },
  })
}

const RETRY_AFTER_S = '5'

/** Codes of `google.rpc.Code` by HTTP status. */
const INVALID_ARGUMENT = 3
const INTERNAL = 13
const CODES: Readonly<Record<number, number>> = {
  401: 16,
  403: 7,
  404: 5,
  410: 9,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
  507: 14,
}

function otlpType({ headers }: IncomingMessage): OtlpType | undefined {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  return type === 'application/json' || type === 'application/x-protobuf' ? type : undefined
}

async function decoded(body: Buffer, type: OtlpType): Promise<unknown> {
  if (type === 'application/json') {
    const parsed = parseJson(quoteUnsafeNumbers(body.toString()))
    if (parsed.ok) return parsed.value
    throw new HttpError(400, `expected an ExportTraceServiceRequest in JSON: ${parsed.reason}`)
  }
  const { decodeTraceRequest } = await loadOtlp()
  try {
    return decodeTraceRequest(body)
  } catch (error) {
    throw new HttpError(
      400,
      `expected an ExportTraceServiceRequest in protobuf: ${error instanceof Error ? error.message : ''}`,
    )
  }
}

function responseJson(rejected: Rejected | undefined): Record<string, unknown> {
  if (rejected === undefined) return {}
  const { spans, reason } = rejected
  return { partialSuccess: { rejectedSpans: String(spans), errorMessage: reason } }
}
