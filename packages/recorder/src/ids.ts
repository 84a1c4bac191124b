/** Random ids for spans, writers and runs. `crypto` is a global in Node and in browsers. */

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** `bytes` random bytes as lower-case hex, never all zeros (W3C Trace Context forbids them). */
export function randomHex(bytes: number): string {
  const random = crypto.getRandomValues(new Uint8Array(bytes))
  if (random.every((byte) => byte === 0)) return randomHex(bytes)
  return Array.from(random, (byte) => HEX[byte]).join('')
}

/** A version 4 UUID. `crypto.randomUUID` would need a secure context in browsers. */
export function randomUuid(): string {
  const hex = randomHex(16)
  const variant = ((Number.parseInt(hex[16] as string, 16) & 3) | 8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
}

/** Random bytes for the next span ids: the system's generator is asked for 64 ids at a time. */
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

const ADJECTIVES =
  'able amber brave bright calm clear clever cosy crisp eager early fair fleet fresh gentle glad golden happy hardy keen kind light lively lucky mellow merry mild neat nimble noble patient proud quick quiet ready sharp shiny silver smart snug solid steady still sunny swift tidy true vivid warm wise witty'.split(
    ' ',
  )
const ANIMALS =
  'ant badger bat bear bee bison crane crow deer dove duck eagle egret elk falcon ferret finch fox frog gecko goose hare hawk hedgehog heron horse ibex jay kestrel koala lark lemur lynx magpie marten mole moose newt orca otter owl panda puffin quail raven robin salmon seal sparrow squirrel stork swan swift tern toad trout vole whale wolf wren yak'.split(
    ' ',
  )

/**
 * A readable, unique run id: two words, month, day and time (UTC), four random digits.
 *
 * @example newRunId() // 'brave-otter-1124-031822-7f3a'
 */
export function newRunId(now: Date = new Date()): string {
  // 2026-11-24T03:18:22.000Z → 1124-031822
  const time = now.toISOString().slice(5, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  const random = randomHex(4)
  const adjective = pick(ADJECTIVES, Number.parseInt(random.slice(4, 6), 16))
  const animal = pick(ANIMALS, Number.parseInt(random.slice(6, 8), 16))
  return `${adjective}-${animal}-${time}-${random.slice(0, 4)}`
}

function pick(words: readonly string[], n: number): string {
  return words[n % words.length] as string
}
