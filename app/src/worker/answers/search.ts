/**
 * Searches spans and marks. An item matches a query if it matches every word. A word is searched in
 * subject, kind, agent and error, or is a full id. A prefix restricts a word to one field:
 *
 *     grep                     any field contains "grep"
 *     agent:planner timeout    the agent contains "planner", and any field "timeout"
 *     is:error is:open is:ambiguous is:unfinished is:orphan is:parent? is:clock is:late is:dropped is:cancelled is:parent-missing
 *     is:outlier
 *     writer:ID                written by this process; a part of its id or name is enough
 *     "read file"              with the space
 */
import { isDropped, showHidden, SpanFlag, type Mark, type Span, type Trace } from '@wattline/trace'
import type { SearchAnswer } from '../../model/answers.ts'
import { forEachYielding } from '../../base/yielding.ts'

type Test = (item: Span | Mark) => boolean

/** The trace to search, and its writers by number. */
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
  ['parent-missing', SpanFlag.PARENT_MISSING],
  ['cancelled', SpanFlag.CANCELLED],
  ['canceled', SpanFlag.CANCELLED],
])

/** Compiles a query into one test. */
function compileQuery(searched: Searched, query: string): Test {
  const tests = [...query.matchAll(WORD)].map(([, key, quoted, plain]) => {
    const word = quoted ?? plain ?? ''
    return key === undefined ? anywhere(searched.trace, word) : restricted(searched, key, word)
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
  const word = folded(given)
  const isId = idTest(trace, given)
  return (item) =>
    has(item.subject, word) ||
    has(item.kind, word) ||
    has(item.agent, word) ||
    has(item.error, word) ||
    isId(item)
}

function restricted({ trace, writers }: Searched, key: string, given: string): Test {
  const word = folded(given)
  switch (key.toLowerCase()) {
    case 'is':
      return isTest(trace, word)
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

function isTest(trace: Trace, word: string): Test {
  if (word === 'outlier') {
    return (item) =>
      'orphan' in item
        ? trace.isOutlier(item.timeS)
        : trace.isOutlier(item.startS) || trace.isOutlier(item.loggedEndS ?? item.startS)
  }
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

/**
 * Matches the visible form of hidden characters as well, because the page shows and searches that.
 *
 * @param word from {@link folded}
 */
function has(text: string | undefined, word: string): boolean {
  if (text === undefined) return false
  return folded(VISIBLE_FORM.test(word) ? showHidden(text) : text).includes(word)
}

/** Lower case in Unicode's composed form: macOS writes file names in the decomposed one. */
function folded(text: string): string {
  return text.normalize('NFC').toLowerCase()
}

/** `⟨u+202e⟩` in lower case, or a control picture. */
const VISIBLE_FORM = /⟨u\+|[\u2400-\u2421]/

/** A full id matches only this writer, even if another id starts with it. */
function writerTest(writers: Searched['writers'], given: string): Test {
  const word = folded(given)
  const isWhole = writers.some(({ id }) => id === given)
  const isMeant = writers.map(({ id, name }) =>
    isWhole ? id === given : has(id, word) || has(name, word),
  )
  return ({ writer }) => isMeant[writer] === true
}

/** Ids are stored as hashes, so only a full id is found. */
function idTest(trace: Trace, id: string): Test {
  const slots = new Set(trace.slotsWithId(id))
  return (item) => 'startS' in item && slots.has(item.slot)
}
