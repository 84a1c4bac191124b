import { describe, expect, test } from 'vitest'
import { Gap, GapMaker } from './gap-trie.ts'

const encoder = new TextEncoder()
const bytesOf = (text: string) => encoder.encode(text)

/** The key of what stands at `at` behind `gap`. */
function keyAt(gap: Gap, text: string, at = 0): number | undefined {
  const bytes = bytesOf(text)
  return gap.next(new DataView(bytes.buffer), at, bytes.length)?.key
}

describe('a tree of gaps', () => {
  test('knows what was seen behind each, by all of its bytes', () => {
    const maker = new GapMaker()
    const root = Gap.root()
    const brace = maker.learn(root, bytesOf('{"tool":'), 1)
    maker.learn(root, bytesOf('{"toot":'), 2)
    maker.learn(brace, bytesOf(',"id":'), 3)
    expect(keyAt(root, '{"tool":"a"      ')).toBe(1)
    expect(keyAt(root, '  {"toot":"a"    ', 2)).toBe(2)
    expect(keyAt(root, ',"id":7          ')).toBeUndefined()
    expect(keyAt(brace, ',"id":7         ')).toBe(3)
    expect(keyAt(brace, ',"ie":7         ')).toBeUndefined()
    expect(keyAt(brace, ',"id" :7        ')).toBeUndefined()
  })

  test('looks at nothing behind the end', () => {
    const root = Gap.root()
    new GapMaker().learn(root, bytesOf('{"id":'), 1)
    const bytes = bytesOf('{"id":7, "name": 1')
    const view = new DataView(bytes.buffer)
    expect(root.next(view, 0, bytes.length)?.size).toBe(6)
    for (let to = 0; to <= 6; to++) expect(root.next(view, 0, to)).toBeUndefined()
    expect(keyAt(root, '{"id":')).toBeUndefined()
  })

  test('stops to grow', () => {
    const maker = new GapMaker()
    const root = Gap.root()
    for (let key = 0; key < 20; key++) maker.learn(root, bytesOf(`{"${key}":`), key)
    expect(keyAt(root, '{"0":1     ')).toBe(0)
    expect(keyAt(root, '{"19":1    ')).toBeUndefined()
    let last = root
    for (let depth = 0; depth < 5000; depth++) last = maker.learn(last, bytesOf(',"a":'), depth)
    expect(last.key).toBe(-1)
    expect(keyAt(maker.learn(Gap.root(), bytesOf('{"a":'), 7), ',"a":1  ')).toBeUndefined()
  })
})
