/** Power samples into a run at a server: never more of them waiting than the client has room for. */
import { encodeSample, type TelemetrySample } from '@wattline/trace'
import type { RecordClient } from './record-client.ts'

const encoder = new TextEncoder()

export class SampleRelay {
  readonly #client: RecordClient
  #dropped = 0
  #failure: unknown

  constructor(client: RecordClient) {
    this.#client = client
  }

  /** Samples that a server which was away left no room for. */
  get dropped(): number {
    return this.#dropped
  }

  /** Why the server takes no more, if that is so. */
  get failure(): unknown {
    return this.#failure
  }

  take(sample: TelemetrySample): void {
    if (!this.#client.hasRoom || this.#failure !== undefined) {
      this.#dropped += 1
      return
    }
    const line = encoder.encode(`${encodeSample(sample)}\n`)
    this.#client.send(line, 1).catch((error: unknown) => (this.#failure ??= error))
  }
}
