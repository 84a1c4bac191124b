import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { energyBetween } from '../power-envelope.ts'
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

  test.each(['[N/A]', '[Not Supported]', '[Unknown Error]', 'N/A', '', '0', 'GPU-00000000-0000'])(
    'GPUs with the UUID "%s" are distinguished by index, else by their order',
    (uuid) => {
      const rows = (cells: (index: number, power: string) => string) =>
        [6, 7].flatMap((second) =>
          [0, 1].map((index) =>
            cells(index, `2025/12/19 10:27:5${second}.000, ${10 + 10 * index}`),
          ),
        )
      const byIndex = tableOf(
        'uuid, index, timestamp, power.draw [W]',
        ...rows((index, power) => `${uuid}, ${index + 2}, ${power}`),
      )
      const byOrder = tableOf(
        'uuid, timestamp, power.draw [W]',
        ...rows((_, power) => `${uuid}, ${power}`),
      )
      expect(energies(byIndex)).toEqual({ gpu2: 10, gpu3: 20 })
      expect(energies(byOrder)).toEqual({ gpu0: 10, gpu1: 20 })
    },
  )

  test('a GPU is named by the first usable identity', () => {
    const table = tableOf(
      'gpu_uuid, pci.bus_id, timestamp, power.draw [W]',
      'GPU-7a, 00000000:01:00.0, 2025/12/19 10:27:56.000, 10',
      '[N/A], 00000000:02:00.0, 2025/12/19 10:27:56.000, 20',
    )
    expect(Object.keys(energies(table))).toEqual(['GPU-7a', '00000000:02:00.0'])
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

  describe('tasks', () => {
    const TASKS = 'task_name,timestamp,run_id,duration,cpu_energy,energy_consumed'
    const row = (
      name: string,
      endS: number,
      durationS: number,
      energyJ: number,
      run = 'aaaaaaaa',
    ) => {
      const kwh = energyJ / 3.6e6
      return `${name},${endS},${run},${durationS},${kwh},${kwh}`
    }
    /** The joules of a source between pairs of times. */
    const between = (table: TelemetryTable, ...times: readonly number[]) => {
      const telemetry = new Telemetry()
      for (const sample of table.samples) telemetry.add(sample)
      telemetry.settle()
      const { curve, series } = telemetry.sources[0]!
      expect(series.duplicates).toBe(0)
      return times.slice(1).map((untilS, at) => {
        return Number(energyBetween(curve, times[at]!, untilS).toFixed(6))
      })
    }

    test('a row is the energy of its task from its start to its end', () => {
      const table = tableOf(
        TASKS,
        row('a', 110, 10, 360),
        row('b', 130, 20, 720),
        row('c', 140, 10, 36),
      )
      expect(between(table, 90, 100, 105, 110, 130, 140, 150)).toEqual([0, 180, 180, 720, 36, 0])
    })

    test('tasks may overlap, have pauses, be out of order and have no duration', () => {
      const table = tableOf(
        TASKS,
        row('late', 130, 10, 100),
        row('a', 110, 10, 100),
        row('b', 112, 6, 60),
        row('brief', 120, 0, 5),
      )
      expect(between(table, 100, 106, 110, 112, 119.99, 120, 130)).toEqual([60, 80, 20, 0, 5, 100])
    })

    test('tasks of several runs are counted apart', () => {
      const runs = ['bbbbbbbb-1', 'bbbbbbbb-2']
      const table = tableOf(
        TASKS,
        row('a', 110, 10, 30),
        ...runs.map((run) => row('a', 108, 4, 50, run)),
      )
      const joules = energies(table)
      expect(joules['cpu (run aaaaaaaa)']).toBeCloseTo(30, 9)
      expect(joules['cpu (run bbbbbbbb)']).toBeCloseTo(50, 9)
      expect(joules['cpu (run bbbbbbbb-2)']).toBeCloseTo(50, 9)
    })

    test('tasks are a part of the energy of their run, the rest is outside of them', () => {
      const run = row('', 140, 40, 1000)
      const tasks = [row('a', 110, 5, 100), row('b', 130, 20, 700)]
      for (const rows of [
        [run, ...tasks],
        [...tasks, run],
        [row('', 120, 20, 450), ...tasks, run],
      ]) {
        const table = tableOf(TASKS, ...rows)
        expect(between(table, 100, 105, 110, 130, 140)).toEqual([66.666667, 100, 700, 133.333333])
      }
      // Rounding can give the tasks more energy than their run.
      expect(
        between(tableOf(TASKS, row('', 110, 10, 99), row('a', 110, 10, 100)), 100, 110),
      ).toEqual([100])
    })

    test('the sum of the tasks is the total for any times', () => {
      const task = fc.tuple(
        fc.double({ min: 1.7e9, max: 1.7e9 + 1000, noNaN: true }),
        fc.constantFrom(0, 0.2, 1, 7, 60),
        fc.integer({ min: 0, max: 1_000_000 }),
      )
      fc.assert(
        fc.property(fc.array(task, { minLength: 1, maxLength: 30 }), (tasks) => {
          const table = tableOf(TASKS, ...tasks.map((of, at) => row(`t${at}`, ...of)))
          const totalJ = tasks.reduce((sumJ, [, , energyJ]) => sumJ + energyJ, 0)
          const [actualJ = 0] = Object.values(energies(table))
          expect(Math.abs(actualJ - totalJ)).toBeLessThanOrEqual(1e-9 * totalJ)
        }),
      )
    })

    test('a task without a duration cannot be read', () => {
      const table = tableOf(TASKS, 'a,110,aaaaaaaa,,0.1,0.1')
      expect(table.unreadable).toMatchObject([
        { line: 2, reason: 'expected a duration of the task' },
      ])
    })
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
