/**
 * One run being read: a source (socket or file) feeding an ingestor, patches going to the page at
 * most once a frame, and questions being answered. A new run is a new session.
 */
import { estimateRunCost, isKeptInTrace } from '@wattline/trace'
import type { Connection, Progress } from '../model/run-info.ts'
import type { Answer, Ask, RequestType } from '../model/answers.ts'
import type { FromWorker } from './protocol.ts'
import type { TracePatch } from '../model/patch.ts'
import { markInfo, overview, rangeSummary, rawEvent, spanInfo } from './answers/answers.ts'
import { readFile, type Scanners } from './read/file-source.ts'
import { nothingIn, unreadable } from './read/file-reasons.ts'
import { isGzip, unpacked } from './read/gunzip.ts'
import { Ingestor } from './ingestor.ts'
import { LogWriters } from './read/log-writers.ts'
import { throttle } from '../base/schedule.ts'
import { buffersOf } from './patches.ts'
import { fileLines, streamLines, type RawLines } from './read/raw-lines.ts'
import { spanRecords } from './answers/records.ts'
import type { ServerRun } from './read/server-run.ts'
import {
  scannerCount,
  type ScannedEnd,
  type ScannedPart,
  type ScannerPort,
} from './read/scan-file.ts'
import { search } from './answers/search.ts'
import { readTelemetryFile, type TelemetryFile } from './read/telemetry-file.ts'
import { watchRun, type WatchSource } from './read/watch-source.ts'
import { WatchedLines } from './read/watched-lines.ts'

/**
 * Of a run that is followed. Nearly nothing, so that whatever has come is on the page when the next
 * frame begins; a page that is slower gets fewer.
 */
const LIVE_INTERVAL_MS = 2
/** A frame: what a log that is read says first, and what a run held before it was followed. */
const PATCH_INTERVAL_MS = 16
/** A file's first bars come at once; then frames that nobody needs would only keep it from being read. */
const READING_INTERVAL_MS = 250
/** How long "at once" lasts. */
const FIRST_BARS_MS = 50
/** How long a page's code is cold. */
const COLD_MS = 1000
/** A page that is not seen paints nothing, and is not waited for. */
const LONGEST_PAINT_MS = 200
const QUALITY_INTERVAL_MS = 400
const ENERGY_INTERVAL_MS = 250
/** Bringing joules up to date may take this share of the time. */
const ENERGY_SHARE = 0.1

export type Post = (message: FromWorker, transfer?: Transferable[]) => void

export class Session {
  readonly #post: Post
  readonly #startScanner: (() => ScannerPort) | undefined
  /** While scanners read: resolves when they have. */
  #scanning: Promise<unknown> | undefined
  readonly #patches = throttle(
    () => this.#patchIntervalMs(),
    () => this.#sendPatchUnlessBehind(),
  )
  /** Patches on their way to a page that has not taken them in yet. */
  #untaken = 0
  /** Whether a patch was held back because of them. */
  #isPatchDue = false
  /** Patches of a log that is being read on their way to the screen. */
  #unpainted = 0
  /** Ends the wait for them. */
  #goOn: (() => void) | undefined
  readonly #quality = throttle(
    () => QUALITY_INTERVAL_MS,
    () => this.#sendQuality(),
  )
  readonly #energy = throttle(
    () => this.#energyIntervalMs,
    () => this.#sendEnergy(),
  )
  #energyIntervalMs = ENERGY_INTERVAL_MS
  /** Telemetry files added to the run; a log that begins anew gets them again. */
  readonly #telemetry: { name: string; file: TelemetryFile; offsetS: number }[] = []
  readonly #abort = new AbortController()
  #groupBy: string
  #ingestor: Ingestor
  #rawLines: RawLines | undefined
  #watch: WatchSource | undefined
  readonly #writers = new LogWriters()
  /** The run as the server told it last. */
  #run: ServerRun | undefined
  /** Whether all is read that there was when the run was told of first. */
  #isCaughtUp = false
  /** When reading a file began; undefined = nothing is read that has an end. */
  #beganMs: number | undefined
  #progress: Progress = { readBytes: 0, totalBytes: undefined, events: 0, done: false }

  /** @param startScanner starts a worker that helps to read a large file, where there can be one */
  constructor(post: Post, groupBy: string, startScanner?: () => ScannerPort) {
    this.#post = post
    this.#groupBy = groupBy
    this.#startScanner = startScanner
    this.#ingestor = new Ingestor(groupBy)
  }

  /** Follows a run at the server. */
  watch(runId: string, base: string): void {
    let lines = watchedLines(base, runId)
    let writer = 0
    this.#rawLines = lines
    this.#watch = watchRun({
      runId,
      base,
      sink: {
        connection: (connection) => this.#post({ type: 'connection', connection }),
        run: (run) => this.#noteRun(run),
        writer: (id) => (writer = this.#writers.numberOf(id)),
        bytes: (bytes, cursor) => {
          lines.add(this.#ingestor.receivedBytes, cursor, bytes)
          this.#push(bytes, writer)
        },
        caughtUp: () => {
          this.#isCaughtUp = true
          this.#noteWriters()
          this.#setProgress({ done: true })
          this.#quality.runNow()
        },
        reset: () => {
          lines = watchedLines(base, runId)
          this.#rawLines = lines
          this.#reset()
        },
      },
    })
  }

  /** Reads a file of the visitor's to its end. `processors`: how many the machine has. */
  async readFile(file: File, processors = 1): Promise<void> {
    this.#setConnection('connecting')
    this.#beganMs = performance.now()
    // The first picture of the run itself, which has no patch.
    this.#unpainted = 1
    await this.#letPagePaint()
    let end: ScannedEnd | undefined
    let failure: string | undefined
    let gzip = false
    try {
      gzip = await isGzip(file)
      this.#rawLines = gzip ? streamLines(() => unpacked(file)) : fileLines(file)
      this.#setProgress({ totalBytes: file.size })
      const sink = {
        bytes: (chunk: Uint8Array) => this.#push(chunk, 0),
        progress: (readBytes: number) => {
          this.#setProgress({ readBytes })
          this.#ingestor.expect(readBytes / file.size)
        },
        scanned: (part: ScannedPart) => {
          this.#ingestor.pushScanned(part)
          this.#askForReports()
        },
        sample: (chunk: Uint8Array) => this.#ingestor.sampleKeys(chunk),
        ready: () => this.#letPagePaint(),
      }
      const scanners = gzip ? undefined : this.#startScanners(file, processors)
      const reading = readFile(file, gzip, sink, this.#abort.signal, scanners)
      if (scanners !== undefined) this.#scanning = reading.catch(() => undefined)
      end = await reading
    } catch (error) {
      failure = unreadable(file, gzip, error)
    }
    // What was read before a failure is as good as a file that ends there.
    if (!this.#abort.signal.aborted) this.#finishFile(file, end, failure)
  }

  /** Undefined where one is enough. */
  #startScanners(file: Blob, processors: number): Scanners | undefined {
    const start = this.#startScanner
    const count = scannerCount(processors, file.size)
    if (count === 0 || start === undefined) return undefined
    const ports = Array.from({ length: count }, () => start())
    return { ports, extraKey: this.#ingestor.notedKey }
  }

  retry(): void {
    this.#watch?.retry()
  }

  /** The page has taken in a patch. */
  taken(): void {
    this.#untaken = Math.max(0, this.#untaken - 1)
    if (this.#untaken > 0 || !this.#isPatchDue) return
    this.#isPatchDue = false
    this.#patches.runOrSchedule()
  }

  /** What was said last of a log that is being read is on the page's screen. */
  painted(): void {
    this.#unpainted = Math.max(0, this.#unpainted - 1)
    if (this.#unpainted === 0) this.#goOn?.()
  }

  /** Reads the log again when it has not kept the key's values. The last wish wins. */
  async regroup(groupBy: string): Promise<void> {
    this.#groupBy = groupBy
    if (this.#scanning !== undefined && !isKeptInTrace(groupBy)) {
      // What scanners have read already, but not handed over, lacks this key's values.
      await this.#scanning
      if (groupBy !== this.#groupBy) return
    }
    this.#sendPatch()
    const ingestor = this.#ingestor
    if (ingestor.noteValuesOf(groupBy) && this.#rawLines !== undefined) {
      try {
        await ingestor.readValues(this.#rawLines.all())
      } catch (error) {
        if (groupBy === this.#groupBy) this.#failRegroup(groupBy, error)
        return
      }
      if (groupBy !== this.#groupBy) return
    }
    // A log that began anew meanwhile is grouped by this key already.
    if (ingestor === this.#ingestor) {
      for (const patch of ingestor.regroup(groupBy)) this.#postPatch(patch)
    }
    this.#post({ type: 'regrouped', groupBy })
  }

  #failRegroup(groupBy: string, error: unknown): void {
    const cause = error instanceof Error ? error.message : String(error)
    const reason = `The rows cannot be grouped by ${groupBy}, for which the log has to be read again: ${cause}`
    this.#post({ type: 'notRegrouped', reason })
  }

  close(): void {
    this.#abort.abort()
    this.#watch?.close()
    this.#patches.cancel()
    this.#quality.cancel()
    this.#energy.cancel()
  }

  /** Rejects with a sentence when it cannot be answered. */
  async answer(what: RequestType, ask: unknown): Promise<unknown> {
    this.#sendPatch()
    const { trace, energy } = this.#ingestor
    switch (what) {
      case 'raw':
        return rawEvent(await this.#readRaw((ask as Ask<'raw'>).position))
      case 'search':
        return search({ trace, writers: this.#writers.all }, (ask as Ask<'search'>).query)
      case 'spanInfo':
        return spanInfo(trace, energy, (ask as Ask<'spanInfo'>).slot)
      case 'markInfo':
        return markInfo(trace, (ask as Ask<'markInfo'>).slot)
      case 'summary': {
        const { startS, endS } = ask as Ask<'summary'>
        return rangeSummary(trace, energy, startS, endS)
      }
      case 'overview':
        return overview(trace, energy, (ask as Ask<'overview'>).playheadS)
      case 'power': {
        const { startS, endS, parts } = ask as Ask<'power'>
        return energy.power(startS, endS, parts)
      }
      case 'joules':
        return energy.joulesIn(trace.firstS ?? 0, (ask as Ask<'joules'>).endS)?.joules
      case 'estimate':
        return estimateRunCost(trace)
      case 'addTelemetry':
        return this.#addTelemetry((ask as Ask<'addTelemetry'>).file)
      case 'setOffset':
        return this.#setOffset(ask as Ask<'setOffset'>)
      case 'records':
        return spanRecords(
          {
            trace,
            groupOf: (span) => this.#ingestor.groupOf(span),
            readRaw: (position) => this.#readRaw(position),
          },
          ask as Ask<'records'>,
        )
    }
  }

  #patchIntervalMs(): number {
    if (this.#progress.done) return LIVE_INTERVAL_MS
    if (this.#beganMs === undefined) return PATCH_INTERVAL_MS
    const isFirst = performance.now() - this.#beganMs < FIRST_BARS_MS
    return isFirst ? PATCH_INTERVAL_MS : READING_INTERVAL_MS
  }

  /**
   * The first pictures of a page take long, its code being cold; where processors are few they would
   * take several times as long if the file were read meanwhile.
   */
  #letPagePaint(): Promise<void> {
    const isCold = performance.now() - (this.#beganMs ?? -Infinity) < COLD_MS
    if (!isCold || this.#unpainted === 0) return Promise.resolve()
    return new Promise((resolve) => {
      this.#goOn = resolve
      setTimeout(resolve, LONGEST_PAINT_MS)
    })
  }

  #readRaw(position: number): Promise<Uint8Array> {
    if (this.#rawLines === undefined) return Promise.reject(new Error('Nothing has been read yet.'))
    return this.#rawLines.read(position)
  }

  #push(bytes: Uint8Array, writer: number): void {
    this.#ingestor.push(bytes, writer)
    this.#askForReports()
  }

  #askForReports(): void {
    this.#patches.runOrSchedule()
    this.#quality.schedule()
    if (this.#ingestor.energy.hasSamples) this.#energy.schedule()
  }

  async #addTelemetry(file: File): Promise<Answer<'addTelemetry'>> {
    const read = await readTelemetryFile(file)
    this.#telemetry.push({ name: file.name, file: read, offsetS: 0 })
    this.#ingestor.energy.addFile(file.name, read.samples)
    this.#sendEnergy()
    return { note: read.note }
  }

  #setOffset({ file, offsetS }: Ask<'setOffset'>): null {
    const known = this.#telemetry[file]
    if (known !== undefined) known.offsetS = offsetS
    this.#ingestor.energy.setOffset(file, offsetS)
    this.#energy.schedule()
    return null
  }

  #finishFile(file: File, scanned: ScannedEnd | undefined, failure: string | undefined): void {
    this.#ingestor.finish(0, scanned)
    this.#sendPatch()
    this.#quality.runNow()
    if (this.#ingestor.energy.hasSamples) this.#energy.runNow()
    this.#setProgress({ done: true })
    const { eventCount, sampleCount } = this.#ingestor.trace
    if (failure !== undefined) this.#setConnection('failed', failure)
    else if (eventCount + sampleCount > 0) this.#setConnection('loaded')
    else this.#setConnection('failed', nothingIn(file, this.#ingestor))
  }

  #noteRun(run: ServerRun): void {
    this.#run = run
    if (this.#isCaughtUp) this.#noteWriters()
    this.#post({ type: 'run', run: run.info })
    this.#patches.schedule()
    this.#quality.schedule()
  }

  /** Once all is read: of a writer that is closed by now, what has not ended yet may end some lines on. */
  #noteWriters(): void {
    for (const writer of this.#run?.writers ?? []) {
      const number = this.#writers.numberOf(writer.id)
      this.#ingestor.setWriter(number, writer.state)
      this.#ingestor.addLost(this.#writers.note(writer), number)
    }
  }

  #reset(): void {
    this.#isCaughtUp = false
    this.#writers.clear()
    this.#ingestor = new Ingestor(this.#groupBy)
    for (const { name, file, offsetS } of this.#telemetry) {
      this.#ingestor.energy.addFile(name, file.samples, offsetS)
    }
    this.#post({ type: 'reset' })
  }

  /** A page that cannot keep up gets fewer and larger patches, and no queue of them. */
  #sendPatchUnlessBehind(): void {
    if (this.#untaken === 0) this.#sendPatch()
    else this.#isPatchDue = true
  }

  #sendPatch(): void {
    const patches = this.#ingestor.flush()
    for (const patch of patches) this.#postPatch(patch)
    if (patches.length === 0) this.#post({ type: 'progress', progress: this.#currentProgress() })
  }

  /** With the progress, since each message makes the page render. */
  #postPatch(patch: TracePatch): void {
    const progress = this.#currentProgress()
    this.#untaken++
    if (!progress.done) this.#unpainted++
    this.#post({ type: 'patch', patch, progress }, buffersOf(patch))
  }

  /** Joules follow the spans that the page has; what takes long is done less often. */
  #sendEnergy(): void {
    this.#sendPatch()
    const beganMs = performance.now()
    const patch = this.#ingestor.energy.update()
    const tookMs = performance.now() - beganMs
    this.#energyIntervalMs = Math.max(ENERGY_INTERVAL_MS, tookMs / ENERGY_SHARE)
    const transfer = [patch.slots.buffer, patch.ownJ.buffer] as ArrayBuffer[]
    this.#post({ type: 'energy', patch }, transfer)
  }

  #sendQuality(): void {
    const { trace, malformed, tornLine } = this.#ingestor
    this.#post({
      type: 'quality',
      quality: trace.quality(),
      writers: this.#writers.withQuality(trace.qualityOfWriters()),
      malformed,
      tornLine,
      groupKeys: this.#ingestor.groupKeys(),
    })
  }

  #setProgress(change: Partial<Progress>): void {
    this.#progress = { ...this.#progress, ...change }
    if (change.done === true) this.#sendPatch()
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

function watchedLines(base: string, runId: string): WatchedLines {
  return new WatchedLines(async (cursor) => {
    const url = new URL(`api/runs/${encodeURIComponent(runId)}/events.jsonl`, base)
    url.searchParams.set('cursor', String(cursor))
    const response = await fetch(url)
    if (!response.ok || response.body === null) {
      throw new Error(`The server answered ${response.status} when asked for this line.`)
    }
    return response.body
  })
}
