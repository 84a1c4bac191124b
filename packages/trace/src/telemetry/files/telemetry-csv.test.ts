import { describe, expect, test } from 'vitest'
import { Telemetry } from '../telemetry.ts'
import { csvCells } from './csv.ts'
import { readTelemetryCsv, type TelemetryTable } from './telemetry-csv.ts'

function tableOf(...lines: readonly string[]): TelemetryTable {
  const table = readTelemetryCsv(lines.map((line) => `${line}\n`).join(''))
  if ('reason' in table) throw new Error(table.reason)
  return table
}

const localS = (...parts: [number, number, number, number, number, number]) =>
  new Date(...parts).getTime() / 1000

function energies(table: TelemetryTable): Record<string, number> {
  const telemetry = new Telemetry()
  for (const sample of table.samples) telemetry.add(sample)
  telemetry.settle()
  return Object.fromEntries(telemetry.sources.map(({ name, curve }) => [name, curve.totalJ]))
}

test('cells', () => {
  expect(csvCells('a, b ,"c, ""d""",,')).toEqual(['a', 'b', 'c, "d"', '', ''])
})

describe('nvidia-smi', () => {
  test('cells with units and local times', () => {
    const table = tableOf(
      'timestamp, power.draw [W], utilization.gpu [%]',
      '2025/12/19 10:27:56.035, 14.12 W, 7 %',
      '2025/12/19 10:27:57.035, [N/A], [N/A]',
    )
    const timestamp = localS(2025, 11, 19, 10, 27, 56) + 0.035
    expect(table.samples[0]).toMatchObject({
      timestamp,
      source: 'gpu0',
      reading: { power_watts: 14.12, gpu_compute_utilization_pct: 7 },
    })
    expect(table.samples[1]!.reading).toMatchObject({ power_watts: null })
  })

  test.each([
    ['by index', 'index, ', ['0, ', '1, ']],
    ['by their order at one time', '', ['', '']],
  ])('several GPUs, distinguished %s', (_, column, [first, second]) => {
    const table = tableOf(
      `${column}timestamp, power.draw [W]`,
      `${first}2025/12/19 10:27:56.000, 10`,
      `${second}2025/12/19 10:27:56.000, 20`,
      `${first}2025/12/19 10:27:57.000, 10`,
      `${second}2025/12/19 10:27:57.000, 20`,
    )
    expect(energies(table)).toEqual({ gpu0: 10, gpu1: 20 })
  })

  test('lines that cannot be read are listed', () => {
    const table = tableOf(
      'timestamp, power.draw [W]',
      'yesterday, 14 W',
      '2025/12/19 10:27:56, 14 mW',
      '2025/12/19 10:27:56',
    )
    expect(table.unreadable).toEqual([
      { line: 2, reason: 'expected a time, got the text "yesterday"' },
      { line: 3, reason: 'expected power in W, got the text "14 mW"' },
      { line: 4, reason: 'expected 2 cells, got 1' },
    ])
  })
})

describe('CodeCarbon', () => {
  const HEADER =
    'timestamp,project_name,run_id,duration,cpu_power,cpu_energy,gpu_energy,energy_consumed'

  test('rows of a run are a counter that starts at 0', () => {
    const table = tableOf(
      HEADER,
      '2024-05-31T10:00:10,p,aaaaaaaa-1,10,99,0.0001,0.0002,0.0003',
      '2024-05-31T10:00:20,p,aaaaaaaa-1,20,99,0.0002,0.0004,0.0006',
      '2024-05-31T10:00:30,p,bbbbbbbb-1,5,99,0.0001,,0.0001',
    )
    const joules = energies(table)
    expect(joules['cpu (run aaaaaaaa)']).toBeCloseTo(720, 9)
    expect(joules['gpu (run aaaaaaaa)']).toBeCloseTo(1440, 9)
    expect(joules['cpu (run bbbbbbbb)']).toBeCloseTo(360, 9)
  })

  test('a table with all columns and a comma in a quoted cell', () => {
    const table = tableOf(
      'timestamp,project_name,run_id,duration,emissions,cpu_power,gpu_power,ram_power,cpu_energy,gpu_energy,ram_energy,energy_consumed,country_name,cpu_model,on_cloud',
      '2024-05-31T10:39:13,p,409f7ac2-203f,355.466,3.4e-05,4.1335,0.0215,3.0,0.0001,0.0002,0.0003,0.0006,France,"Model X, 8 cores",N',
    )
    expect(table).toMatchObject({ format: 'CodeCarbon', unreadable: [] })
    const joules = energies(table)
    expect(joules['ram (run 409f7ac2)']).toBeCloseTo(1080, 9)
  })

  test('a row without a run cannot be read', () => {
    const table = tableOf(HEADER, '2024-05-31T10:00:10,p,,10,99,0.0001,0.0002,0.0003')
    expect(table.unreadable).toMatchObject([{ line: 2 }])
  })
})

describe('NVML', () => {
  test.each([
    ['a column a GPU', 'timestamp,GPU0,GPU1', ['1,10,20', '2,10,20'], { gpu0: 10, gpu1: 20 }],
    ['one GPU', 'timestamp_s,power_w,utilization_pct', ['1,10,5', '2,10,5'], { gpu0: 10 }],
  ])('%s', (_, header, rows, joules) => {
    expect(energies(tableOf(header, ...rows))).toEqual(joules)
  })
})

test('an unknown table is rejected with its header', () => {
  expect(readTelemetryCsv('name,age\nx,3\n')).toMatchObject({
    reason: expect.stringMatching(/got "name,age"$/),
  })
})
