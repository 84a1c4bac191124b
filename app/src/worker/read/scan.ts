/** The entry of a scanner worker. */
import { Scanner, type FromScanner, type ToScanner } from './scanner.ts'

let scanner: Scanner | undefined

const post = (message: FromScanner, transfer: Transferable[] = []): void =>
  self.postMessage(message, { transfer })

self.onmessage = ({ data }: MessageEvent<ToScanner>) => {
  if (data.type === 'file') scanner = new Scanner(data.file, data.extraKey, post)
  else if (data.type === 'stretch') void scanner?.scan(data.from, data.to)
  else scanner?.giveBack(data.spent)
}
