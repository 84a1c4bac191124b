import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatBytes,
  formatClock,
  formatCost,
  formatCostInColumn,
  formatCount,
  formatDuration,
  formatJoules,
  formatWatts,
  shortModel,
} from './format.ts'

/** Rows of `value=formatted`. */
test.each([
  [formatDuration, '0=0 s; 4e-10=0 s; 1e-9=1 ns; 42e-6=42 µs; 0.318=318 ms; 1.24=1.24 s; 2=2 s'],
  [formatDuration, '999.4e-6=999 µs; 999.6e-6=1 ms; 0.9994=999 ms; 0.9996=1 s; 9.996=10 s'],
  [formatDuration, '59.94=59.9 s; 59.96=1:00; 60=1:00; 125=2:05; 119.6=2:00'],
  [formatDuration, '3599.4=59:59; 3599.6=1:00:00; 3871=1:04:31; 86369=23:59:29; 86399=23:59:59'],
  [formatDuration, '86399.5=1 d 0 h; 187200=2 d 4 h; -1.5=−1.5 s; -1e-12=0 s'],
  [formatCount, '0=0; 7=7; 999=999; 999.4=999; 999.6=1 k; 1000=1 k; 48123=48.1 k; 999499=999 k'],
  [formatCount, '999500=1 M; 1200000=1.2 M; 3e9=3 G; 1e15=1000 T; -48123=−48.1 k; -0.2=0'],
  [formatCost, '0=$0; 0.0042=$0.0042; 0.00423=$0.0042; 0.0999=$0.10; 0.1=$0.10; 0.3184=$0.318'],
  [formatCost, '0.5=$0.50; 0.9949=$0.995; 0.996=$1.00; 12.4=$12.40; 999.99=$999.99; 1000=$1 k'],
  [formatCost, '48123=$48.1 k; 1e-6=$0.000001; 9e-7=<$0.000001; -0.5=−$0.50'],
  [formatCostInColumn, '0=$0.000; 4e-4=<$0.001; 0.092=$0.092; 1.28=$1.280; 1000=$1 k; -0.5=−$0.50'],
  [formatJoules, '0=0 J; 2100=2.1 kJ; 0.318=318 mJ; 999.6=1 kJ; 1.3e6=1.3 MJ; 4e-7=0 J'],
  [formatWatts, '71.46=71.5 W; 1200=1.2 kW; 0.9999=1 W; 0=0 W; -3=−3 W'],
  [formatBytes, '0=0 B; 512=512 B; 999=999 B; 999.9=1 kB; 48123=48.1 kB; 1.2e9=1.2 GB'],
  [formatClock, '0=0:00.000; 72.318=1:12.318; 59.9996=1:00.000; 3871.25=1:04:31.250'],
  [formatClock, '3599.9999=1:00:00.000; 360000=100:00:00.000; -1.5=−0:01.500; -0.0001=0:00.000'],
] as const)('%o: %s', (format, rows) => {
  const shown = rows.split('; ').map((row) => {
    const value = row.split('=')[0] ?? ''
    return `${value}=${format(Number(value))}`
  })
  expect(shown.join('; ')).toBe(rows)
})

describe.each([
  formatDuration,
  formatCount,
  formatCost,
  formatJoules,
  formatWatts,
  formatBytes,
  formatClock,
])('%o', (format) => {
  test('unknown is a dash, infinite is ∞', () => {
    expect(format(undefined)).toBe('–')
    expect(format(Number.NaN)).toBe('–')
    expect(format(Infinity)).toBe('∞')
    expect(format(-Infinity)).toBe('−∞')
  })

  test('never has an exponent or 1000 of a unit with a larger one', () => {
    fc.assert(
      fc.property(fc.double({ min: -12, max: 9, noNaN: true }), (exponent) => {
        const text = format(10 ** exponent)
        expect(text).not.toMatch(/e[+-]|NaN|undefined/)
        expect(text).not.toMatch(/^\$?\d{4,} (?!d )/)
        expect(text).not.toMatch(/^60(\.0)? s|\b60 [ms]\b/)
        expect(text.length).toBeLessThanOrEqual(16)
      }),
    )
  })
})

test('a larger value never looks smaller', () => {
  const units: Record<string, number> = { ns: 1e-9, µs: 1e-6, ms: 1e-3, s: 1, h: 3600, d: 86_400 }
  const read = (text: string) =>
    text.includes(':')
      ? text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0)
      : [...text.matchAll(/([\d.]+) (\S+)/g)].reduce(
          (sum, [, n, u]) => sum + Number(n) * (units[u ?? ''] ?? NaN),
          0,
        )
  fc.assert(
    fc.property(
      fc.double({ min: -9, max: 7, noNaN: true }),
      fc.double({ min: 1, max: 1.2, noNaN: true }),
      (e, factor) => {
        const [low, high] = [10 ** e, 10 ** e * factor]
        expect(read(formatDuration(low))).toBeLessThanOrEqual(
          read(formatDuration(high)) * (1 + 1e-9),
        )
        expect(read(formatDuration(low)) / low).toBeGreaterThan(0.95)
        expect(read(formatDuration(low)) / low).toBeLessThan(1.05)
      },
    ),
  )
})

test.each([
  [
    "OpenAIChat(id='Qwen/Qwen3-8B', name='OpenAIChat', base_url='http://localhost:8000/v1')",
    'Qwen3-8B',
  ],
  ['Claude(id="claude-sonnet-4-5", name="Claude")', 'claude-sonnet-4-5'],
  ["agno.models.vLLM(name='x', id='meta-llama/Llama-3.1-70B')", 'x'],
  ['Qwen/Qwen3-8B', 'Qwen3-8B'],
  ['accounts/fireworks/models/deepseek-v3', 'deepseek-v3'],
  ['ollama/llama3.2:3b', 'llama3.2:3b'],
  ['gpt-5', 'gpt-5'],
  ['web_search', 'web_search'],
  ['Tool()', 'Tool()'],
  ['https://example.com/v1', 'https://example.com/v1'],
  ['/usr/bin/env', '/usr/bin/env'],
  ['either/or of two', 'either/or of two'],
  ['trailing/', 'trailing/'],
  ['', '–'],
  ['  ', '–'],
  [undefined, '–'],
])('%j is called %j', (subject, label) => {
  expect(shortModel(subject)).toBe(label)
})
