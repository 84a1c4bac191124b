/** Tests of the test helpers. */
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { axeViolations } from './axe.ts'
import { launchBrowser } from './browser.ts'
import { startServer } from './server.ts'

const PAGE = `<!doctype html><html lang="en"><title>t</title>
<main><h1>h</h1><img id="no-alt" src="data:,"><p id="fine">p</p></main></html>`

let browser: Browser
let pages: Server

beforeAll(async () => {
  browser = await launchBrowser()
  pages = createServer((_request, response) => {
    // As strict as the policy of the dashboard.
    response.setHeader('Content-Security-Policy', "default-src 'self'; img-src data:")
    response.setHeader('Content-Type', 'text/html')
    response.end(PAGE)
  })
  await once(pages.listen(0, '127.0.0.1'), 'listening')
})

afterAll(async () => {
  await browser.close()
  pages.close()
})

describe('axeViolations', () => {
  it('reports the rule and the element, also under a strict Content-Security-Policy', async () => {
    const page = await browser.newPage()
    const { port } = pages.address() as AddressInfo
    await page.goto(`http://127.0.0.1:${port}/`)
    expect(await axeViolations(page)).toMatchObject([{ id: 'image-alt', targets: ['#no-alt'] }])
    expect(await axeViolations(page, '#fine')).toEqual([])
    await page.close()
  })
})

describe('startServer', () => {
  it('starts the built command and stops it', async () => {
    const server = await startServer()
    expect(server.port).toBeGreaterThan(0)
    expect((await fetch(`${server.url}/healthz`)).ok).toBe(true)
    await server.stop()
    expect(server.process.exitCode).toBe(0)
  })

  it('rejects with the output of a command that does not start', async () => {
    await expect(startServer({ args: ['--no-such-flag'] })).rejects.toThrow(/no-such-flag/)
  })
})
