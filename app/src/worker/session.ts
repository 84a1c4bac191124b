/**
 * One open run: reads a socket or a file into an ingestor, sends patches and reports to the page, and
 * answers requests. Each run gets a new session.
 */
import { formatPosition, isKeptInTrace, usageByModel } from '@wattline/trace'
import { request } from '../base/request.ts'
import { throttle } from '../base/schedule.ts'
import type { Answer, Params, RequestType } from '../model/answers.ts'
import type { Connection, Progress } from '../model/run-info.ts'
import {
  markInfo,
  overview,
  rangeSummary,
  rawEvent,
  runUsage,
  spanInfo,
} from './answers/answers.ts'
import { callDetails, spanRecords } from './answers/records.ts'
import { search } from './answers/search.ts'
import { Ingestor } from './ingestor.ts'
import { PatchSender, type Post } from './patch-sender.ts'
import { readConverted, readFile, type Scanners } from './read/file-source.ts'
import { openForeign, type ForeignFile } from './read/foreign-file.ts'
import { isGzip, unpacked } from './read/gunzip.ts'
import { LogWriters } from './read/log-writers.ts'
import { AddedLines, fileLines, streamLines, type RawLines } from './read/raw-lines.ts'
import {
  scannerCount,
  type ScannedEnd,
  type ScannedPart,
  type ScannerPort,
} from './read/scan-file.ts'
import type { ServerRun } from './read/server-run.ts'
import { readTelemetryFile } from './read/telemetry-file.ts'
import { watchRun, type WatchSource } from './read/watch-source.ts'
import { WatchedLines } from './read/watched-lines.ts'
import { withVisibleText } from './visible-text.ts'

const QUALITY_INTERVAL_MS = 400
const ENERGY_INTERVAL_MS = 250
/** Updating the energy may take this share of the time. */
const ENERGY_SHARE = 0.1
/** Outliers that are listed; all are counted. */
const MOST_OUTLIERS = 3

type Handlers = { readonly [T in RequestType]: (params: Params<T>) => Promise<Answer<T>> }

export class Session {
  readonly #post: Post
  readonly #startScanner: (() => ScannerPort) | undefined
  /** Resolves when the scanners have read the file; undefined without scanners. */
  #scanning: Promise<unknown> | undefined
  readonly patches: PatchSender
  readonly #quality = throttle(QUALITY_INTERVAL_MS, () => this.#sendQuality())
  readonly #energy = throttle(
    () => this.#energyIntervalMs,
    () => this.#sendEnergy(),
  )
  #energyIntervalMs = ENERGY_INTERVAL_MS
  readonly #abort = new AbortController()
  #groupBy: string
  #ingestor: Ingestor
  #rawLines: RawLines | undefined
  #watch: WatchSource | undefined
  /** The file, if it is a log of another tool. */
  #foreign: ForeignFile | undefined
  #writers = new LogWriters()
  /** The run as last sent by the server. */
  #run: ServerRun | undefined
  /** Whether the part of the log that existed when the page connected has been read. */
  #isCaughtUp = false
  #progress: Progress = { readBytes: 0, totalBytes: undefined, events: 0, done: false }

  /** @param startScanner starts a worker that helps to read a large file; undefined = not possible */
  constructor(post: Post, groupBy: string, startScanner?: () => ScannerPort) {
    // The builder of patches makes their texts visible itself, once per text.
    this.#post = (message, transfer) =>
      post(message.type === 'patch' ? message : withVisibleText(message), transfer)
    this.#groupBy = groupBy
    this.#startScanner = startScanner
    this.#ingestor = new Ingestor(groupBy, this.#writers.numbers)
    this.patches = new PatchSender(
      this.#post,
      () => this.#ingestor.flush(),
      () => this.#currentProgress(),
    )
  }

  /** Follows a run of the server. */
  watch(runId: string, base: string, silentMs?: number): void {
    let gen = ''
    let lines = watchedLines(base, runId, () => gen)
    let writer = 0
    this.#rawLines = lines
    this.#watch = watchRun({
      runId,
      base,
      silentMs,
      sink: {
        connection: (connection) => this.#post({ type: 'connection', connection }),
        run: (run) => this.#setRun(run),
        writer: (id) => (writer = this.#writers.numberOf(id)),
        bytes: (bytes, cursor, ofGen) => {
          gen = ofGen
          lines.add(this.#ingestor.receivedBytes, cursor, bytes)
          this.#push(bytes, writer)
        },
        caughtUp: () => {
          this.#isCaughtUp = true
          this.#applyWriters()
          this.#setProgress({ done: true })
          this.#quality.runNow()
        },
        reset: () => {
          lines = watchedLines(base, runId, () => gen)
          this.#rawLines = lines
          this.#reset()
        },
      },
    })
  }

  /** Reads a file of the user to its end. `processors`: number of logical processors. */
  async readFile(file: File, processors = 1): Promise<void> {
    this.#setConnection('connecting')
    this.patches.startFile()
    await this.patches.waitForPaint()
    let end: ScannedEnd | undefined
    let failure: string | undefined
    let gzip = false
    try {
      gzip = await isGzip(file)
      this.#foreign = await openForeign(file, gzip)
      if (this.#foreign?.reason !== undefined) throw new RefusedError(this.#foreign.reason)
      this.#rawLines = gzip ? streamLines(() => unpacked(file)) : fileLines(file)
      this.#setProgress({ totalBytes: file.size })
      const sink = {
        bytes: (chunk: Uint8Array) => this.#push(chunk),
        progress: (readBytes: number) => {
          this.#setProgress({ readBytes })
          this.#ingestor.trace.growth.share = readBytes / file.size
        },
        scanned: (part: ScannedPart) => {
          this.#ingestor.pushScanned(part)
          this.#scheduleReports()
        },
        sample: (chunk: Uint8Array) => this.#ingestor.groupKeys.sample(chunk),
        ready: () => this.patches.waitForPaint(),
      }
      const { lines, readBytes } = this.#foreign ?? {}
      if (lines !== undefined && readBytes !== undefined) {
        const added = new AddedLines()
        this.#rawLines = added
        const keep = (chunk: Uint8Array): void => {
          added.add(chunk)
          sink.bytes(chunk)
        }
        await readConverted(lines, readBytes, { ...sink, bytes: keep }, this.#abort.signal)
      } else {
        const scanners = gzip ? undefined : this.#startScanners(file, processors)
        const reading = readFile(file, gzip, sink, this.#abort.signal, scanners)
        if (scanners !== undefined) this.#scanning = reading.catch(() => undefined)
        end = await reading
      }
    } catch (error) {
      failure =
        error instanceof RefusedError
          ? `${file.name} ${error.message}.`
          : unreadable(file, gzip, error)
    }
    // The part before a failure is shown like a file that ends there.
    if (!this.#abort.signal.aborted) this.#finishFile(file, end, failure)
  }

  /** Undefined if the file is small or there is no processor to spare. */
  #startScanners(file: Blob, processors: number): Scanners | undefined {
    const start = this.#startScanner
    const count = scannerCount(processors, file.size)
    if (count === 0 || start === undefined) return undefined
    const ports = Array.from({ length: count }, () => start())
    return { ports, extraKey: this.#ingestor.extraKey }
  }

  retry(): void {
    this.#watch?.retry()
  }

  /** Regroups the rows. Reads the log again if the key's values were not stored. The last call wins. */
  async regroup(groupBy: string): Promise<void> {
    this.#groupBy = groupBy
    if (this.#scanning !== undefined && !isKeptInTrace(groupBy)) {
      // Batches of the scanners that are not applied yet lack the values of this key.
      await this.#scanning
      if (groupBy !== this.#groupBy) return
    }
    this.patches.sendNow()
    const ingestor = this.#ingestor
    if (ingestor.storeValuesOf(groupBy) && this.#rawLines !== undefined) {
      try {
        await ingestor.readValues(this.#rawLines.all())
      } catch (error) {
        const reason = `The rows cannot be grouped by ${groupBy}, because the log could not be read again: ${messageOf(error)}`
        if (groupBy === this.#groupBy) this.#post({ type: 'regroupFailed', reason })
        return
      }
      if (groupBy !== this.#groupBy) return
    }
    // A log that started over meanwhile is grouped by this key already.
    if (ingestor === this.#ingestor) {
      for (const patch of ingestor.regroup(groupBy)) this.patches.send(patch)
    }
    this.#post({ type: 'regrouped', groupBy })
  }

  close(): void {
    this.#abort.abort()
    this.#watch?.close()
    this.patches.sending.cancel()
    this.#quality.cancel()
    this.#energy.cancel()
  }

  /** Answers a request. Rejects with an error whose message can be shown to the user. */
  async answer<T extends RequestType>(type: T, params: Params<T>): Promise<Answer<T>> {
    this.patches.sendNow()
    try {
      const answer: Answer<T> = await this.#handlers[type](params)
      return EXACT_ANSWERS.has(type) ? answer : withVisibleText(answer)
    } catch (error) {
      throw new Error(withVisibleText(messageOf(error)), { cause: error })
    }
  }

  readonly #handlers: Handlers = {
    raw: async ({ position }) => rawEvent(await this.#readRaw(position)),
    details: async ({ slots }) => {
      // For many lines of a compressed file, this would read it many times.
      if (this.#rawLines?.isSlow === true) return slots.map(() => null)
      const { trace } = this.#ingestor
      return await callDetails({ trace, readRaw: (at) => this.#readRaw(at) }, slots)
    },
    search: ({ query }) =>
      search({ trace: this.#ingestor.trace, writers: this.#writers.all }, query),
    spanInfo: async ({ slot }) => spanInfo(this.#ingestor.trace, this.#ingestor.energy, slot),
    markInfo: async ({ slot }) => markInfo(this.#ingestor.trace, slot),
    summary: async ({ startS, endS }) =>
      rangeSummary(this.#ingestor.trace, this.#ingestor.energy, startS, endS),
    overview: ({ playheadS }) => overview(this.#ingestor.trace, this.#ingestor.energy, playheadS),
    power: async ({ startS, endS, parts }) => this.#ingestor.energy.power(startS, endS, parts),
    joules: async ({ endS }) => {
      const { trace, energy } = this.#ingestor
      return energy.joulesIn(trace.firstS ?? 0, endS)?.joules
    },
    joulesPerToken: async () => this.#ingestor.energy.joulesPerToken(),
    models: async () => usageByModel(this.#ingestor.trace),
    usage: () => runUsage(this.#ingestor.trace),
    addTelemetry: async ({ file }) => {
      const { samples, note } = await readTelemetryFile(file)
      this.#ingestor.energy.addFile({ name: file.name, samples, offsetS: 0 })
      this.#sendEnergy()
      return { note }
    },
    setOffset: async ({ file, offsetS }) => {
      this.#ingestor.energy.setOffset(file, offsetS)
      this.#energy.schedule()
      return null
    },
    records: (params) => {
      const { trace, groupOf } = this.#ingestor
      return spanRecords({ trace, groupOf, readRaw: (at) => this.#readRaw(at) }, params)
    },
  }

  #readRaw(position: number): Promise<Uint8Array> {
    if (this.#rawLines === undefined) return Promise.reject(new Error('Nothing has been read yet.'))
    return this.#rawLines.read(position)
  }

  #push(bytes: Uint8Array, writer?: number): void {
    this.#ingestor.push(bytes, writer)
    this.#scheduleReports()
  }

  #scheduleReports(): void {
    this.patches.sending.runOrSchedule()
    this.#quality.schedule()
    if (this.#ingestor.energy.hasSamples) this.#energy.schedule()
  }

  #finishFile(file: File, scanned: ScannedEnd | undefined, failure: string | undefined): void {
    this.#ingestor.finish(scanned)
    this.patches.sendNow()
    this.#quality.runNow()
    if (this.#ingestor.energy.hasSamples) this.#energy.runNow()
    this.#setProgress({ done: true })
    const { eventCount, sampleCount } = this.#ingestor.trace
    if (failure !== undefined) this.#setConnection('failed', failure)
    else if (eventCount + sampleCount > 0) this.#setConnection('loaded')
    else this.#setConnection('failed', this.#noEvents(file))
  }

  /** Explains why a file has no event. */
  #noEvents(file: File): string {
    const reason = this.#foreign?.emptyReason()
    return reason === undefined ? noEvents(file, this.#ingestor) : `${file.name} ${reason}.`
  }

  #setRun(run: ServerRun): void {
    this.#run = run
    if (this.#isCaughtUp) this.#applyWriters()
    this.#post({ type: 'run', run: run.entry })
    this.patches.sending.schedule()
    this.#quality.schedule()
  }

  /** Only once caught up: spans of a closed writer that are still open may end in later lines. */
  #applyWriters(): void {
    for (const writer of this.#run?.writers ?? []) {
      const number = this.#writers.numberOf(writer.id)
      this.#ingestor.trace.setWriter(number, writer.state)
      this.#ingestor.trace.addLost(this.#writers.update(writer), number)
    }
    for (const [number, state] of this.#writers.sent()) {
      this.#ingestor.trace.setWriter(number, state)
    }
  }

  #reset(): void {
    this.#isCaughtUp = false
    this.#writers = new LogWriters()
    const { files } = this.#ingestor.energy
    this.#ingestor = new Ingestor(this.#groupBy, this.#writers.numbers)
    for (const file of files) this.#ingestor.energy.addFile(file)
    this.#post({ type: 'reset' })
  }

  /** Sends the energy with the patches before it. The slower an update, the rarer they are. */
  #sendEnergy(): void {
    this.patches.sendNow()
    const startedMs = performance.now()
    const patch = this.#ingestor.energy.update()
    const tookMs = performance.now() - startedMs
    this.#energyIntervalMs = Math.max(ENERGY_INTERVAL_MS, tookMs / ENERGY_SHARE)
    const transfer = [patch.slots.buffer, patch.ownJ.buffer] as ArrayBuffer[]
    this.#post({ type: 'energy', patch }, transfer)
  }

  #sendQuality(): void {
    const { trace, malformed, tornLine } = this.#ingestor
    // A conversion writes events when their records allow it, so their order means nothing.
    const isConverted = this.#foreign?.lines !== undefined
    const inOrder = isConverted ? { late: 0 } : {}
    const allInOrder = isConverted ? { late: 0, lateItems: 0 } : {}
    const writers = trace.qualityOfWriters().map((writer) => ({ ...writer, ...allInOrder }))
    this.#post({
      type: 'quality',
      quality: { ...trace.quality(), ...inOrder },
      writers: this.#writers.withQuality(writers),
      malformed,
      outlierTimesS: trace.outliers.slice(0, MOST_OUTLIERS).map(({ firstS }) => firstS),
      tornLine,
      coverage: this.#foreign?.coverage() ?? [],
      groupKeys: this.#ingestor.groupKeys.offered(),
    })
  }

  #setProgress(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change }
    if (change.done === true) this.patches.sendNow()
  }

  #currentProgress(): Progress {
    const { eventCount, sampleCount } = this.#ingestor.trace
    const readBytes =
      this.#progress.totalBytes === undefined
        ? this.#ingestor.receivedBytes
        : this.#progress.readBytes
    return { ...this.#progress, readBytes, events: eventCount + sampleCount }
  }

  #setConnection(state: Connection['state'], reason?: string): void {
    this.#post({
      type: 'connection',
      connection: { state, attempt: 0, retryAtS: undefined, reason },
    })
  }
}

/** The file is of a kind that is not shown; the message follows its name. */
class RefusedError extends Error {}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Answers that are copied or downloaded as they are. */
const EXACT_ANSWERS: ReadonlySet<RequestType> = new Set(['raw', 'records'])

/** @param gen the generation of the log that the lines are of */
function watchedLines(base: string, runId: string, gen: () => string): WatchedLines {
  const get = async (path: string, query: Readonly<Record<string, string>>): Promise<Response> => {
    const url = new URL(`api/runs/${encodeURIComponent(runId)}/${path}`, base)
    url.search = String(new URLSearchParams({ ...query, gen: gen() }))
    const response = await request(url)
    if (response.ok) return response
    throw new Error(`The server answered ${response.status} when asked for this line.`)
  }
  return new WatchedLines({
    async from(cursor) {
      // Without the writer lines of downloads, so that positions are those of the log.
      const { body } = await get('events.jsonl', { raw: '1', cursor: String(cursor) })
      return body ?? new Blob().stream()
    },
    async at(position, count) {
      const query = { position: formatPosition(position), count: String(count) }
      return new Uint8Array(await (await get('lines', query)).arrayBuffer())
    },
  })
}

/** Explains a read error; the browser's messages are not meant for users. */
function unreadable(file: File, gzip: boolean, error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'NotFoundError') {
    return `${file.name} cannot be read: it is a folder, or it no longer exists. Choose the logs in it; npx wattline ${file.name} watches a folder.`
  }
  if (name === 'NotReadableError') {
    return `${file.name} has changed since it was chosen, or may not be read. Choose it again; npx wattline ${file.name} follows a file that grows.`
  }
  const cause = message.replace(/^Failed to execute [^:]*: |\.$/g, '')
  if (gzip) return `${file.name} could not be unpacked to its end: ${cause}.`
  return `${file.name} could not be read to its end: ${cause}. Choose it again.`
}

/** Explains why a file without events is not a log. */
function noEvents(file: File, { malformed, tornLine, tornReason }: Ingestor): string {
  const line = malformed[0]?.line ?? tornLine
  const reason = malformed[0]?.reason ?? tornReason
  if (reason !== undefined) {
    // Of a line that is not JSON, the text itself explains enough.
    const text = reason.replace(/^expected a JSON object, got /, '')
    return `${file.name} is not a JSONL log (line ${line}: ${text})`
  }
  if (tornLine !== undefined) {
    return `${file.name} has no complete line: line ${tornLine} was cut off, or is still being written.`
  }
  return `${file.name} is empty: it has no events.`
}
