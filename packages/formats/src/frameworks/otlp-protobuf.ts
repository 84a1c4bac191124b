/**
 * OTLP in protobuf. The messages are those of opentelemetry-proto (trace/v1, common/v1, resource/v1,
 * collector/trace/v1) with the fields that are read; others are skipped, as protobuf defines.
 */
import protobuf from 'protobufjs/light.js'

type Field = readonly [type: string, id: number]

/** A message from its fields; `[]` at the end of a type means repeated. */
function message(fields: Readonly<Record<string, Field>>): protobuf.IType {
  return {
    fields: Object.fromEntries(
      Object.entries(fields).map(([name, [type, id]]) => {
        const isList = type.endsWith('[]')
        return [
          name,
          { type: isList ? type.slice(0, -2) : type, id, ...(isList && { rule: 'repeated' }) },
        ]
      }),
    ),
  }
}

const root = protobuf.Root.fromJSON({
  nested: {
    ExportTraceServiceRequest: message({ resourceSpans: ['ResourceSpans[]', 1] }),
    ResourceSpans: message({ resource: ['Resource', 1], scopeSpans: ['ScopeSpans[]', 2] }),
    Resource: message({ attributes: ['KeyValue[]', 1] }),
    ScopeSpans: message({ spans: ['Span[]', 2] }),
    Span: message({
      traceId: ['bytes', 1],
      spanId: ['bytes', 2],
      parentSpanId: ['bytes', 4],
      name: ['string', 5],
      kind: ['int32', 6],
      startTimeUnixNano: ['fixed64', 7],
      endTimeUnixNano: ['fixed64', 8],
      attributes: ['KeyValue[]', 9],
      events: ['Event[]', 11],
      status: ['Status', 15],
    }),
    Event: message({
      timeUnixNano: ['fixed64', 1],
      name: ['string', 2],
      attributes: ['KeyValue[]', 3],
    }),
    Status: message({ message: ['string', 2], code: ['int32', 3] }),
    KeyValue: message({ key: ['string', 1], value: ['AnyValue', 2] }),
    AnyValue: {
      oneofs: {
        value: {
          oneof: [
            'stringValue',
            'boolValue',
            'intValue',
            'doubleValue',
            'arrayValue',
            'kvlistValue',
            'bytesValue',
          ],
        },
      },
      ...message({
        stringValue: ['string', 1],
        boolValue: ['bool', 2],
        intValue: ['int64', 3],
        doubleValue: ['double', 4],
        arrayValue: ['ArrayValue', 5],
        kvlistValue: ['KeyValueList', 6],
        bytesValue: ['bytes', 7],
      }),
    },
    ArrayValue: message({ values: ['AnyValue[]', 1] }),
    KeyValueList: message({ values: ['KeyValue[]', 1] }),
    ExportTraceServiceResponse: message({ partialSuccess: ['ExportTracePartialSuccess', 1] }),
    ExportTracePartialSuccess: message({
      rejectedSpans: ['int64', 1],
      errorMessage: ['string', 2],
    }),
    RpcStatus: message({ code: ['int32', 1], message: ['string', 2] }),
  },
})

const request = root.lookupType('ExportTraceServiceRequest')
const response = root.lookupType('ExportTraceServiceResponse')
const status = root.lookupType('RpcStatus')

/**
 * Decodes an `ExportTraceServiceRequest` to the form of its JSON, with ids in base64.
 *
 * @throws {Error} for bytes that are no such message
 */
export function decodeTraceRequest(bytes: Uint8Array): unknown {
  return request.toObject(request.decode(bytes), { longs: String, bytes: String, arrays: true })
}

/** Encodes an `ExportTraceServiceResponse`, given in its JSON form. */
export function encodeTraceResponse(json: Readonly<Record<string, unknown>>): Uint8Array {
  return response.encode(response.fromObject(json)).finish()
}

/** Encodes a `google.rpc.Status`. */
export function encodeStatus(json: {
  readonly code: number
  readonly message: string
}): Uint8Array {
  return status.encode(status.fromObject(json)).finish()
}
