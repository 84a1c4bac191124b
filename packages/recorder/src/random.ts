/** Random ids. `crypto` is global in Node and in browsers. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** `bytes` random bytes as lower-case hex, never all zeros (W3C Trace Context forbids them). */
export function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes))
  if (random.every((byte) => byte === 0)) return randomHex(bytes)
  return Array.from(random, (byte) => HEX[byte]).join('')
}

/** A version 4 UUID; `crypto.randomUUID` exists in secure contexts only. */
export function randomUuid(): string {
  const hex = randomHex(16)
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Span ids are made often: 64 at a time from the system's generator. */
let pool = new Uint8Array(0)
let poolAt = 0

/** A span id: 8 random bytes as 16 hex digits (W3C Trace Context). */
export function newSpanId(): string {
  if (poolAt + 8 > pool.length) {
    pool = crypto.getRandomValues(new Uint8Array(512))
    poolAt = 0
  }
  let id = ''
  for (let i = 0; i < 8; i++) id += HEX[pool[poolAt++] as number]
  return id === '0000000000000000' ? newSpanId() : id
}
