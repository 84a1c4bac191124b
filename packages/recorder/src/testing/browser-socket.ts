/** The WebSocket of ws in the role of the browser's: an `error` event without a listener is no error. */
import { WebSocket } from 'ws'

export class BrowserSocket extends WebSocket {
  constructor(address: string, protocols: string[]) {
    super(address, protocols)
    this.on('error', () => undefined)
  }
}
