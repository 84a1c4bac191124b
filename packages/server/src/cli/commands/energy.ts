/** `wattline energy FILE`: the energy of the spans of a log, as text or as one JSON object. */
import { basename } from 'node:path'
import {
  analyzeUpstream,
  correlateUpstream,
  EnergyLedger,
  energyRecord,
  energyWarnings,
  showHiddenInLine,
  summarizeEnergy,
  Telemetry,
  type TelemetrySample,
} from '@wattline/trace'
import type { LogReading } from '../../files/read-log.ts'
import { energyLines } from '../report/energy-table.ts'
import { CliError, usageError } from '../base/errors.ts'
import { type CliIo, LineWriter } from '../base/io.ts'
import { readInput, requireEvents } from '../input/log-input.ts'
import { logTitle } from '../report/title-and-notes.ts'
import { readTelemetryFile, type TelemetryFile } from '../input/telemetry-input.ts'
import { styleFor, widthOf } from '../base/terminal.ts'
import { upstreamLines } from '../report/upstream-table.ts'

export interface EnergyFlags {
  readonly telemetry?: readonly string[]
  readonly offset?: string
  readonly method: 'conserved' | 'upstream'
  readonly includeIdle?: boolean
  readonly json?: boolean
}

/** Stream 0 has the samples of the log itself, streams 1, 2, … those of the telemetry files. */
const LOG_STREAM = 0

export async function energy(file: string, flags: EnergyFlags, io: CliIo): Promise<void> {
  if (flags.includeIdle === true && flags.method !== 'upstream') {
    throw usageError(
      '--include-idle needs --method upstream; conserved always includes idle energy.',
    )
  }
  const offsetS = parseOffsetS(flags.offset)
  const files = await Promise.all(
    (flags.telemetry ?? []).map((path) => readTelemetryFile(path, io)),
  )
  const names = [file === '-' ? 'stdin' : basename(file), ...files.map(({ name }) => name)]
  const telemetry = new Telemetry({ streamName: (stream) => names[stream] ?? 'power' })
  // An offset applies to the telemetry files, or without any to the samples of the log.
  for (const stream of names.keys()) {
    if (files.length === 0 || stream !== LOG_STREAM) telemetry.setOffset(stream, offsetS)
  }
  const isUpstream = flags.method === 'upstream'
  const reading = await readInput(file, io, { telemetry, keepEvents: isUpstream })
  requireEvents(reading, file)
  for (const [index, { samples }] of files.entries()) {
    for (const sample of samples) telemetry.add(sample, index + 1)
  }
  if (telemetry.sampleCount === 0) throw new CliError(noSamples(names[0] ?? file))
  const notes = files.flatMap((from) => from.notes)
  const print = isUpstream ? printUpstream : printConserved
  await print({ file, flags, reading, telemetry, files, offsetS, notes, io })
}

interface EnergyInput {
  readonly file: string
  readonly flags: EnergyFlags
  readonly reading: LogReading
  readonly telemetry: Telemetry
  readonly files: readonly TelemetryFile[]
  readonly offsetS: number
  readonly notes: readonly string[]
  readonly io: CliIo
}

async function printConserved({
  file,
  flags,
  reading,
  telemetry,
  notes,
  io,
}: EnergyInput): Promise<void> {
  const { trace } = reading
  const ledger = new EnergyLedger(trace, telemetry)
  ledger.update([])
  const out = new LineWriter(io.stdout)
  if (flags.json === true) {
    await out.line(JSON.stringify(energyRecord(trace, telemetry, ledger)))
  } else {
    const style = styleFor(io.stdout, io.env)
    const width = widthOf(io.stdout, io.env)
    const warnings = energyWarnings(telemetry, trace).map(
      ({ source, text }) => `${showHiddenInLine(source)}: ${text}`,
    )
    await out.line(logTitle(file, trace, style))
    const lines = energyLines(summarizeEnergy(trace, ledger), [...notes, ...warnings], style, width)
    for (const line of lines) await out.line(line)
  }
  await out.end()
}

async function printUpstream(input: EnergyInput): Promise<void> {
  const { file, flags, reading, io } = input
  const samples = upstreamSamples(input)
  const events = [...reading.events.values()]
  const includeIdle = flags.includeIdle === true
  const breakdowns = correlateUpstream(samples, events, { includeIdle })
  const analysis = analyzeUpstream(breakdowns)
  const out = new LineWriter(io.stdout)
  if (flags.json === true) {
    await out.line(JSON.stringify({ breakdowns, analysis }))
  } else {
    const style = styleFor(io.stdout, io.env)
    await out.line(logTitle(file, reading.trace, style))
    const lines = upstreamLines(breakdowns, analysis, style, widthOf(io.stdout, io.env))
    for (const line of lines) await out.line(line)
  }
  await out.end()
}

/** Upstream has one series of samples: of several sources, the one with the most samples is used. */
function upstreamSamples({ reading, files, offsetS, io }: EnergyInput): TelemetrySample[] {
  const shifted = (sample: TelemetrySample) => ({
    ...sample,
    timestamp: sample.timestamp + offsetS,
  })
  const own = files.length === 0 ? reading.samples.map(shifted) : reading.samples
  const all = [...own, ...files.flatMap(({ samples }) => samples.map(shifted))]
  const bySource = new Map<string, TelemetrySample[]>()
  for (const sample of all) {
    const ofSource = bySource.get(sample.source ?? '')
    if (ofSource === undefined) bySource.set(sample.source ?? '', [sample])
    else ofSource.push(sample)
  }
  if (bySource.size <= 1) return all
  const [most] = [...bySource].sort(([, one], [, other]) => other.length - one.length)
  const [name, samples] = most ?? ['', all]
  io.stderr.write(
    `--method upstream uses one of the ${bySource.size} power sources: ${showHiddenInLine(name)}.\n`,
  )
  return samples
}

function noSamples(name: string): string {
  return `${name} contains no telemetry sample; add a file with samples with --telemetry.`
}

/** Seconds; may be negative. */
function parseOffsetS(text: string | undefined): number {
  if (text === undefined) return 0
  if (/^[-+]?\d*\.?\d+s?$/.test(text)) return Number(text.replace(/s$/, ''))
  throw usageError(`--offset expects seconds such as -1.5, got '${text}'.`)
}
