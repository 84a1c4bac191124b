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

/** The row of one GPU; `values` overrides cells. */
const ROW = `
const gpu = (index, values = {}) => row({
  timestamp: time(), index, uuid: 'GPU-' + index, 'power.draw': '61.50', 'utilization.gpu': '34',
  'utilization.memory': '12', 'memory.used': '512', 'memory.total': '81559', 'temperature.gpu': '41',
  ...values,
})
`
const EVERY = `const every = (fn) => setInterval(fn, Number(args[args.indexOf('-lms') + 1]))`

it('reports each GPU as a source', async () => {
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
  // Without instantaneous power, the mean is used.
  expect(watched.of('box/gpu1')[0]?.reading['power_watts']).toBe(61.5)
  expect(await watched.sampling.found).toBe(true)
  expect(watched.warnings).toEqual([])
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

it('omits values that are not available and warns about missing power', async () => {
  watch(`${ROW}${EVERY}
    every(() => gpu(0, { 'power.draw': '[N/A]', 'utilization.gpu': '[Not Supported]' }))`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.samples[0]?.reading).not.toHaveProperty('power_watts')
  expect(watched.samples[0]?.reading).not.toHaveProperty('gpu_compute_utilization_pct')
  expect(watched.samples[0]?.reading).toHaveProperty('temperature_celsius', 41)
  expect(watched.warnings).toEqual(['nvidia-smi reports no power for gpu0 ([N/A])'])
})

it('queries the mean if the driver does not support instantaneous power', async () => {
  watch(`${ROW}${EVERY}
    if (query.includes('power.draw.instant')) {
      console.log('Field "power.draw.instant" is not a valid field to query.')
      process.exit(2)
    }
    every(() => gpu(0))`)
  await watched.until(({ samples }) => samples.length >= 2)
  expect(watched.samples[0]?.reading['power_watts']).toBe(61.5)
  expect(watched.warnings).toEqual([])
})

it('restarts a tool that ended and warns once', async () => {
  watch(`${ROW}
    gpu(0, { 'power.draw': String(100 + run) })
    console.error('GPU has fallen off the bus')
    process.exitCode = 15`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.samples.map(({ reading }) => reading['power_watts'])).toEqual([100, 101, 102])
  expect(watched.warnings).toEqual([
    'nvidia-smi ended (GPU has fallen off the bus) and is started again',
  ])
})

it('keeps the names of GPUs when nvidia-smi renumbers them', async () => {
  watch(`${ROW}
    if (run === 0) gpu(0)
    gpu(run === 0 ? 1 : 0, { uuid: 'GPU-1' })`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.samples.map(({ source }) => source)).toEqual(['box/gpu0', 'box/gpu1', 'box/gpu1'])
})

it.each(['[N/A]', '[Not Supported]', '[Unknown Error]', 'N/A', '', '0', 'GPU-00000000-0000'])(
  'identifies GPUs with the UUID "%s" by their index',
  async (uuid) => {
    watch(`${ROW}${EVERY}
      const uuid = ${JSON.stringify(uuid)}
      every(() => { gpu(0, { uuid, 'power.draw': '100' }); gpu(1, { uuid, 'power.draw': '300' }) })`)
    await watched.until(({ samples }) => samples.length >= 4)
    expect(watched.sources).toEqual(['box/gpu0', 'box/gpu1'])
    const watts = (source: string) =>
      watched.of(source).map(({ reading }) => reading['power_watts'])
    expect(new Set(watts('box/gpu0'))).toEqual(new Set([100]))
    expect(new Set(watts('box/gpu1'))).toEqual(new Set([300]))
  },
)

it('skips other output, warns about the first line and counts the rest', async () => {
  watch(`${ROW}${EVERY}
    console.log('Unable to determine the device handle for GPU1: GPU is lost')
    every(() => { gpu(0); console.log('\\u0000, half a'); process.stdout.write('x'.repeat(99_999) + '\\n') })`)
  await watched.until(({ samples }) => samples.length >= 3)
  expect(watched.sources).toEqual(['box/gpu0'])
  expect(watched.warnings).toEqual([
    'nvidia-smi printed a line that is not a reading and is skipped: "Unable to determine the device handle for GPU1: GPU is lost"',
  ])
  watched.sampling.stop()
  expect(watched.warnings[1]).toMatch(/^nvidia-smi printed \d+ lines that are not readings$/)
})

it('waits for a tool that is slow to start', async () => {
  watch(`${ROW}${EVERY}
    setTimeout(() => every(() => gpu(0)), 700)`)
  await watched.until(({ samples }) => samples.length >= 2)
  expect(watched.warnings).toEqual([])
})

it('gives up if there is no GPU', async () => {
  watch(`console.log('No devices were found'); process.exitCode = 6`)
  expect(await watched.sampling.found).toBe(false)
  expect(watched.warnings).toEqual([
    'nvidia-smi finds no GPU',
    'no power meter found (tried nvidia-smi, rocm-smi, RAPL)',
  ])
})

it('gives up after three tries without a reading and reports the last output', async () => {
  watch(
    `console.log('NVIDIA-SMI has failed because it could not reach the driver'); process.exitCode = 9`,
  )
  expect(await watched.sampling.found).toBe(false)
  expect(watched.warnings[0]).toBe(
    'nvidia-smi gives no readings: NVIDIA-SMI has failed because it could not reach the driver',
  )
  expect(pids()).toHaveLength(3)
})

it('ends when sampling stops', async () => {
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
