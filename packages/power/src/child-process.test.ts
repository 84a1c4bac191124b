/** Signals in a process of its own: what goes wrong here would end whoever runs the tests. */
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

/** A process that reads power, in a group of its own: what signals the group stays in it. */
function start(name: string, code: string) {
  const script = join(machine.folder, `${name}.mjs`)
  writeFileSync(script, `import { samplePower } from './power.mjs'\n${code}`)
  const child = spawn(process.execPath, [script], {
    detached: true,
    env: machine.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  return { child, said: text(child.stdout), ended: once(child, 'exit') }
}

it.each(['linux', 'darwin'])(
  'on %s, a stop before its tools are there signals nobody',
  async (platform) => {
    const { said, ended } = start(
      platform,
      `const listener = { onSample() {}, onNote() {} }
      samplePower(listener, { platform: '${platform}' }).stop()
      console.log('goes on')`,
    )
    expect([await said, await ended]).toEqual(['goes on\n', [0, null]])
  },
)

it('nvidia-smi goes on when Ctrl+C is meant for the agent', async () => {
  machine.tool(
    'nvidia-smi',
    `setInterval(() => row({ timestamp: time(), index: 0, uuid: 'a', 'power.draw': '50' }), 50)`,
  )
  const { child, said, ended } = start(
    'agent',
    `let awaited = 1
    let isInterrupted = false
    const stayAlive = setInterval(() => {}, 1000)
    const notes = []
    const onSample = () => {
      if (--awaited !== 0) return
      if (!isInterrupted) return console.log('up')
      clearInterval(stayAlive)
      sampling.stop()
      console.log(notes)
    }
    const onNote = (text) => notes.push(text)
    const sampling = samplePower({ onSample, onNote }, { platform: 'linux' })
    process.on('SIGINT', () => {
      isInterrupted = true
      awaited = 3
    })`,
  )
  await once(child.stdout, 'data')
  process.kill(-child.pid!, 'SIGINT')
  expect([await said, await ended]).toEqual(['up\n[]\n', [0, null]])
})
