// @vitest-environment node
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { request } from './request.ts'

async function served(listener: RequestListener, use: (url: URL) => Promise<void>): Promise<void> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    await use(new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

test('rejects when no response arrives', () =>
  served(
    () => undefined,
    (url) =>
      expect(request(url, {}, 50)).rejects.toThrow('The server has not answered for 0.05 s.'),
  ))

test('rejects the body when it stops in the middle', () =>
  served(
    (_, response) => void response.write('{"part":'),
    async (url) => {
      const response = await request(url, {}, 50)
      await expect(response.text()).rejects.toThrow('has not answered')
    },
  ))

test('keeps the status and the body of a response', () =>
  served(
    (_, response) => void response.writeHead(404, { 'x-kind': 'none' }).end('not here'),
    async (url) => {
      const response = await request(url)
      expect([response.status, response.ok, response.headers.get('x-kind')]).toEqual([
        404,
        false,
        'none',
      ])
      expect(await response.text()).toBe('not here')
    },
  ))

test('is aborted by the signal of its caller', () =>
  served(
    () => undefined,
    (url) =>
      expect(request(url, { signal: AbortSignal.abort(new Error('left')) })).rejects.toThrow(
        'left',
      ),
  ))
