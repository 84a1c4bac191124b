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
  type Trace,
} from '@wattline/trace'
import type { LogReading } from '../../files/read-log.ts'
import { energyLines } from '../report/energy-table.ts'
import { CliError, usageError } from '../base/errors.ts'
import { type CliIo, writeLines } from '../base/io.ts'
import { readInput, requireEvents } from '../input/log-input.ts'
import { logTitle } from '../report/title-and-notes.ts'
import { readTelemetryFile, type TelemetryFile } from '../input/telemetry-input.ts'
import { layoutFor, type TextLayout } from '../base/terminal.ts'
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
  if (telemetry.sampleCount === 0) {
    throw new CliError(
      `${names[0]} contains no telemetry sample; add a file with samples with --telemetry.`,
    )
  }
  const layout = layoutFor(io.stdout, io.env)
  const report = isUpstream
    ? upstreamReport(upstreamSamples(reading, files, offsetS, io), reading, flags)
    : conservedReport(
        reading.trace,
        telemetry,
        files.flatMap(({ notes }) => notes),
      )
  const lines =
    flags.json === true
      ? [JSON.stringify(report.record())]
      : [logTitle(file, reading.trace, layout.style), ...report.lines(layout)]
  await writeLines(io.stdout, lines)
}

interface EnergyReport {
  readonly record: () => object
  readonly lines: (layout: TextLayout) => readonly string[]
}

function conservedReport(
  trace: Trace,
  telemetry: Telemetry,
  notes: readonly string[],
): EnergyReport {
  const ledger = new EnergyLedger(trace, telemetry)
  ledger.update([])
  const warnings = energyWarnings(telemetry, trace).map(
    ({ source, text }) => `${showHiddenInLine(source)}: ${text}`,
  )
  return {
    record: () => energyRecord(trace, telemetry, ledger),
    lines: (layout) => energyLines(summarizeEnergy(trace, ledger), [...notes, ...warnings], layout),
  }
}

function upstreamReport(
  samples: readonly TelemetrySample[],
  { events }: LogReading,
  { includeIdle = false }: EnergyFlags,
): EnergyReport {
  const breakdowns = correlateUpstream(samples, [...events.values()], { includeIdle })
  const analysis = analyzeUpstream(breakdowns)
  return {
    record: () => ({ breakdowns, analysis }),
    lines: (layout) => upstreamLines(breakdowns, analysis, layout),
  }
}

/** Upstream has one series of samples: of several sources, the one with the most samples is used. */
function upstreamSamples(
  reading: LogReading,
  files: readonly TelemetryFile[],
  offsetS: number,
  io: CliIo,
): readonly TelemetrySample[] {
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

/** Seconds; may be negative. */
function parseOffsetS(text: string | undefined): number {
  if (text === undefined) return 0
  if (/^[-+]?\d*\.?\d+s?$/.test(text)) return Number(text.replace(/s$/, ''))
  throw usageError(`--offset expects seconds such as -1.5, got '${text}'.`)
}
