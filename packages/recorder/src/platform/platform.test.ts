import { describe, expect, test } from 'vitest'
import type { Channel, ChannelTarget, Connect } from '../sinks/channel/channel.ts'
import { openSocket, pageUrl } from './platform.ts'

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

test('openSocket combines the options with the environment and the defaults', () => {
  const targets: ChannelTarget[] = []
  const connect: Connect = (target) => {
    targets.push(target)
    return { bufferedBytes: 0, terminate: () => undefined } as Channel
  }
  const said: string[] = []
  const open = (url: string | undefined, token = 't') =>
    openSocket(
      {
        options: { name: 'main' },
        inherited: { run: 'r', url, token, parentId: undefined, traceId: undefined },
        nowS: () => 1,
        say: (message) => said.push(message),
      },
      { connect, newWriterId: () => 'w', announce: () => undefined },
    )
  const [sink] = open('http://host:1/base')
  expect(sink?.name).toBe('http://host:1/base')
  expect(targets).toEqual([{ url: 'ws://host:1/base/record?run=r&writer=w&name=main', token: 't' }])
  sink?.abandon()
  expect([open(undefined), open('nonsense')]).toEqual([[], []])
  expect(said).toEqual(['WATTLINE_URL: url must look like http://127.0.0.1:9288, got "nonsense"'])

  for (const token of ['tok…n', 'two words', 'line\nfeed', '\u0007', 'é']) {
    said.length = 0
    targets.length = 0
    for (const each of open('http://host:1', token)) each.abandon()
    expect(targets.map(({ token: sent }) => sent)).toEqual([undefined])
    expect(said).toEqual([expect.stringContaining('the token is not sent: expected visible ASCII')])
  }
})
