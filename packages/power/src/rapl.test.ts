import { chmodSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { FakeMachine, Watched } from './testing/tools.ts'

let machine: FakeMachine
let watched: Watched

beforeEach(() => {
  machine = new FakeMachine()
})

afterEach(() => {
  watched.sampling.stop()
  machine.remove()
})

function watch(): Watched {
  watched = new Watched(machine)
  return watched
}

const joules = (source: string) =>
  watched.of(source).map(({ reading }) => Number(reading['energy_joules']))

it('counts every joule once: packages and memory, not zones inside or around them', async () => {
  machine.zone('intel-rapl:0', 'package-0', 1_000_000)
  machine.zone('intel-rapl:0:0', 'core', 400_000)
  machine.zone('intel-rapl:0:1', 'uncore', 100_000)
  machine.zone('intel-rapl:0:2', 'dram', 2_000_000)
  machine.zone('intel-rapl:1', 'package-1', 3_000_000)
  machine.zone('intel-rapl:1:0', 'dram', 4_000_000)
  machine.zone('intel-rapl:2', 'psys', 9_000_000)
  machine.zone('intel-rapl-mmio:0', 'package-0', 1_000_000)
  machine.powercap('intel-rapl/enabled', 1)
  watch()
  expect(await watched.sampling.found).toBe(true)
  expect(watched.sources).toEqual(['box/cpu0', 'box/cpu1', 'box/dram0', 'box/dram1'])
  expect(joules('box/dram1')[0]).toBe(4)
})

it('uses the whole board if there is no package', async () => {
  machine.zone('intel-rapl:0', 'psys', 5_000_000)
  watch()
  expect(await watched.sampling.found).toBe(true)
  expect(watched.sources).toEqual(['box/psys'])
})

it('continues when the counter wraps around', async () => {
  machine.zone('intel-rapl:0', 'package-0', 99_000_000, 100_000_000)
  watch()
  machine.powercap('intel-rapl:0/energy_uj', 2_000_000)
  await watched.until(() => joules('box/cpu0').at(-1) === 102)
  machine.powercap('intel-rapl:0/energy_uj', 3_000_000)
  await watched.until(() => joules('box/cpu0').at(-1) === 103)
  const all = joules('box/cpu0')
  expect(all).toEqual([...all].sort((a, b) => a - b))
  const powers = watched.of('box/cpu0').map(({ reading }) => reading['power_watts'])
  expect(powers[0]).toBeUndefined()
  expect(powers.slice(1).every((watts) => Number(watts) >= 0)).toBe(true)
})

it('reports a reset as a smaller sum, never as energy', async () => {
  machine.zone('intel-rapl:0', 'package-0', 50_000_000)
  watch()
  machine.powercap('intel-rapl:0/energy_uj', 1_000_000)
  await watched.until(() => joules('box/cpu0').at(-1) === 1)
  expect(Math.max(...joules('box/cpu0'))).toBe(50)
})

it('warns once with instructions if only root can read it', async () => {
  machine.zone('intel-rapl:0', 'package-0', 1)
  const file = machine.powercap('intel-rapl:0/energy_uj', 1)
  machine.zone('intel-rapl:1', 'package-1', 1)
  for (const path of [file, file.replace('rapl:0', 'rapl:1')]) chmodSync(path, 0o000)
  await asNobody(async () => {
    watch()
    expect(await watched.sampling.found).toBe(false)
  })
  expect(watched.warnings).toEqual([
    `RAPL needs root; run as root, or allow reading until the next boot with: sudo chmod a+r ${dirname(dirname(file))}/*/energy_uj`,
    'no power meter found (tried nvidia-smi, rocm-smi, RAPL)',
  ])
})

/** Root may read everything; tests in a container run as root. */
async function asNobody(run: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return run()
  process.seteuid?.(65_534)
  try {
    await run()
  } finally {
    process.seteuid?.(0)
  }
}

it('continues with the other counters when one disappears', async () => {
  machine.zone('intel-rapl:0', 'package-0', 1_000_000)
  machine.zone('intel-rapl:1', 'package-1', 7_000_000)
  watch()
  rmSync(machine.powercap('intel-rapl:0/energy_uj', 1))
  await watched.until(({ warnings }) => warnings.length === 1)
  expect(watched.warnings[0]).toMatch(/^RAPL: .*intel-rapl:0\/energy_uj cannot be read: ENOENT/)
  const { length } = joules('box/cpu1')
  await watched.until(() => joules('box/cpu1').length > length + 1)
  expect(joules('box/cpu0')).toHaveLength(1)
})

it('rejects an interval that is out of range', () => {
  watch()
  for (const intervalMs of [0, 49, 1_001, Number.NaN]) {
    expect(() => new Watched(machine, { intervalMs })).toThrow(/must be 50 to 1000 ms, got/)
  }
})
