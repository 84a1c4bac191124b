import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

function watch(code: string): Watched {
  machine.tool('nvidia-smi', code)
  watched = new Watched(machine)
  return watched
}

/** One GPU's row; `{…}` overrides what it tells. */
const ROW = `
const gpu = (index, told = {}) => row({
  timestamp: time(), index, uuid: 'GPU-' + index, 'power.draw': '61.50', 'utilization.gpu': '34',
  'utilization.memory': '12', 'memory.used': '512', 'memory.total': '81559', 'temperature.gpu': '41',
  ...told,
})
`
const EVERY = `const every = (fn) => setInterval(fn, Number(args[args.indexOf('-lms') + 1]))`

it('keeps the GPUs of a machine apart', async () => {
  watch(`${ROW}${EVERY}
    every(() => { gpu(0, { 'power.draw.instant': '80.25' }); gpu(1) })`)
  await watched.until(({ samples }) => samples.length >= 4)
  expect(watched.sources).toEqual(['box/gpu0', 'box/gpu1'])
  expect(watched.of('box/gpu0')[1]?.reading).toEqual({
    power_watts: 80.25,
    gpu_compute_utilization_pct: 34,
    gpu_memory_bandwidth_utilization_pct: 12,
    gpu_memory_usage_mb: 512,
    gpu_memory_total_mb: 81_559,
    temperature_celsius: 41,
  })
  // Where the instant is not told, the mean is.
  expect(watched.of('box/gpu1')[0]?.reading['power_watts']).toBe(61.5)
  expect(await watched.sampling.found).toBe(true)
  expect(watched.notes).toEqual([])
})

it.each([
  ['of UTC', 0],
  ['of Nepal', 5.75 * 3_600_000],
  ['far in the west', -11 * 3_600_000],
])('reads the time of a clock %s as now', async (_, zoneMs) => {
  watch(`${ROW}gpu(0, { timestamp: time(${zoneMs}) }); setInterval(() => {}, 1000)`)
  await watched.until(({ samples }) => samples.length === 1)
  expect(Math.abs((watched.samples[0]?.timestamp ?? 0) - Date.now() / 1000)).toBeLessThan(60)
})

it('leaves out what is not available, and says so of power', async () => {
  watch(`${ROW}${EVERY}
    every(() => gpu(0, { 'power.draw': '[N/A]', 'utilization.gpu': '[Not Supported]' }))`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.samples[0]?.reading).not.toHaveProperty('power_watts')
  expect(watched.samples[0]?.reading).not.toHaveProperty('gpu_compute_utilization_pct')
  expect(watched.samples[0]?.reading).toHaveProperty('temperature_celsius', 41)
  expect(watched.notes).toEqual(['nvidia-smi does not tell the power of gpu0 ([N/A])'])
})

it('asks a driver that does not know the power of the instant for the mean', async () => {
  watch(`${ROW}${EVERY}
    if (query.includes('power.draw.instant')) {
      console.log('Field "power.draw.instant" is not a valid field to query.')
      process.exit(2)
    }
    every(() => gpu(0))`)
  await watched.until(({ samples }) => samples.length >= 2)
  expect(watched.samples[0]?.reading['power_watts']).toBe(61.5)
  expect(watched.notes).toEqual([])
})

it('starts a tool that died again, and says so once', async () => {
  watch(`${ROW}
    gpu(0, { 'power.draw': String(100 + run) })
    console.error('GPU has fallen off the bus')
    process.exitCode = 15`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.samples.map(({ reading }) => reading['power_watts'])).toEqual([100, 101, 102])
  expect(watched.notes).toEqual([
    'nvidia-smi ended (GPU has fallen off the bus) and is started again',
  ])
})

it('keeps the names when a lost GPU makes the tool count anew', async () => {
  watch(`${ROW}
    if (run === 0) gpu(0)
    gpu(run === 0 ? 1 : 0, { uuid: 'GPU-1' })`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.samples.map(({ source }) => source)).toEqual(['box/gpu0', 'box/gpu1', 'box/gpu1'])
})

it('passes over garbage, says it once and counts it', async () => {
  watch(`${ROW}${EVERY}
    console.log('Unable to determine the device handle for GPU1: GPU is lost')
    every(() => { gpu(0); console.log('\\u0000, half a'); process.stdout.write('x'.repeat(99_999) + '\\n') })`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.sources).toEqual(['box/gpu0'])
  expect(watched.notes).toEqual([
    'nvidia-smi printed a line that is no reading and is passed over: "Unable to determine the device handle for GPU1: GPU is lost"',
  ])
  watched.sampling.stop()
  expect(watched.notes[1]).toMatch(/^nvidia-smi printed \d+ lines that are no readings$/)
})

it('waits for a tool that is slow to start', async () => {
  watch(`${ROW}${EVERY}
    setTimeout(() => every(() => gpu(0)), 700)`)
  await watched.until(({ samples }) => samples.length >= 2)
  expect(watched.notes).toEqual([])
})

it('is no source where there is no GPU', async () => {
  watch(`console.log('No devices were found'); process.exitCode = 6`)
  expect(await watched.sampling.found).toBe(false)
  expect(watched.notes).toEqual([
    'nvidia-smi finds no GPU',
    'nothing here tells its power (looked for nvidia-smi, rocm-smi, RAPL)',
  ])
})

it('is given up after three tries without a reading, with its last words', async () => {
  watch(
    `console.log('NVIDIA-SMI has failed because it could not reach the driver'); process.exitCode = 9`,
  )
  expect(await watched.sampling.found).toBe(false)
  expect(watched.notes[0]).toBe(
    'nvidia-smi gives no reading: NVIDIA-SMI has failed because it could not reach the driver',
  )
  expect(pids()).toHaveLength(3)
})

it('ends with the sampling', async () => {
  watch(`${ROW}${EVERY}
    every(() => gpu(0))`)
  await watched.until(({ samples }) => samples.length >= 1)
  const [pid = 0] = pids()
  expect(isRunning(pid)).toBe(true)
  watched.sampling.stop()
  await expect.poll(() => isRunning(pid), { timeout: 20_000 }).toBe(false)
  const { length } = watched.samples
  watched.sampling.stop()
  expect(watched.samples).toHaveLength(length)
})

function pids(): number[] {
  const path = join(machine.folder, 'bin', 'nvidia-smi.runs')
  return readFileSync(path, 'utf8').trim().split('\n').map(Number)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
