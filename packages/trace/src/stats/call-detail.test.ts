import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Metadata } from '../line/event.ts'
import { callDetail } from './call-detail.ts'
import { labelWithDetail } from './format.ts'

test.each<[Metadata, string | undefined]>([
  [{ tool: 'bash', arguments: { command: 'npm test' } }, 'npm test'],
  [{ tool: 'bash', command: 'npm test' }, 'npm test'],
  [{ tool: 'Read', arguments: { file_path: '/a/b/routes.ts', limit: 5 } }, 'routes.ts'],
  [{ tool: 'web_search', args: { query: 'joules per token' } }, '"joules per token"'],
  [{ tool: 'Grep', input: { pattern: 'a+', path: 'src/' } }, '"a+"'],
  [{ tool: 'LS', input: { path: 'src/' } }, 'src'],
  [{ tool: 'fetch', arguments: '{"url":"https://example.com/x"}' }, 'example.com/x'],
  [{ tool: 'shell', arguments: { command: ['bash', '-lc', 'ls -l\nrm x'] } }, 'ls -l'],
  [{ tool: 'shell', arguments: { command: ['git', 'status'] } }, 'git status'],
  [{ tool: 'Task', arguments: { description: 'find it', prompt: 'long' } }, 'find it'],
  [{ tool: 'x', arguments: { command: '  ' } }, undefined],
  [{ tool: 'x', arguments: '{"broken' }, undefined],
  [{ tool: 'x', description: 'of the tool' }, undefined],
  [
    { tool: 'curl', command: 'curl -H "Authorization: Bearer abcdefghijklmnop1234" x' },
    'curl -H "Authorization: [redacted]" x',
  ],
  [{ tool: 'env', command: 'API_KEY=secret123 run' }, 'API_KEY=[redacted] run'],
])('%j does %j', (metadata, detail) => {
  expect(callDetail('tool_call', metadata)).toEqual(detail)
})

test('other spans have no detail', () => {
  expect(callDetail('lm_inference', { command: 'ls' })).toBeUndefined()
})

test('a label has its detail once', () => {
  expect(labelWithDetail('Read', 'a.ts')).toBe('Read · a.ts')
  expect(labelWithDetail('ls', 'ls')).toBe('ls')
  expect(labelWithDetail('ls', undefined)).toBe('ls')
})

test('any arguments give a short text of one line, or none', () => {
  const key = fc.constantFrom('command', 'file_path', 'query', 'url', 'prompt', '__proto__')
  const args = fc.dictionary(key, fc.oneof(fc.string({ maxLength: 3000 }), fc.jsonValue()))
  fc.assert(
    fc.property(args, fc.boolean(), (given, isText) => {
      const plain = JSON.parse(JSON.stringify(given)) as Metadata
      const metadata = { arguments: isText ? JSON.stringify(plain) : plain }
      const detail = callDetail('tool_call', metadata) ?? 'none'
      expect(detail.length).toBeLessThanOrEqual(80)
      expect(detail).not.toMatch(/\n/)
    }),
  )
})
