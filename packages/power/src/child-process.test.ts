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

it.each(['linux', 'darwin'])(
  'on %s, a stop before its tools are there signals nobody',
  async (platform) => {
    const script = join(machine.folder, `${platform}.mjs`)
    writeFileSync(
      script,
      `import { samplePower } from './power.mjs'
    const listener = { onSample() {}, onNote() {} }
    samplePower(listener, { platform: '${platform}' }).stop()
    console.log('goes on')`,
    )
    // A group of its own, so that a signal to the group stays in it.
    const child = spawn(process.execPath, [script], {
      detached: true,
      env: machine.env,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [said, end] = await Promise.all([text(child.stdout), once(child, 'exit')])
    expect([said, end]).toEqual(['goes on\n', [0, null]])
  },
)
