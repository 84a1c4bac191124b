/** Ids of traces and spans: OTLP/JSON writes them in hex, protobuf's JSON in base64. */
import { textOf } from '../read/fields.ts'

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** 16 or 8 bytes in base64. */
const IN_BASE64 = /^(?:[\w+/-]{22}(?:==)?|[\w+/-]{11}=?)$/
const LONGEST_ID = 128

/** An id in lower case hex; other texts as they are. Undefined for no id: `""`, zeros. */
export function otelId(value: unknown): string | undefined {
  const text = textOf(value)
  if (text === undefined || text.length > LONGEST_ID) return undefined
  const hex = /^(?:0x)?([0-9a-f]+)$/i.exec(text)?.[1]
  const isHex = hex !== undefined && (hex.length === 16 || hex.length === 32)
  const id = isHex ? hex.toLowerCase() : IN_BASE64.test(text) ? hexOf(text) : text
  return /^0+$/.test(id) ? undefined : id
}

function hexOf(base64: string): string {
  let bits = 0
  let bitCount = 0
  let hex = ''
  for (const char of base64.replace(/=+$/, '').replaceAll('-', '+').replaceAll('_', '/')) {
    bits = (bits << 6) | BASE64.indexOf(char)
    bitCount += 6
    if (bitCount < 8) continue
    bitCount -= 8
    hex += ((bits >> bitCount) & 0xff).toString(16).padStart(2, '0')
    bits &= (1 << bitCount) - 1
  }
  return hex
}
