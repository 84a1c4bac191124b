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
  /** Read the lines that start in these bytes. */
  | { readonly type: 'stretch'; readonly from: number; readonly to: number }
  /** The arrays of an applied batch, for reuse. */
  | { readonly type: 'spent'; readonly spent: SpentBatch }

/** Scanner → worker: for each stretch its batches in order, then its end. */
export type FromScanner =
  | { readonly type: 'batch'; readonly batch: RowBatch; readonly bytes: number }
  /** `lines`: complete lines of the stretch. `isTorn`: the file ends with an incomplete line. */
  | { readonly type: 'end'; readonly lines: number; readonly isTorn: boolean }
  | { readonly type: 'failed'; readonly error: Error }

export class Scanner {
  readonly #file: Blob
  readonly #extraKey: string | undefined
  readonly #post: (message: FromScanner, transfer?: Transferable[]) => void
  readonly #texts = new Interner()
  readonly #writer = new RowBatchWriter(this.#texts)

  constructor(
    file: Blob,
    extraKey: string | undefined,
    post: (message: FromScanner, transfer?: Transferable[]) => void,
  ) {
    this.#file = file
    this.#extraKey = extraKey
    this.#post = post
  }

  /** Reads the lines that start in [from, to). One stretch at a time. */
  async scan(from: number, to: number): Promise<void> {
    try {
      await this.#scan(from, to)
    } catch (error) {
      this.#post({
        type: 'failed',
        error: error instanceof Error ? error : new Error(String(error)),
      })
    }
  }

  giveBack(spent: SpentBatch): void {
    this.#writer.giveBack(spent)
  }

  async #scan(from: number, to: number): Promise<void> {
    let reader: RowReader | undefined
    for await (const { position, bytes } of lineBytes(this.#file, from, to)) {
      if (reader === undefined) {
        reader = this.#readerAt(position)
        this.#writer.begin(position)
      }
      reader.push(bytes, this.#writer)
      const batch = this.#writer.take()
      this.#post({ type: 'batch', batch, bytes: bytes.length }, [
        batch.words.buffer,
        batch.numbers.buffer,
      ])
    }
    this.#post({
      type: 'end',
      lines: reader?.lineCount ?? 0,
      isTorn: reader?.finish() !== undefined,
    })
  }

  #readerAt(startPosition: number): RowReader {
    const utf8 = new TextDecoder('utf-8', { fatal: true })
    const decode = (bytes: Uint8Array): string => utf8.decode(bytes)
    const reader = new RowReader({ decode, texts: this.#texts, startPosition })
    reader.setExtraKey(this.#extraKey)
    return reader
  }
}
