import { File } from 'node:buffer'
import { expect, test } from 'vitest'
import { readTelemetryFile } from './telemetry-file.ts'

test('reads a table of many chunks', async () => {
  const rows = Array.from({ length: 40_000 }, (_, at) => `${1_800_000_000 + at},150`)
  const table = new File([`timestamp_s,power_w\n${rows.join('\n')}\n`], 'gpu.csv')
  const { samples, note } = await readTelemetryFile(table as unknown as globalThis.File)
  expect([samples.length, note]).toEqual([40_000, undefined])
  expect(samples.at(-1)).toMatchObject({ timestamp: 1_800_039_999 })
})

test('the error for another file contains its name', async () => {
  const file = new File(['a,b\n1,2\n'], 'other.csv') as unknown as globalThis.File
  await expect(readTelemetryFile(file)).rejects.toThrow('other.csv is not a telemetry file')
})
