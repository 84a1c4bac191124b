import fc from 'fast-check'
import { describe, expect, it, onTestFinished } from 'vitest'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeBatch } from './batch.ts'
import { Outbox } from './outbox.ts'
import { SpillFile } from './spill-file.ts'

const nowS = () => 1
const decode = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes)

function batchOf(from: number, count: number) {
  const lines = Array.from({ length: count }, (_, i) => `{"n":${from + i}}\n`)
  return makeBatch(lines.join(''), count)
}

/** A server that keeps lines by number, according to the protocol. */
class Held {
  readonly lines: string[] = []
  take({ first, bytes }: { first: number; bytes: Uint8Array }): void {
    for (const [i, line] of decode(bytes).trimEnd().split('\n').entries()) {
      if (first + i <= this.lines.length) continue
      if (first + i !== this.lines.length + 1) throw new Error(`line ${first + i} came too early`)
      this.lines.push(line)
    }
  }
}

type Step = { do: 'push'; count: number } | { do: 'send' } | { do: 'ack' } | { do: 'cut' }

const steps: fc.Arbitrary<Step[]> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('push' as const), count: fc.integer({ min: 1, max: 40 }) }),
    fc.constantFrom<Step>({ do: 'send' }, { do: 'send' }, { do: 'ack' }, { do: 'cut' }),
  ),
  { maxLength: 120 },
)

/** Plays the steps against a server, then delivers the rest. */
function play(outbox: Outbox, sequence: readonly Step[]): { held: Held; pushed: number } {
  const held = new Held()
  let pushed = 0
  for (const step of sequence) {
    if (step.do === 'push') {
      outbox.push(batchOf(pushed, step.count))
      pushed += step.count
    } else if (step.do === 'send') {
      const batch = outbox.next()
      if (batch !== undefined) held.take(batch)
    } else {
      outbox.acknowledge(held.lines.length)
      if (step.do === 'cut') outbox.rewind()
    }
  }
  outbox.rewind()
  for (let batch = outbox.next(); batch !== undefined; batch = outbox.next()) held.take(batch)
  outbox.acknowledge(held.lines.length)
  return { held, pushed }
}

describe('Outbox', () => {
  it('delivers each line once and in order across reconnects at any time', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const outbox = new Outbox({ maxMemoryBytes: 1e9, nowS })
        const { held, pushed } = play(outbox, sequence)
        expect(held.lines).toEqual(Array.from({ length: pushed }, (_, n) => `{"n":${n}}`))
        expect(outbox.hasNext).toBe(false)
        expect(outbox.counts).toEqual({ accepted: pushed, delivered: pushed, dropped: 0 })
      }),
    )
  })

  it('delivers each line once and in order through a spill file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wattline-spill-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    fc.assert(
      fc.property(steps, (sequence) => {
        const spill = new SpillFile('box', 1e9, folder)
        const outbox = new Outbox({ maxMemoryBytes: 200, spill, nowS })
        const { held, pushed } = play(outbox, sequence)
        expect(held.lines).toEqual(Array.from({ length: pushed }, (_, n) => `{"n":${n}}`))
        outbox.discard()
      }),
    )
    expect(readdirSync(folder)).toEqual([])
  })

  it('drops the oldest waiting lines, marks their place, and counts them', () => {
    fc.assert(
      fc.property(steps, (sequence) => {
        const outbox = new Outbox({ maxMemoryBytes: 200, nowS })
        const { held, pushed } = play(outbox, sequence)
        const numbers: number[] = []
        let dropped = 0
        for (const line of held.lines) {
          const event = JSON.parse(line) as { n?: number; metadata?: { count: number } }
          const missing = event.metadata?.count ?? 0
          dropped += missing
          if (event.n === undefined) {
            const next = numbers.length
            numbers.push(...Array.from({ length: missing }, (_, i) => next + i))
          } else {
            numbers.push(event.n)
          }
        }
        expect(numbers).toEqual(Array.from({ length: pushed }, (_, n) => n))
        expect(outbox.counts.dropped).toBe(dropped)
        expect(outbox.unsettled).toBe(0)
      }),
    )
  })

  it('drops new lines while the spill is full, and keeps those in it', () => {
    const spill = new SpillFile('full', 100)
    const outbox = new Outbox({ maxMemoryBytes: 100, spill, nowS })
    for (let n = 0; n < 100; n += 10) outbox.push(batchOf(n, 10))
    const { held } = play(outbox, [])
    expect(held.lines.some((line) => line.includes('recorder_dropped'))).toBe(true)
    expect(outbox.counts.dropped).toBeGreaterThan(0)
    expect(outbox.unsettled).toBe(0)
  })

  it('frees the disk space of read lines although the spill is never empty', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wattline-spill-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const spill = new SpillFile('box', 2_000_000, folder)
    const lines = 4_000
    let next = 0
    for (let pushed = 0; pushed < 200; pushed += 1) {
      spill.push(batchOf(pushed * lines, lines))
      // One batch always remains.
      while (pushed > 0 && spill.count > lines) {
        const batch = spill.shift()
        expect(decode(batch?.bytes).startsWith(`{"n":${next}}`)).toBe(true)
        next += batch?.count ?? 0
      }
    }
    expect(spill.count).toBeGreaterThan(0)
    spill.close()
    expect(readdirSync(folder)).toEqual([])
  })

  it('drops the lines of a spill that cannot be read, and continues', () => {
    const broken = {
      count: 0,
      push: () => undefined,
      shift: () => {
        throw new Error('EIO')
      },
      close: () => undefined,
    }
    const spill = {
      ...broken,
      push: (batch: { count: number }) => {
        spill.count += batch.count
      },
    }
    const outbox = new Outbox({ maxMemoryBytes: 100, spill, nowS })
    for (let n = 0; n < 30; n += 10) outbox.push(batchOf(n, 10))
    const { held } = play(outbox, [])
    expect(held.lines.at(-1)).toContain('"recorder_dropped"')
    expect(outbox.counts).toMatchObject({ dropped: 20 })
    expect(outbox.unsettled).toBe(0)
  })

  it('rejects the acknowledgement of a line that was never sent', () => {
    const outbox = new Outbox({ maxMemoryBytes: 1e6, nowS })
    outbox.push(batchOf(0, 3))
    expect(outbox.acknowledge(3)).toBe(false)
    outbox.next()
    expect(outbox.acknowledge(3)).toBe(true)
  })

  it('numbers a batch when it is first sent, and keeps the numbers after a rewind', () => {
    const outbox = new Outbox({ maxMemoryBytes: 1e6, nowS })
    outbox.push(batchOf(0, 3))
    expect(outbox.next()).toMatchObject({ first: 1, count: 3 })
    outbox.push(batchOf(3, 2))
    expect(outbox.next()).toMatchObject({ first: 4, count: 2 })
    expect([outbox.next(), outbox.isResending]).toEqual([undefined, false])
    outbox.acknowledge(3)
    outbox.rewind()
    expect(outbox.isResending).toBe(true)
    expect(outbox.next()).toMatchObject({ first: 4, count: 2 })
  })

  it('starts numbers from 1 again as a new writer, with the same lines', () => {
    const outbox = new Outbox({ maxMemoryBytes: 1e6, nowS })
    outbox.push(batchOf(0, 3))
    outbox.next()
    outbox.push(batchOf(3, 1))
    outbox.renumber()
    const { held } = play(outbox, [])
    expect(held.lines).toEqual([0, 1, 2, 3].map((n) => `{"n":${n}}`))
    expect(outbox.counts).toEqual({ accepted: 4, delivered: 4, dropped: 0 })
  })

  it('yields everything unacknowledged in order with drain(), and is empty afterwards', () => {
    const outbox = new Outbox({ maxMemoryBytes: 1e6, nowS })
    for (let n = 0; n < 4; n++) {
      outbox.push(batchOf(n, 1))
      outbox.next()
    }
    outbox.acknowledge(2)
    outbox.push(batchOf(4, 1))
    const saved = [...outbox.drain()].map(({ bytes }) => decode(bytes)).join('')
    expect(saved).toBe('{"n":2}\n{"n":3}\n{"n":4}\n')
    expect([outbox.hasNext, outbox.memoryBytes, outbox.unsettled]).toEqual([false, 0, 3])
  })

  it('resolves flush() for the lines accepted before it, also when a marker was added', async () => {
    const outbox = new Outbox({ maxMemoryBytes: 150_000, nowS })
    for (let n = 0; n < 3; n++) outbox.push(batchOf(n * 8_000, 8_000))
    expect(outbox.counts.dropped).toBeGreaterThan(0)
    let isFlushed = false
    const flushed = outbox.flush(10_000).then((result) => (isFlushed = result))
    const marker = outbox.next()
    expect(decode(marker?.bytes ?? new Uint8Array())).toContain('recorder_dropped')
    outbox.acknowledge(1)
    await Promise.resolve()
    expect(isFlushed).toBe(false)
    const rest = outbox.next()
    outbox.acknowledge((rest?.first ?? 0) + (rest?.count ?? 0) - 1)
    expect(await flushed).toBe(true)
  })

  it('resolves flush() false at its deadline, and true when everything is discarded', async () => {
    const outbox = new Outbox({ maxMemoryBytes: 1e6, nowS })
    expect(await outbox.flush(0)).toBe(true)
    outbox.push(batchOf(0, 1))
    expect(await outbox.flush(5)).toBe(false)
    const flushed = outbox.flush(Infinity)
    outbox.discard()
    expect(await flushed).toBe(true)
    expect(outbox.counts).toEqual({ accepted: 1, delivered: 0, dropped: 1 })
  })

  it('applies a limit to lines that were sent and to lines that wait, and never raises it', () => {
    const dropped: number[] = []
    const outbox = new Outbox({ maxMemoryBytes: 1e6, nowS, onTooLong: (b) => dropped.push(b) })
    const long = (n: number) => makeBatch(`{"n":${n},"pad":"${'x'.repeat(200)}"}\n`, 1)
    for (const batch of [batchOf(0, 2), long(2), batchOf(3, 1)]) outbox.push(batch)
    outbox.next()
    outbox.limit(100)
    outbox.limit(1_000)
    outbox.push(long(4))
    const { held } = play(outbox, [])
    const kinds = held.lines.map((line) => (line.includes('recorder_dropped') ? 'dropped' : line))
    expect(kinds).toEqual(['{"n":0}', '{"n":1}', 'dropped', '{"n":3}', 'dropped'])
    expect(dropped).toEqual([long(2).bytes.length, long(4).bytes.length])
    expect(outbox.counts).toEqual({ accepted: 7, delivered: 5, dropped: 2 })
    expect(outbox.memoryBytes).toBe(0)
  })

  it('finds the refused line with shrink() for any limit, and drops no other', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(sizes, fc.integer({ min: 100, max: 300 }), (pads, limit) => {
        const outbox = new Outbox({ maxMemoryBytes: 1e6, nowS })
        const lines = pads.map((pad, n) => `{"n":${n},"pad":"${'x'.repeat(pad)}"}`)
        outbox.push(makeBatch(lines.map((line) => `${line}\n`).join(''), lines.length))
        const held = new Held()
        let refusals = 0
        for (let batch = outbox.next(); batch !== undefined; batch = outbox.next()) {
          if (batch.bytes.length <= limit) held.take(batch)
          else {
            refusals += 1
            if (refusals > 100) break
            outbox.acknowledge(held.lines.length)
            outbox.shrink()
          }
        }
        outbox.acknowledge(held.lines.length)
        const kept = held.lines.map((line) =>
          line.includes('recorder_dropped') ? 'dropped' : line,
        )
        expect(kept).toEqual(lines.map((line) => (line.length < limit ? line : 'dropped')))
        expect([outbox.unsettled, outbox.memoryBytes]).toEqual([0, 0])
        expect(refusals).toBeLessThan(pads.length + 20)
      }),
    )
  })
})
