/** A recorder at full speed: sends prepared frames of 64 events as fast as they are acknowledged. */
import { once } from 'node:events'
import { WebSocket } from 'ws'

export const EVENTS_A_FRAME = 64
/** The most frames that may be unacknowledged, as in the recorder. */
const WINDOW_FRAMES = 512

/** Creates the lines of one frame, about 120 bytes per event. */
export function linesOf(frame: number): string {
  let text = ''
  for (let i = 1; i <= EVENTS_A_FRAME; i += 1) {
    const metadata = { tool: 'search', agent_name: 'researcher', n: frame * EVENTS_A_FRAME + i }
    const timestamp = 1_760_000_000 + frame / 1000
    text += `${JSON.stringify({ event_type: 'tool_call_start', timestamp, metadata })}\n`
  }
  return text
}

export class Producer {
  readonly #socket: WebSocket
  /** Frames sent and acknowledged in total. */
  #sent = 0
  #acked = 0
  #wake: () => void = () => undefined

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => {
      const { ack } = JSON.parse((data as Buffer).toString()) as { ack?: number }
      this.#acked = Math.floor((ack ?? 0) / EVENTS_A_FRAME)
      this.#wake()
    })
  }

  static async open(port: number, run: string): Promise<Producer> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/record?run=${run}&writer=bench`, {
      perMessageDeflate: false,
    })
    const producer = new Producer(socket)
    await once(socket, 'message')
    return producer
  }

  /** Sends the lines as one frame. */
  sendOne(lines: string): void {
    this.#socket.send(Buffer.from(`${this.#sent * EVENTS_A_FRAME + 1}\n${lines}`))
    this.#sent += 1
  }

  /** Sends `count` frames, cycling through `lines`; resolves when all are acknowledged. */
  async send(frames: number, lines: readonly string[]): Promise<void> {
    const last = this.#sent + frames
    while (this.#acked < last) {
      while (this.#sent < last && this.#sent - this.#acked < WINDOW_FRAMES) {
        this.sendOne(lines[this.#sent % lines.length] ?? '')
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  close(): void {
    this.#socket.terminate()
  }
}
