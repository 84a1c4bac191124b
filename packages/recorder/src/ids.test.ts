import { expect, test, vi } from 'vitest'
import { newRunId, newSpanId, randomHex, randomUuid } from './ids.ts'

test('randomHex has two lower-case digits per byte', () => {
  for (const bytes of [1, 4, 8, 16]) {
    expect(randomHex(bytes)).toMatch(new RegExp(`^[0-9a-f]{${bytes * 2}}$`))
  }
})

test('randomHex is never all zeros, which trace contexts forbid', () => {
  const values = [0, 0, 7]
  const random = vi.spyOn(crypto, 'getRandomValues').mockImplementation((array) => {
    const value = values.shift() ?? 1
    ;(array as Uint8Array).fill(value)
    return array
  })
  expect(randomHex(2)).toBe('0707')
  random.mockRestore()
})

test('randomUuid is a version 4 UUID of variant 1', () => {
  const uuids = Array.from({ length: 200 }, randomUuid)
  for (const uuid of uuids) {
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  }
  expect(new Set(uuids).size).toBe(200)
})

test('span ids are unique across many pools of random bytes', () => {
  const ids = Array.from({ length: 10_000 }, newSpanId)
  expect(new Set(ids).size).toBe(10_000)
  for (const id of ids) expect(id).toMatch(/^(?!0{16})[0-9a-f]{16}$/)
})

test('a run id contains the time in UTC', () => {
  expect(newRunId(new Date('2026-11-24T03:18:22.987Z'))).toMatch(
    /^[a-z]+-[a-z]+-1124-031822-[0-9a-f]{4}$/,
  )
  expect(newRunId(new Date('2026-01-02T23:59:59+02:00'))).toContain('-0102-215959-')
})

test('run ids use many words, and differ at the same time', () => {
  const now = new Date()
  const ids = Array.from({ length: 2_000 }, () => newRunId(now).split('-'))
  expect(new Set(ids.map(([adjective]) => adjective)).size).toBeGreaterThan(40)
  expect(new Set(ids.map(([, animal]) => animal)).size).toBeGreaterThan(40)
  expect(new Set(ids.map((parts) => parts.join('-'))).size).toBe(2_000)
})
