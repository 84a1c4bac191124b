// @vitest-environment node
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { localScanner } from '../../testing/scanners.ts'
import { Ingestor } from '../ingestor.ts'
import type { TracePatch } from '../../model/patch.ts'
import { scanFile, scannerCount, type ScannerPort } from './scan-file.ts'

const utf8 = new TextEncoder()

const metadata = fc.constantFrom(
  '{"span_id":"a","tool":"grep","team":"red"}',
  '{"span_id":"b","parent_id":"a","model":"m","team":"blue"}',
  '{"turn_idx":1,"agent_name":"planner","prompt_tokens":12,"cost_usd":0.5}',
  '{"agent_name":"größer","error":"no \\"answer\\"","team":7}',
  '{"span_id":"b","success":false,"host":"h1"}',
)
const logLine = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(
        fc.constantFrom('agent_start', 'agent_end', 'tool_call_start', 'tool_call_end', 'retry'),
        fc.integer({ min: 1_700_000_000, max: 1_700_000_040 }),
        metadata,
      )
      .map(([type, at, about]) => `{"event_type":"${type}","timestamp":${at},"metadata":${about}}`),
  },
  fc.constantFrom('', 'no json', '{"timestamp":1700000001,"reading":{"power_watts":40}}'),
  fc.constantFrom('{"event_type":"in_ms","timestamp":1700000000500}', `"${'x'.repeat(300)}"`),
)
/** A last line without its newline. */
const WHOLE = '{"event_type":"tool_call_start","timestamp":1700000009,"metadata":{"team":"red"}}'
const log = fc
  .tuple(fc.array(logLine, { maxLength: 40 }), fc.constantFrom('', '{"ev', WHOLE))
  .map(([lines, last]) => lines.map((line) => `${line}\n`).join('') + last)

/** All data of an ingestor. */
function known(ingestor: Ingestor, patches: readonly TracePatch[]): unknown {
  const { trace, malformed, tornLine, receivedBytes, energy } = ingestor
  return {
    patches,
    malformed,
    tornLine,
    receivedBytes,
    quality: trace.quality(),
    texts: [...trace.eachSpan()].map((span) => [span.kind, span.subject, span.agent, span.error]),
    groups: [...trace.eachSpan()].map((span) => ingestor.groupOf(span)),
    samples: trace.sampleCount,
    hasSamples: energy.hasSamples,
  }
}

test(
  'several scanners, in any order of answers, read the same as one reader',
  { timeout: 30_000 },
  async () => {
    const delays = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(
        log,
        fc.integer({ min: 20, max: 900 }),
        fc.integer({ min: 1, max: 3 }),
        fc.constantFrom('agent', 'team'),
        delays,
        async (text, stretchBytes, count, groupBy, waits) => {
          const bytes = utf8.encode(text)
          const alone = new Ingestor(groupBy)
          alone.push(bytes)
          alone.finish()
          const together = new Ingestor(groupBy)
          let message = 0
          const delay = async (): Promise<void> => {
            for (let left = waits[message++ % waits.length] ?? 0; left > 0; left--) {
              await new Promise(setImmediate)
            }
          }
          const scanners = Array.from({ length: count }, () => localScanner(delay))
          const extraKey = groupBy === 'team' ? 'team' : undefined
          const parts = scanFile(new Blob([bytes]), { scanners, from: 0, extraKey, stretchBytes })
          let part = await parts.next()
          for (; part.done !== true; part = await parts.next()) together.pushScanned(part.value)
          together.finish(part.value)
          expect(known(together, together.flush())).toEqual(known(alone, alone.flush()))
          expect(scanners.every(({ isTerminated }) => isTerminated)).toBe(true)
        },
      ),
      { numRuns: 300 },
    )
  },
)

test('a scanner that fails to read fails the scan, after the parts before it', async () => {
  const file = new Blob(['x\n'.repeat(100)])
  const slice = file.slice.bind(file)
  const broken = Object.assign(file, {
    slice: (from: number, to: number) => {
      if (from >= 99) throw new Error('The file has changed on the disk.')
      return slice(from, to)
    },
  })
  const scanners = [localScanner(), localScanner()]
  const parts = scanFile(broken, { scanners, from: 0, extraKey: undefined, stretchBytes: 50 })
  const reading = async (): Promise<void> => {
    for await (const { bytes } of parts) read += bytes
  }
  let read = 0
  await expect(reading()).rejects.toThrow('The file has changed on the disk.')
  expect(read).toBe(100)
  expect(scanners.every(({ isTerminated }) => isTerminated)).toBe(true)
})

test('a worker that cannot start fails the scan', async () => {
  const port: ScannerPort = {
    onmessage: null,
    onerror: null,
    postMessage: () => port.onerror?.({ message: 'no such script' } as ErrorEvent),
    terminate: () => undefined,
  }
  const parts = scanFile(new Blob(['x\n']), { scanners: [port], from: 0, extraKey: undefined })
  await expect(parts.next()).rejects.toThrow('no such script')
})

test('scanners are used for large files if processors are left', () => {
  const large = 100 * 1024 * 1024
  expect([1, 2, 3, 4, 8, 64].map((processors) => scannerCount(processors, large))).toEqual([
    0, 0, 1, 2, 3, 3,
  ])
  expect(scannerCount(64, 1024 * 1024)).toBe(0)
})
