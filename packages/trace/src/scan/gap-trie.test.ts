import { describe, expect, test } from 'vitest'
import { GapNode, GapLearner } from './gap-trie.ts'

const encoder = new TextEncoder()
const bytesOf = (text: string) => encoder.encode(text)

/** The key of the gap at `at` that follows `gap`. */
function keyAt(gap: GapNode, text: string, at = 0): number | undefined {
  const bytes = bytesOf(text)
  return gap.next(new DataView(bytes.buffer), at, bytes.length)?.key
}

describe('a trie of gaps', () => {
  test('finds the gaps that followed a gap by all of their bytes', () => {
    const learner = new GapLearner()
    const root = GapNode.root()
    const brace = learner.learn(root, bytesOf('{"tool":'), 1)
    learner.learn(root, bytesOf('{"toot":'), 2)
    learner.learn(brace, bytesOf(',"id":'), 3)
    expect(keyAt(root, '{"tool":"a"      ')).toBe(1)
    expect(keyAt(root, '  {"toot":"a"    ', 2)).toBe(2)
    expect(keyAt(root, ',"id":7          ')).toBeUndefined()
    expect(keyAt(brace, ',"id":7         ')).toBe(3)
    expect(keyAt(brace, ',"ie":7         ')).toBeUndefined()
    expect(keyAt(brace, ',"id" :7        ')).toBeUndefined()
  })

  test('does not read beyond the end', () => {
    const root = GapNode.root()
    new GapLearner().learn(root, bytesOf('{"id":'), 1)
    const bytes = bytesOf('{"id":7, "name": 1')
    const view = new DataView(bytes.buffer)
    expect(root.next(view, 0, bytes.length)?.size).toBe(6)
    for (let to = 0; to <= 6; to++) expect(root.next(view, 0, to)).toBeUndefined()
    expect(keyAt(root, '{"id":')).toBeUndefined()
  })

  test('has a limit of children and of gaps', () => {
    const learner = new GapLearner()
    const root = GapNode.root()
    for (let key = 0; key < 20; key++) learner.learn(root, bytesOf(`{"${key}":`), key)
    expect(keyAt(root, '{"0":1     ')).toBe(0)
    expect(keyAt(root, '{"19":1    ')).toBeUndefined()
    let last = root
    for (let depth = 0; depth < 5000; depth++) last = learner.learn(last, bytesOf(',"a":'), depth)
    expect(last.key).toBe(-1)
    expect(keyAt(learner.learn(GapNode.root(), bytesOf('{"a":'), 7), ',"a":1  ')).toBeUndefined()
  })
})
