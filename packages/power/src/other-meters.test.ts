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

const watts = () => watched.samples.map(({ source, reading }) => [source, reading['power_watts']])

it('rocm-smi: reads the power of every card, not its limit', async () => {
  machine.tool(
    'rocm-smi',
    `console.log('WARNING: AMD GPU device(s) is/are in a low-power state.')
    console.log(JSON.stringify({
      card0: { 'Max Graphics Package Power (W)': '300.0', 'Average Graphics Package Power (W)': '35.0',
        'GPU use (%)': '7', 'Temperature (Sensor edge) (C)': '36.0' },
      card1: { 'Current Socket Graphics Package Power (W)': '141.0' },
      card2: { 'Average Graphics Package Power (W)': 'N/A' },
      system: { 'Driver version': '6.7.0' },
    }))`,
  )
  watched = new Watched(machine)
  await watched.until(({ samples }) => samples.length >= 4)
  expect(watts().slice(0, 2)).toEqual([
    ['box/gpu0', 35],
    ['box/gpu1', 141],
  ])
  expect(watched.samples[0]?.reading).toEqual({
    power_watts: 35,
    gpu_compute_utilization_pct: 7,
    temperature_celsius: 36,
  })
})

it('rocm-smi: is tried again after a failure and given up if it never worked', async () => {
  machine.tool(
    'rocm-smi',
    `if (run === 1) throw new Error('no driver')
    console.log(JSON.stringify({ card0: { 'Average Graphics Package Power (W)': String(run) } }))`,
  )
  watched = new Watched(machine)
  await watched.until(({ samples }) => samples.length >= 2)
  expect(watts()).toEqual([
    ['box/gpu0', 0],
    ['box/gpu0', 2],
  ])
  expect(watched.warnings).toEqual(['rocm-smi failed and is tried again'])
  watched.sampling.stop()
  machine.tool('rocm-smi', `console.error('ERROR: no AMD GPU'); process.exitCode = 1`)
  watched = new Watched(machine)
  expect(await watched.sampling.found).toBe(false)
  expect(watched.warnings[0]).toBe('rocm-smi gives no readings: ERROR: no AMD GPU')
})

it('GPUs of two vendors in one machine are different sources', async () => {
  machine.tool(
    'nvidia-smi',
    `setInterval(() => row({ timestamp: time(), index: 0, uuid: 'a', 'power.draw': '50' }), 50)`,
  )
  machine.tool(
    'rocm-smi',
    `console.log(JSON.stringify({ card0: { 'Average Graphics Package Power (W)': '35' } }))`,
  )
  watched = new Watched(machine)
  await watched.until(({ sources }) => sources.length === 2)
  const [first, second] = watched.sources
  expect(first).toBe('box/gpu0')
  expect(second).toMatch(/^box\/gpu0-(nvidia|rocm)-smi$/)
})

const REPORT = `
  console.log('*** Sampled system activity (Thu Nov 14 10:00:00 2024 +0100) (103.52ms elapsed) ***')
  console.log('')
  console.log('**** Processor usage ****')
  console.log('CPU Power: 1530 mW')
  console.log('GPU Power: 12 mW')
  console.log('ANE Power: 0 mW')
  console.log('Combined Power (CPU + GPU + ANE): 1542 mW')
  console.log('Intel energy model derived package power (CPUs+GT+SA): 2.44W')
`

it('powermetrics: reads values in mW and in W', async () => {
  machine.tool('powermetrics', REPORT)
  machine.tool('sudo', `if (args.join(' ').startsWith('-n powermetrics --samplers')) {${REPORT}}`)
  watched = new Watched(machine, { platform: 'darwin' })
  await watched.until(({ samples }) => samples.length >= 4)
  expect(watts().slice(0, 4)).toEqual([
    ['box/cpu0', 1.53],
    ['box/gpu0', 0.012],
    ['box/ane', 0],
    ['box/cpu0', 2.44],
  ])
})

it.each([
  ['sudo', 'sudo: a password is required'],
  ['powermetrics', 'powermetrics must be invoked as the superuser'],
])('powermetrics: without permission (%s) warns with instructions', async (_, words) => {
  for (const tool of ['sudo', 'powermetrics']) {
    machine.tool(tool, `console.error(${JSON.stringify(words)}); process.exitCode = 1`)
  }
  watched = new Watched(machine, { platform: 'darwin' })
  expect(await watched.sampling.found).toBe(false)
  expect(watched.warnings).toEqual([
    'powermetrics needs root; run as root, or run first: sudo -v',
    'no power meter found (tried powermetrics)',
  ])
})

it('warns once if there is no meter', async () => {
  watched = new Watched(machine)
  expect(await watched.sampling.found).toBe(false)
  expect(watched.warnings).toEqual(['no power meter found (tried nvidia-smi, rocm-smi, RAPL)'])
})
