/** Tests signals in processes of their own, because a failure could end the test runner. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { build } from 'vite'
import { FakeMachine } from './testing/tools.ts'

const machine = new FakeMachine()
afterAll(() => machine.remove())

beforeAll(async () => {
  await build({
    configFile: false,
    publicDir: false,
    logLevel: 'error',
    build: {
      ssr: fileURLToPath(new URL('index.ts', import.meta.url)),
      target: 'node20',
      outDir: machine.folder,
      emptyOutDir: false,
      rollupOptions: { output: { entryFileNames: 'power.mjs' } },
    },
    ssr: { noExternal: [/^@wattline\//] },
  })
}, 60_000)

/** Starts a process that samples power, in a process group of its own. */
function start(name: string, code: string) {
  const script = join(machine.folder, `${name}.mjs`)
  writeFileSync(script, `import { samplePower } from './power.mjs'\n${code}`)
  const child = spawn(process.execPath, [script], {
    detached: true,
    env: machine.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, output: text(child.stdout), ended: once(child, 'exit') }
}

it.each(['linux', 'darwin'])(
  'on %s, stopping before the tools have started sends no signal',
  async (platform) => {
    const { output, ended } = start(
      platform,
      `const listener = { onSample() {}, onWarning() {} }
      samplePower(listener, { platform: '${platform}' }).stop()
      console.log('continues')`,
    )
    expect([await output, await ended]).toEqual(['continues\n', [0, null]])
  },
)

it('nvidia-smi keeps running when Ctrl+C interrupts the agent', async () => {
  machine.tool(
    'nvidia-smi',
    `setInterval(() => row({ timestamp: time(), index: 0, uuid: 'a', 'power.draw': '50' }), 50)`,
  )
  const { child, output, ended } = start(
    'agent',
    `let awaited = 1
    let isInterrupted = false
    const stayAlive = setInterval(() => {}, 1000)
    const warnings = []
    const onSample = () => {
      if (--awaited !== 0) return
      if (!isInterrupted) return console.log('up')
      clearInterval(stayAlive)
      sampling.stop()
      console.log(warnings)
    }
    const onWarning = (text) => warnings.push(text)
    const sampling = samplePower({ onSample, onWarning }, { platform: 'linux' })
    process.on('SIGINT', () => {
      isInterrupted = true
      awaited = 3
    })`,
  )
  await once(child.stdout, 'data')
  process.kill(-child.pid!, 'SIGINT')
  expect([await output, await ended]).toEqual(['up\n[]\n', [0, null]])
})
