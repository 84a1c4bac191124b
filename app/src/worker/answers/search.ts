/**
 * Search over what is known of spans and marks. Words are joined by "and"; each is looked for in
 * subject, kind, agent and error, and may be a whole id. A word may be bound to one of them:
 *
 *     grep                     any of them has "grep"
 *     agent:planner timeout    the agent has "planner", and something has "timeout"
 *     is:error is:open is:ambiguous is:unfinished is:orphan is:parent? is:clock is:late is:dropped
 *     writer:ID                what this process wrote; a part of its id or name will do
 *     "read file"              with its blank
 */
import { isDropped, SpanFlag, type Mark, type Span, type Trace } from '@wattline/trace'
import type { SearchAnswer } from '../../model/answers.ts'
import { forEachYielding } from '../../base/yielding.ts'

type Test = (item: Span | Mark) => boolean

/** What is searched: a log, and what its writers are called, by number. */
export interface Searched {
  readonly trace: Trace
  readonly writers: readonly { readonly id: string; readonly name: string }[]
}

const WORD = /(?:(\w+):)?(?:"([^"]*)"?|(\S+))/g

const FLAG_WORDS: ReadonlyMap<string, number> = new Map([
  ['error', SpanFlag.ERROR],
  ['failed', SpanFlag.ERROR],
  ['open', SpanFlag.OPEN],
  ['ambiguous', SpanFlag.AMBIGUOUS],
  ['unfinished', SpanFlag.DID_NOT_END],
  ['did-not-end', SpanFlag.DID_NOT_END],
  ['clock', SpanFlag.CLOCK],
  ['parent?', SpanFlag.PARENT_UNSURE],
])

/** Compiles a query into one test. */
function compileQuery(searched: Searched, query: string): Test {
  const tests = [...query.matchAll(WORD)].map(([, key, quoted, plain]) => {
    const word = quoted ?? plain ?? ''
    return key === undefined ? anywhere(searched.trace, word) : bound(searched, key, word)
  })
  return (item) => tests.every((test) => test(item))
}

/** Marks every span and mark that matches, by slot. */
export async function search(searched: Searched, query: string): Promise<SearchAnswer> {
  const { trace } = searched
  const test = compileQuery(searched, query)
  const matches = new Uint8Array(trace.spanCount)
  const markMatches = new Uint8Array(trace.markCount)
  let count = 0
  const span = trace.spanView()
  await forEachYielding(matches.length, (slot) => {
    span.slot = slot
    count += matches[slot] = test(span) ? 1 : 0
  })
  const mark = trace.markView()
  await forEachYielding(markMatches.length, (slot) => {
    mark.slot = slot
    count += markMatches[slot] = trace.hasMark(slot) && test(mark) ? 1 : 0
  })
  return { query, matches, markMatches, count }
}

function anywhere(trace: Trace, given: string): Test {
  const word = given.toLowerCase()
  const isId = idTest(trace, given)
  return (item) =>
    has(item.subject, word) ||
    has(item.kind, word) ||
    has(item.agent, word) ||
    has(item.error, word) ||
    isId(item)
}

function bound({ trace, writers }: Searched, key: string, given: string): Test {
  const word = given.toLowerCase()
  switch (key.toLowerCase()) {
    case 'is':
      return isTest(word)
    case 'subject':
    case 'tool':
    case 'model':
      return (item) => has(item.subject, word)
    case 'kind':
      return (item) => has(item.kind, word)
    case 'agent':
      return (item) => has(item.agent, word)
    case 'error':
      return (item) => has(item.error, word)
    case 'writer':
      return writerTest(writers, given)
    case 'id':
      return idTest(trace, given)
    default:
      return anywhere(trace, `${key}:${given}`)
  }
}

function isTest(word: string): Test {
  if (word === 'orphan') return (item) => 'orphan' in item && item.orphan
  if (word === 'dropped') return (item) => 'orphan' in item && isDropped(item)
  if (word === 'late') return (item) => item.late
  const flag = FLAG_WORDS.get(word)
  if (flag === undefined) return () => false
  return (item) => {
    if ('flags' in item) return (item.flags & flag) !== 0
    return flag === SpanFlag.ERROR && item.error !== undefined
  }
}

function has(text: string | undefined, word: string): boolean {
  return text !== undefined && text.toLowerCase().includes(word)
}

/** A whole id means this writer only: another's may begin with it. */
function writerTest(writers: Searched['writers'], given: string): Test {
  const word = given.toLowerCase()
  const isWhole = writers.some(({ id }) => id === given)
  const isMeant = writers.map(({ id, name }) =>
    isWhole ? id === given : has(id, word) || has(name, word),
  )
  return ({ writer }) => isMeant[writer] === true
}

/** Ids are kept as hashes, so only a whole one is found. */
function idTest(trace: Trace, id: string): Test {
  const slots = new Set(trace.slotsWithId(id))
  return (item) => 'startS' in item && slots.has(item.slot)
}
