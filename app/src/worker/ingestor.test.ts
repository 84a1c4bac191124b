import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ColumnStore, type Columns } from '../model/columns.ts'
import { logText, type SpanRow } from '../testing/log.ts'
import { columnsOf } from '../testing/trace.ts'
import { Ingestor } from './ingestor.ts'

const utf8 = new TextEncoder()

const rows = fc.array(
  fc
    .tuple(
      fc.constantFrom('agent', 'tool_call', 'turn'),
      fc.nat(9),
      fc.option(fc.nat(9)),
      fc.string(),
    )
    .map(([kind, startS, lengthS, tool]): SpanRow => [
      kind,
      startS,
      lengthS === null ? undefined : startS + lengthS,
      { tool, agent_name: `agent ${startS % 2}` },
    ]),
  { maxLength: 10 },
)

/** All data of spans in the page, with their rows. */
function picture(columns: Columns): unknown[] {
  return Array.from({ length: columns.spanCount }, (_, slot) => [
    columns.kinds[columns.kind.at(slot)],
    columns.strings[columns.subject.at(slot)],
    columns.groups[columns.group.at(slot)]?.label,
    columns.row.at(slot),
    columns.startS.at(slot),
    columns.endS.at(slot),
    columns.fadeS.at(slot),
    columns.parent.at(slot),
    columns.flags.at(slot),
    columns.tokens.at(slot),
    columns.errorAtS.at(slot),
  ])
}

test('chunks cut anywhere, in any number of patches, give the same columns as the whole log', () => {
  fc.assert(
    fc.property(rows, fc.array(fc.nat(400)), fc.boolean(), (spans, cuts, crlf) => {
      const log = crlf ? logText(spans).replaceAll('\n', '\r\n') : logText(spans)
      const bytes = utf8.encode(log)
      const columns = new ColumnStore()
      const ingestor = new Ingestor('agent')
      const ends = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort(
        (a, b) => a - b,
      )
      let from = 0
      for (const end of ends) {
        ingestor.push(bytes.slice(from, end))
        for (const patch of ingestor.flush()) columns.apply(patch)
        from = end
      }
      ingestor.finish()
      for (const patch of ingestor.flush()) columns.apply(patch)
      expect(picture(columns)).toEqual(picture(columnsOf(log)))
    }),
  )
})

test('lists malformed lines and an incomplete last line by number, and reads the rest', () => {
  const ingestor = new Ingestor('agent')
  const [good] = logText([['tool_call', 0]]).split('\n')
  ingestor.push(utf8.encode(`${good}\nnot json\n\n{"event_type":"x"}\n{"event_type":"tool_c`))
  ingestor.finish()
  expect(ingestor.malformed.map(({ line }) => line)).toEqual([2, 4])
  expect(ingestor.malformed[0]?.reason).toContain('not json')
  expect(ingestor.tornLine).toBe(5)
  expect(ingestor.trace.quality().malformed).toBe(2)
  expect(ingestor.trace.eventCount).toBe(1)
})

test('the last line of a file counts without its newline', () => {
  const ingestor = new Ingestor('agent')
  ingestor.push(utf8.encode(logText([['tool_call', 0, 1]]).trimEnd()))
  ingestor.finish()
  ingestor.flush()
  expect(ingestor.tornLine).toBeUndefined()
  expect(ingestor.trace.spans.map(({ endS }) => endS)).not.toContain(undefined)
})

test('a flush without changes has no patch', () => {
  const ingestor = new Ingestor('agent')
  expect(ingestor.flush()).toEqual([])
  ingestor.push(utf8.encode(logText([['tool_call', 0, 1]])))
  expect(ingestor.flush()[0]?.spans.slots).toEqual(Int32Array.of(0))
  expect(ingestor.flush()).toEqual([])
})

test('groups rows by agent, kind, tool or a metadata key; children inherit the group', () => {
  const log = logText([
    ['agent', 0, 9, { agent_name: 'planner', team: 'red' }],
    ['tool_call', 1, 2, { tool: 'grep', parent_id: 's0' }],
    ['turn', 3, 4, { turn_idx: 1, parent_id: 's0' }],
  ])
  const groupsBy = (groupBy: string): string[] =>
    columnsOf(log, { groupBy }).groups.map(({ label }) => label)
  expect(groupsBy('agent')).toEqual(['planner'])
  expect(groupsBy('kind')).toEqual(['agent', 'tool call', 'turn'])
  expect(groupsBy('tool')).toEqual(['Events without tool', 'grep'])
  expect(groupsBy('team')).toEqual(['red'])
  expect(groupsBy('nothing')).toEqual(['Events without nothing'])
})

test('names groups by model as bars do, and keeps models of the same short name apart', () => {
  const models = ["OpenAIChat(id='Qwen/Qwen3-8B', name='OpenAIChat')", 'b/Qwen3-8B', 'c/small']
  const log = logText(models.map((model, at) => ['lm_inference', at, at + 1, { model }]))
  const labels = columnsOf(log, { groupBy: 'model' }).groups.map(({ label }) => label)
  expect(labels.toSorted()).toEqual(['Qwen3-8B', 'b/Qwen3-8B', 'small'])
})

test('group keys leave out ids and keys with a different value per span', () => {
  const rows = Array.from({ length: 600 }, (_, i): SpanRow => [
    'tool_call',
    i,
    i + 1,
    { team: `${i % 3}`, call_id: `c${i % 9}`, parent_id: `s${i % 5}`, seed: i % 400 },
  ])
  const few = Array.from({ length: 20 }, (_, i): SpanRow => [
    'turn',
    i,
    i + 1,
    { task: 'a', answer: `text ${i}` },
  ])
  const ingestor = new Ingestor('agent')
  ingestor.push(utf8.encode(logText(few)))
  ingestor.push(utf8.encode(logText(rows)))
  const offered = ingestor.groupKeys.offered()
  expect(offered).toEqual(['agent', 'kind', 'tool', 'model', 'seed', 'task', 'team'])
})

test('cuts long names of groups, kinds and subjects, and keeps group names unique', () => {
  const long = 'x'.repeat(1e6)
  const log = logText([
    ['agent', 0, 1, { agent_name: `${long}a` }],
    ['agent', 0, 1, { agent_name: `${long}b` }],
    [long, 0, 1, { agent_name: 'c', tool: long }],
  ])
  const { groups, kinds } = columnsOf(log)
  const labels = groups.map(({ label }) => label)
  expect(new Set(labels).size).toBe(3)
  for (const text of [...labels, ...kinds]) expect(text.length).toBeLessThan(320)
})

test('reading the log again for a key gives the same groups as storing its values from the start', async () => {
  const log = logText([
    ['agent', 0, 9, { agent_name: 'planner', team: 'red' }],
    ['tool_call', 1, 2, { tool: 'grep', parent_id: 's0' }],
    ['turn', 3, 4, { team: 12 }],
    ['turn', 10, 11],
  ])
  const bytes = utf8.encode(log)
  const half = bytes.length >> 1
  const ingestor = new Ingestor('agent')
  const columns = new ColumnStore()
  ingestor.push(bytes.slice(0, half))
  for (const patch of ingestor.flush()) columns.apply(patch)
  expect(ingestor.storeValuesOf('team')).toBe(true)
  // The log grows while its first part is read again, in other chunks.
  ingestor.push(bytes.slice(half))
  await ingestor.readValues(
    (async function* () {
      for (let at = 0; at < half; at += 7) yield bytes.slice(at, at + 7)
    })(),
  )
  ingestor.finish()
  for (const patch of ingestor.regroup('team')) columns.apply(patch)
  expect(ingestor.storeValuesOf('team')).toBe(false)
  expect(picture(columns)).toEqual(picture(columnsOf(log, { groupBy: 'team' })))
  expect(columns.groups.map(({ label }) => label)).toEqual(['red', '12', 'Events without team'])
})

test('splits a large change into several patches', () => {
  const rows = Array.from({ length: 25_000 }, (_, i): SpanRow => ['tool_call', i, i + 1])
  const ingestor = new Ingestor('agent')
  ingestor.push(utf8.encode(logText(rows)))
  const columns = new ColumnStore()
  const parts = ingestor.flush()
  expect(parts.map(({ spans }) => spans.slots.length)).toEqual([10_000, 10_000, 5_000])
  for (const patch of parts) columns.apply(patch)
  expect(columns.spanCount).toBe(25_000)
})

test('a late event that moves a span to another group makes every index by row void', () => {
  const ingestor = new Ingestor('agent')
  const columns = new ColumnStore()
  const push = (log: string): void => {
    ingestor.push(utf8.encode(log))
    for (const patch of ingestor.flush()) columns.apply(patch)
  }
  const groupOf = (slot: number) => columns.groups[columns.group.at(slot)]?.label
  push(logText([['tool_call', 1, 2, { parent_id: 'late' }]]))
  const before = columns.layoutVersion
  expect(groupOf(0)).toBe('Events without agent')
  push(logText([['agent', 0, 9, { span_id: 'late', agent_name: 'planner' }]]))
  expect(groupOf(0)).toBe('planner')
  expect(columns.layoutVersion).toBeGreaterThan(before)
})

test('keeps the names of more kinds than two bytes can number', () => {
  const kinds = Array.from({ length: 70_000 }, (_, i) => `kind ${i}`)
  const columns = columnsOf(logText(kinds.map((kind): SpanRow => [kind, 0])))
  const named = kinds.map((_, slot) => columns.kinds[columns.kind.at(slot)])
  expect(named).toEqual(kinds)
})

test('makes hidden characters of subjects, kinds and groups visible', () => {
  const columns = columnsOf(
    logText([['k\u0000ind', 0, 1, { tool: 'a\u202eb', agent_name: 'x\u200by' }]]),
  )
  expect(columns.strings).toEqual(['a⟨U+202E⟩b'])
  expect(columns.kinds).toEqual(['k␀ind'])
  expect(columns.groups.map(({ label }) => label)).toEqual(['x⟨U+200B⟩y'])
})
