/** Codes that are valid once and for a short time. */
import { randomBytes } from 'node:crypto'

const VALID_MS = 60_000
/** More codes than this replace the oldest ones. */
const MAX_CODES = 1000

export class OneTimeCodes {
  readonly #nowMs: () => number
  /** The end of each code's time, oldest first. */
  readonly #ends = new Map<string, number>()

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
  }

  create(): string {
    const [oldest] = this.#ends.keys()
    if (oldest !== undefined && this.#ends.size >= MAX_CODES) this.#ends.delete(oldest)
    const code = randomBytes(24).toString('base64url')
    this.#ends.set(code, this.#nowMs() + VALID_MS)
    return code
  }

  /** Whether the code is valid. It is not valid again. */
  use(code: string): boolean {
    const endMs = this.#ends.get(code)
    this.#ends.delete(code)
    return endMs !== undefined && this.#nowMs() < endMs
  }
}
