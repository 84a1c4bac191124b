import { describe, expect, test } from 'vitest'
import { DEFAULTS } from './options.ts'
import { pageUrl, socketOptions } from './platform.ts'

describe('pageUrl', () => {
  test.each([
    ['http://127.0.0.1:9288', 'http://127.0.0.1:9288/#run=a%20run'],
    ['ws://127.0.0.1:9288', 'http://127.0.0.1:9288/#run=a%20run'],
    ['wss://host/wattline', 'https://host/wattline#run=a%20run'],
    ['https://host/?x=1#y', 'https://host/#run=a%20run'],
  ])('of %s is %s', (server, page) => {
    expect(pageUrl(server, 'a run')).toBe(page)
  })

  test.each([[undefined], ['nonsense']])('is undefined for %s', (server) => {
    expect(pageUrl(server, 'r')).toBeUndefined()
  })
})

test('socketOptions combines the options with the environment and the defaults', () => {
  const nowS = () => 1
  const say = () => undefined
  const inherited = { run: 'r', url: 'u', token: 't', parentId: undefined, traceId: undefined }
  const setup = { options: { name: 'main' }, inherited, nowS, say }
  expect(socketOptions(setup, new URL('http://host:1/base'))).toEqual({
    serverUrl: 'http://host:1/base',
    run: 'r',
    name: 'main',
    token: 't',
    maxMemoryBytes: DEFAULTS.outboxBytes,
    nowS,
    warn: say,
  })
  const small = { ...setup, options: { outboxBytes: 70_000 } }
  expect(socketOptions(small, new URL('http://host'))).toMatchObject({ maxMemoryBytes: 70_000 })
})
