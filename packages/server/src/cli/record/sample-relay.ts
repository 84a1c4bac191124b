/** Sends power samples to a run on a server, and drops samples while its writer has no room. */
import { encodeSample, type TelemetrySample } from '@wattline/trace'
import type { RunWriter } from './run-writer.ts'
import { count } from '../base/terminal.ts'

const encoder = new TextEncoder()

export class SampleRelay {
  /** Resolves when the server refuses the run. */
  readonly refused: Promise<void>
  readonly #writer: RunWriter
  #refuse: () => void = () => undefined
  #isRefused = false
  #dropped = 0

  constructor(writer: RunWriter) {
    this.#writer = writer
    this.refused = new Promise((resolve) => (this.#refuse = resolve))
  }

  /** A sentence about dropped samples; undefined if none were dropped. */
  get loss(): string | undefined {
    if (this.#dropped === 0) return undefined
    return `${count(this.#dropped, 'sample')} had no room while the server was away.`
  }

  /** Sends a sample, or counts it as dropped. */
  add(sample: TelemetrySample): void {
    if (!this.#writer.hasRoom || this.#isRefused) {
      this.#dropped += 1
      return
    }
    const line = encoder.encode(`${encodeSample(sample)}\n`)
    // `end()` of the writer throws the reason.
    this.#writer.send(line, 1).catch(() => {
      this.#isRefused = true
      this.#refuse()
    })
  }
}
