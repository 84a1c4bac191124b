/** `wattline spans FILE`: the spans of a log, as a tree or as JSON lines. */
import {
  groupableText,
  groupUnder,
  isKeptInTrace,
  type Mark,
  markRecord,
  type OwnValue,
  pairUpstream,
  showHiddenInLine,
  type Span,
  type SpanRecord,
  spanRecord,
  Trace,
} from '@wattline/trace'
import type { LogReading } from '../../files/read-log.ts'
import { type CliIo, LineWriter } from '../base/io.ts'
import { readInput, requireEvents } from '../input/log-input.ts'
import { SpanListing } from '../report/span-listing.ts'
import { treeRows } from '../report/span-tree.ts'
import { logTitle, qualityNotes } from '../report/title-and-notes.ts'
import { count, styleFor, widthOf } from '../base/terminal.ts'

export interface SpansFlags {
  readonly json?: boolean
  readonly points?: boolean
  readonly group?: string
  readonly pairing: 'wattline' | 'upstream'
}

/** The spans and marks to print, and the metadata of their events. */
interface Listing {
  readonly trace: Trace
  readonly metadataAt: LogReading['metadataAt']
}

export async function spans(file: string, flags: SpansFlags, io: CliIo): Promise<void> {
  const isUpstream = flags.pairing === 'upstream'
  const isGroupKept = flags.group === undefined || isKeptInTrace(flags.group)
  const keepEvents = flags.json === true || isUpstream || !isGroupKept
  const reading = await readInput(file, io, { keepEvents })
  requireEvents(reading, file)
  const listing = isUpstream ? upstreamListing(reading) : reading
  if (flags.json === true) await printJson(listing, flags, io)
  else await printTree(file, reading, listing, flags, io)
}

/**
 * Only the pairs that Intelligence Per Watt makes. The two events of a pair get the same unique id, so
 * that the trace pairs exactly these.
 */
function upstreamListing(reading: LogReading): Listing {
  const positions = [...reading.events.keys()]
  const events = [...reading.events.values()]
  const trace = new Trace()
  for (const [pair, [start, end]] of pairUpstream(events).entries()) {
    const metadata = {
      ...events[start]?.metadata,
      ...events[end]?.metadata,
      id: `upstream-${pair}`,
    }
    for (const index of [start, end]) {
      const event = events[index]
      if (event !== undefined) trace.add({ ...event, metadata }, positions[index] ?? index)
    }
  }
  trace.setWriter(0, 'closed')
  trace.flush()
  return { ...reading, trace }
}

/** The group of a span or mark under `key`; metadata has the values that the trace does not keep. */
function groupsUnder(key: string, { metadataAt }: Listing): OwnValue {
  return groupUnder(key, (item) => {
    if ('orphan' in item && item.orphan) return undefined
    const metadata = metadataAt('startS' in item ? item.startPosition : item.position)
    return Object.hasOwn(metadata, key) ? groupableText(metadata[key]) : undefined
  })
}

async function printJson(listing: Listing, flags: SpansFlags, io: CliIo): Promise<void> {
  const { trace, metadataAt } = listing
  const groupOf = groupsUnder(flags.group ?? 'agent', listing)
  const out = new LineWriter(io.stdout)
  const print = (record: SpanRecord) => out.line(JSON.stringify(record))
  for (const span of trace.spans) {
    const { startPosition, endPosition } = span
    const [start, end] = [metadataAt(startPosition), metadataAt(endPosition)]
    await print(spanRecord(span, start, end, groupOf(span)))
  }
  if (flags.points === true) {
    for (const mark of trace.marks) {
      await print(markRecord(mark, metadataAt(mark.position), groupOf(mark)))
    }
  }
  await out.end()
}

async function printTree(
  file: string,
  reading: LogReading,
  listing: Listing,
  flags: SpansFlags,
  io: CliIo,
): Promise<void> {
  const style = styleFor(io.stdout, io.env)
  const { trace } = listing
  const width = widthOf(io.stdout, io.env)
  const marks = flags.points === true ? trace.marks : []
  const out = new LineWriter(io.stdout)
  await out.line(logTitle(file, trace, style))
  const { firstS = 0, lastS = 0 } = trace
  const groups = groupsOf(trace.spans, marks, listing, flags.group)
  for (const { label, spans: members, marks: memberMarks } of groups) {
    const rows = treeRows(members, memberMarks)
    const lines = new SpanListing(rows, { style, width, firstS, lastS })
    await out.line('')
    if (label !== undefined) {
      const name =
        label === '' ? style.dim(`(no ${flags.group})`) : style.bold(showHiddenInLine(label))
      await out.line(`${name}  ${style.dim(count(members.length, 'span'))}`)
    }
    await out.line(lines.header())
    for (const row of rows) await out.line(lines.row(row))
  }
  const notes = qualityNotes(reading, trace, style)
  if (notes.length > 0) await out.line('')
  for (const note of notes) await out.line(note)
  await out.end()
}

interface Group {
  readonly label: string | undefined
  readonly spans: Span[]
  readonly marks: Mark[]
}

/** Groups in the order of their first span; without a key, one group without a label. */
function groupsOf(
  allSpans: readonly Span[],
  allMarks: readonly Mark[],
  listing: Listing,
  key: string | undefined,
): readonly Group[] {
  if (key === undefined) return [{ label: undefined, spans: [...allSpans], marks: [...allMarks] }]
  const groupOf = groupsUnder(key, listing)
  const groups = new Map<string, Group>()
  const groupFor = (item: Span | Mark): Group => {
    const label = groupOf(item) ?? ''
    let group = groups.get(label)
    if (group === undefined) groups.set(label, (group = { label, spans: [], marks: [] }))
    return group
  }
  for (const span of allSpans) groupFor(span).spans.push(span)
  for (const mark of allMarks) groupFor(mark).marks.push(mark)
  return [...groups.values()]
}
