/**
 * One of several scanners of a large file: turns the lines of its stretches into batches of rows. It
 * knows neither the other scanners nor the lines before its stretch.
 */
import {
  Interner,
  RowReader,
  RowBatchWriter,
  type RowBatch,
  type SpentBatch,
} from '@wattline/trace'
import { lineBytes } from './line-bytes.ts'

/** Worker → scanner. */
export type ToScanner =
  /** The first message: the file, and a further metadata key whose values are read. */
  | { readonly type: 'file'; readonly file: Blob; readonly extraKey: string | undefined }
  /** Read the lines that start in [from, to). One stretch at a time. */
  | { readonly type: 'stretch'; readonly from: number; readonly to: number }
  /** The arrays of an applied batch, for reuse. */
  | { readonly type: 'spent'; readonly spent: SpentBatch }

/** Scanner → worker: for each stretch its batches in order, then its end. */
export type FromScanner =
  | { readonly type: 'batch'; readonly batch: RowBatch; readonly bytes: number }
  /** `lines`: complete lines of the stretch. `isTorn`: the file ends with an incomplete line. */
  | { readonly type: 'end'; readonly lines: number; readonly isTorn: boolean }
  | { readonly type: 'failed'; readonly error: Error }

/** Returns the function that receives the messages of a scanner. `post` sends its answers. */
export function createScanner(
  post: (message: FromScanner, transfer?: Transferable[]) => void,
): (message: ToScanner) => void {
  const texts = new Interner()
  const writer = new RowBatchWriter(texts)
  let file = new Blob()
  let extraKey: string | undefined

  const readerAt = (startPosition: number): RowReader => {
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    const reader = new RowReader({ decode: (bytes) => utf8.decode(bytes), texts, startPosition })
    reader.setExtraKey(extraKey)
    return reader
  }

  const scan = async (from: number, to: number): Promise<void> => {
    let reader: RowReader | undefined
    for await (const { position, bytes } of lineBytes(file, from, to)) {
      if (reader === undefined) {
        reader = readerAt(position)
        writer.begin(position)
      }
      reader.push(bytes, writer)
      const batch = writer.take()
      const transfer = [batch.words.buffer, batch.numbers.buffer]
      post({ type: 'batch', batch, bytes: bytes.length }, transfer)
    }
    const isOpen = reader?.finish() !== undefined
    const isTorn = isOpen && reader?.end(writer) !== undefined
    // The last line is whole; its bytes were counted above.
    if (isOpen && !isTorn) post({ type: 'batch', batch: writer.take(), bytes: 0 })
    post({ type: 'end', lines: reader?.lineCount ?? 0, isTorn })
  }

  return (message) => {
    switch (message.type) {
      case 'file':
        ;({ file, extraKey } = message)
        break
      case 'stretch':
        scan(message.from, message.to).catch((error: unknown) =>
          post({
            type: 'failed',
            error: error instanceof Error ? error : new Error(String(error)),
          }),
        )
        break
      case 'spent':
        writer.giveBack(message.spent)
        break
    }
  }
}
