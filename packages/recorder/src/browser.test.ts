import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { EventRecorder } from './browser.ts'
import * as node from './index.ts'
import { BrowserSocket } from './testing/browser-socket.ts'
import { RecordPeer } from './testing/record-peer.ts'

const folder = mkdtempSync(join(tmpdir(), 'wattline-browser-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('the browser’s entry', () => {
  it('imports no module of Node', async () => {
    await build({
      configFile: false,
      publicDir: false,
      logLevel: 'error',
      build: {
        lib: { entry: fileURLToPath(new URL('browser.ts', import.meta.url)), formats: ['es'] },
        outDir: folder,
        minify: false,
      },
    })
    const code = readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('')
    expect(code).toContain('EventRecorder = class')
    expect(code).not.toMatch(/(from|import|require)\W*['"]node:|__vite-browser-external/)
  }, 60_000)

  it('has the same exports as Node’s entry', async () => {
    expect(Object.keys(await import('./browser.ts')).sort()).toEqual(Object.keys(node).sort())
  })

  it('nests the spans of synchronous code', () => {
    const recorder = new EventRecorder()
    recorder.span('turn', (turn) => {
      recorder.span('tool_call', (tool) => expect(tool.parentId).toBe(turn.id))
    })
    expect(recorder.start('turn').parentId).toBeUndefined()
    expect(recorder.length).toBe(5)
  })

  it('leaves a span at its first await, and when it throws', async () => {
    const recorder = new EventRecorder()
    await recorder.span('turn', async (turn) => {
      expect(recorder.start('before').parentId).toBe(turn.id)
      await Promise.resolve()
      expect(recorder.start('after').parentId).toBeUndefined()
      expect(recorder.start('explicit', { parent_id: turn.id }).parentId).toBe(turn.id)
    })
    expect(() =>
      recorder.span('turn', () => {
        throw new Error('failed')
      }),
    ).toThrow('failed')
    expect(recorder.start('next').parentId).toBeUndefined()
  })

  it('rejects the options that need Node', () => {
    expect(() => new EventRecorder({ file: 'run.jsonl' })).toThrow(/file needs Node/)
    expect(() => new EventRecorder({ power: true })).toThrow(/power needs Node/)
  })

  it('ignores the variables of a process', () => {
    vi.stubEnv('WATTLINE_RUN', 'from-the-process')
    expect(new EventRecorder().run).not.toBe('from-the-process')
    vi.unstubAllEnvs()
  })
})

describe('a page that records to a server', () => {
  let peer: RecordPeer
  let page: EventTarget
  let printed: string[]
  beforeEach(async () => {
    peer = new RecordPeer()
    await peer.listen()
    page = new EventTarget()
    printed = []
    vi.stubGlobal('WebSocket', BrowserSocket)
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page))
    vi.stubGlobal('removeEventListener', page.removeEventListener.bind(page))
    vi.spyOn(console, 'info').mockImplementation((message: string) => void printed.push(message))
    vi.spyOn(console, 'warn').mockImplementation((message: string) => void printed.push(message))
  })
  afterEach(async () => {
    vi.unstubAllGlobals()
    vi.restoreAllMocks()
    await peer.kill()
  })

  const numbers = () => peer.events('r').map(({ metadata }) => metadata['i'])

  it('delivers its events, prints the run’s URL once, and ends its writer', async () => {
    const recorder = new EventRecorder({ url: peer.url, run: 'r', name: 'page', token: 's3cret' })
    for (let i = 0; i < 1_000; i++) recorder.record('n', { i })
    const { sinks } = await recorder.close()
    expect(sinks).toMatchObject([{ delivered: 1_000, dropped: 0, undelivered: 0 }])
    expect(numbers()).toEqual(Array.from({ length: 1_000 }, (_, i) => i))
    expect(peer.writers('r')).toMatchObject([{ name: 'page', ended: true, lost: 0 }])
    expect(printed).toEqual([`Wattline: ${peer.url}/#run=r`])
  })

  it('prints no URL when it is silent', async () => {
    const recorder = new EventRecorder({ url: peer.url, run: 'r', silent: true })
    recorder.record('n', { i: 0 })
    await recorder.close()
    expect(printed).toEqual([])
  })

  it('drops its oldest events when memory is full, and reports the count in the log', async () => {
    await peer.kill()
    const recorder = new EventRecorder({ url: peer.url, run: 'r', outboxBytes: 65_536 })
    for (let i = 0; i < 20_000; i++) recorder.record('n', { i })
    await peer.listen()
    expect(await recorder.flush(20_000)).toBe(true)
    const [first, second] = peer.events('r')
    expect(first?.event_type).toBe('recorder_dropped')
    expect(second?.metadata['i']).toBe(first?.metadata['count'])
    await recorder.close()
  })

  it('sends the last events when the user leaves the page', async () => {
    const recorder = new EventRecorder({ url: peer.url, run: 'r' })
    recorder.record('n', { i: 0 })
    await recorder.flush()
    recorder.record('n', { i: 1 })
    page.dispatchEvent(new Event('pagehide'))
    await peer.until(() => peer.writers('r')[0]?.ended === true)
    expect(numbers()).toEqual([0, 1])
    await recorder.close()
  })

  it('sends the last events of a page that is kept for the back button, without its timers', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    const recorder = new EventRecorder({ url: peer.url, run: 'r' })
    recorder.record('n', { i: 0 })
    await recorder.flush()
    recorder.record('n', { i: 1 })
    page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }))
    await peer.until(() => numbers().length === 2)
    vi.useRealTimers()
    expect(peer.writers('r')).toMatchObject([{ ended: false }])
    await recorder.close()
  })

  it('keeps recording in a page that is kept for the back button', async () => {
    const recorder = new EventRecorder({ url: peer.url, run: 'r' })
    recorder.record('n', { i: 0 })
    await recorder.flush()
    page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted: true }))
    recorder.record('n', { i: 1 })
    await recorder.flush()
    expect(numbers()).toEqual([0, 1])
    expect(peer.writers('r')).toMatchObject([{ ended: false }])
    await recorder.close()
  })

  it('reports lost events when the server is away at close()', async () => {
    await peer.kill()
    const recorder = new EventRecorder({ url: peer.url, run: 'r', closeTimeoutMs: 10 })
    recorder.record('n', { i: 0 })
    const { sinks } = await recorder.close()
    expect(sinks).toMatchObject([{ delivered: 0, undelivered: 1 }])
    expect(printed.at(-1)).toBe(
      `Wattline: 1 events were not acknowledged by ${peer.url}/; they are lost`,
    )
  })
})
