/** Power samples into a run at a server: never more of them waiting than the client has room for. */
import { encodeSample, type TelemetrySample } from '@wattline/trace'
import type { RunWriter } from './run-writer.ts'
import { count } from '../base/terminal.ts'

const encoder = new TextEncoder()

export class SampleRelay {
  /** Resolves when the server takes no more of this run, for good. */
  readonly refused: Promise<void>
  readonly #client: RunWriter
  #refuse: () => void = () => undefined
  #isRefused = false
  #dropped = 0

  constructor(client: RunWriter) {
    this.#client = client
    this.refused = new Promise((resolve) => (this.#refuse = resolve))
  }

  /** What got lost, as a sentence for people; undefined = nothing. */
  get loss(): string | undefined {
    if (this.#dropped === 0) return undefined
    return `${count(this.#dropped, 'sample')} had no room while the server was away.`
  }

  /** Takes a sample, or counts it as lost. */
  take(sample: TelemetrySample): void {
    if (!this.#client.hasRoom || this.#isRefused) {
      this.#dropped += 1
      return
    }
    const line = encoder.encode(`${encodeSample(sample)}\n`)
    // Why it was refused is told by the client's end.
    this.#client.send(line, 1).catch(() => this.#onRefused())
  }

  #onRefused(): void {
    this.#isRefused = true
    this.#refuse()
  }
}
