/** The entry of a scanner worker. */
import { createScanner } from './scanner.ts'

const receive = createScanner((message, transfer = []) => self.postMessage(message, { transfer }))

self.onmessage = ({ data }) => receive(data)
