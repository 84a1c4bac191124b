/** The server behind proxies: other names, a sub-path, WebSockets, streams, and the reasons of refusals. */
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { EventRecorder } from '@wattline/recorder'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { launchBrowser } from './support/browser.ts'
import { waitForSpans, waitForState } from './support/dashboard.ts'
import {
  PROXY_NAME,
  proxyKinds,
  startProxy,
  type ProxyKind,
  type ProxySetting,
} from './support/proxy.ts'
import { startServer, type TestServer } from './support/server.ts'

const TOKEN = 'a-token-of-24-characters'
/** The flags with which a server accepts the pages of a proxy that sends the server's Host. */
const acceptPages = (proxyPort: number): string[] => [
  '--token',
  TOKEN,
  '--allow-origin',
  `http://127.0.0.1:${proxyPort}`,
]
const EVENT = '{"event_type":"tool_call_start","timestamp":1700000000,"metadata":{"span_id":"a"}}\n'

let browser: Browser
beforeAll(async () => {
  browser = await launchBrowser()
})
afterAll(() => browser.close())

async function newPage(): Promise<Page> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  return page
}

/** A server and the port of a proxy in front of it. */
async function start(
  kind: ProxyKind,
  setting: ProxySetting,
  argsFor: (proxyPort: number) => readonly string[],
): Promise<{ server: TestServer; port: number }> {
  // The server needs the proxy's port for its flags, so the port of the server is taken first.
  const first = await startServer()
  await first.stop()
  const proxy = await startProxy(kind, first.port, setting)
  onTestFinished(() => proxy.stop())
  const server = await startServer({ port: first.port, args: argsFor(proxy.port) })
  onTestFinished(() => server.stop())
  expect(server.port).toBe(first.port)
  return { server, port: proxy.port }
}

async function post(server: TestServer, run: string): Promise<void> {
  await fetch(`${server.url}/api/runs/${run}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}` },
    body: EVENT,
  })
}

describe.each(proxyKinds())('behind %s with the documented lines', (kind) => {
  it('the page works under another name and a path, with a live run recorded through it', async () => {
    const { server, port } = await start(kind, 'documented', () => [
      '--token',
      TOKEN,
      '--allow-host',
      PROXY_NAME,
    ])
    const base = `http://${PROXY_NAME}:${port}/wattline/`
    const page = await newPage()
    const elsewhere: string[] = []
    page.on('request', (asked) => {
      if (!/^(blob|data):/.test(asked.url()) && !asked.url().startsWith(base)) {
        elsewhere.push(asked.url())
      }
    })
    const url = `http://127.0.0.1:${port}/wattline`
    const recorder = new EventRecorder({ url, token: TOKEN, run: 'r', silent: true })
    const span = recorder.start('agent', { agent_name: 'planner' })
    expect(await recorder.flush()).toBe(true)
    await page.goto(`${base}?token=${TOKEN}#run=r`)
    await waitForState(page, 'live')
    await waitForSpans(page, 1)
    recorder.start('tool_call', { tool: 'grep' }).end()
    await waitForSpans(page, 2)
    span.end()
    await recorder.close()
    await waitForState(page, 'ended')
    expect(page.url()).toBe(`${base}#run=r`)
    expect(await page.context().cookies()).toMatchObject([{ path: '/wattline', httpOnly: true }])
    const renamed = await page.evaluate(async () => {
      const body = JSON.stringify({ name: 'renamed' })
      return (await fetch('api/runs/r', { method: 'PATCH', body })).status
    })
    expect([renamed, elsewhere]).toEqual([200, []])
    const headers = { authorization: `Bearer ${TOKEN}` }
    const opened = await fetch(`${url}/api/open`, { method: 'POST', headers, body: '{}' })
    expect(opened.status).toBe(403)
    expect(await opened.json()).toMatchObject({ error: expect.stringContaining('without a proxy') })
    expect(server.process.exitCode).toBeNull()
  })

  it('an endless post and a followed log are live', async () => {
    const { port } = await start(kind, 'documented', () => [])
    const url = `http://127.0.0.1:${port}/wattline/api/runs/r/events`
    const outgoing = request(url, { method: 'POST' })
    outgoing.on('error', () => undefined)
    outgoing.write(EVENT)
    const follow = async (): Promise<IncomingMessage> => {
      const [answer] = (await once(request(`${url}.jsonl?follow=1`).end(), 'response')) as [
        IncomingMessage,
      ]
      if (answer.statusCode === 200) return answer
      // The run begins with the first line.
      answer.resume()
      return await follow()
    }
    const log = await follow()
    let text = ''
    log.setEncoding('utf8').on('data', (part: string) => (text += part))
    const received = async (events: number) => {
      while (text.split(EVENT).length <= events) await once(log, 'data')
    }
    await received(1)
    outgoing.write(EVENT)
    await received(2)
    log.destroy()
    outgoing.destroy()
  })
})

describe.each(proxyKinds().filter((kind) => kind !== 'caddy'))('behind %s', (kind) => {
  const runPage = async (port: number) => {
    const page = await newPage()
    await page.goto(`http://127.0.0.1:${port}/wattline/?token=${TOKEN}#run=r`)
    return page
  }

  it('that sends the Host of the server, the page shows why it is refused', async () => {
    const { server, port } = await start(kind, 'rewritten', () => ['--token', TOKEN])
    await post(server, 'r')
    const page = await runPage(port)
    await page.getByText('expected a request from a page of this server').waitFor()
    await page.getByText(`--allow-origin http://127.0.0.1:${port}`).waitFor()
    await waitForState(page, 'error')
  })

  it('that sends the Host of the server, --allow-origin accepts the page', async () => {
    const { server, port } = await start(kind, 'rewritten', acceptPages)
    await post(server, 'r')
    const page = await runPage(port)
    await waitForSpans(page, 1)
    await waitForState(page, 'live')
  })

  it('that passes no WebSockets on, the page shows what the proxy has to do', async () => {
    const { server, port } = await start(kind, 'bare', acceptPages)
    await post(server, 'r')
    const page = await runPage(port)
    await page.getByText('its WebSockets do not get through').waitFor()
  })

  it('that passes a Host on which is not allowed, the answer names the flag', async () => {
    const { port } = await start(kind, 'documented', () => [])
    const page = await newPage()
    await page.goto(`http://${PROXY_NAME}:${port}/wattline/`)
    await page.getByText('--allow-host NAME').waitFor()
  })
})
