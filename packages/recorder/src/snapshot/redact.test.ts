import type { JsonValue } from '@wattline/trace'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { redactSecrets, redactText, type Redact } from './redact.ts'

/** The metadata that is recorded for `metadata`. */
const redacted = (metadata: object, rule: Redact = redactSecrets, type = 'event'): unknown =>
  JSON.parse(redactText(JSON.stringify(metadata), rule, type))

describe('redactSecrets', () => {
  test.each([
    'password',
    'passwd',
    'db_password',
    'secret',
    'SECRET',
    'client_secret',
    'client-secret',
    'api_key',
    'apiKey',
    'apikey',
    'x-api-key',
    'OPENAI_API_KEY',
    'access_key',
    'private_key',
    'token',
    'access_token',
    'refresh_token',
    'id_token',
    'session_token',
    'bearer-token',
    'GITHUB_TOKEN',
    'Authorization',
    'proxy-authorization',
    'cookie',
    'set-cookie',
    'credential',
    'credentials',
  ])('replaces the value of %s', (key) => {
    expect(redacted({ [key]: 'hunter2' })).toEqual({ [key]: '[redacted]' })
    expect(redacted({ [key]: { inner: 'hunter2' } })).toEqual({ [key]: '[redacted]' })
  })

  test.each([
    ['input_tokens', 12],
    ['token_count', 3],
    ['max_tokens', 100],
    ['tokens', 5],
    ['tokenizer', 'bpe'],
    ['key', 'value'],
    ['keyboard', 'qwerty'],
    ['secretary', 'Ada'],
    ['passwordless', 'yes'],
    ['author', 'Grace'],
  ])('keeps the value of %s', (key, value) => {
    expect(redacted({ [key]: value })).toEqual({ [key]: value })
  })

  test('keeps flags and numbers under a secret key, which cannot be a secret', () => {
    expect(redacted({ token: true, password: null, secret: 7 })).toEqual({
      token: true,
      password: null,
      secret: 7,
    })
  })

  test.each([
    ['an OpenAI key', `sk-${'a1B2'.repeat(6)}`],
    ['an Anthropic key', `sk-ant-api03-${'x_Y-'.repeat(8)}`],
    ['a GitHub token', `ghp_${'a1'.repeat(15)}`],
    ['a fine-grained GitHub token', `github_pat_${'a1_'.repeat(10)}`],
    ['an AWS key id', 'AKIAIOSFODNN7EXAMPLE'],
    ['a temporary AWS key id', 'ASIAIOSFODNN7EXAMPLE'],
    ['a Google API key', `AIza${'a1-_'.repeat(9)}`],
    ['a Slack token', 'xoxb-123456789012-abcdef'],
    ['a Hugging Face token', `hf_${'aB3'.repeat(10)}`],
    ['a JSON Web Token', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN'],
    ['a bearer token', 'Bearer abc.def-ghi_jkl~123'],
    [
      'a private key',
      '-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nIBAAK\n-----END RSA PRIVATE KEY-----',
    ],
    ['a truncated private key', '-----BEGIN PRIVATE KEY-----\nMIIEow'],
  ])('replaces %s anywhere in a text', (_, secret) => {
    const written = redacted({ text: `before ${secret}`, list: [secret, [`(${secret}`]] })
    expect(JSON.stringify(written)).not.toContain(secret.slice(-6))
    expect(written).toMatchObject({
      text: 'before [redacted]',
      list: ['[redacted]', [expect.anything()]],
    })
  })

  test('replaces only the password of a URL', () => {
    expect(redacted({ url: 'postgres://me:hunter2@db.host:5432/app?x=1' })).toEqual({
      url: 'postgres://me:[redacted]@db.host:5432/app?x=1',
    })
    expect(redacted({ url: 'https://host:8080/a@b' })).toEqual({ url: 'https://host:8080/a@b' })
  })

  test('replaces every secret of a text', () => {
    const key = `sk-${'z'.repeat(20)}`
    expect(redacted({ text: `${key}, ${key} and AKIAIOSFODNN7EXAMPLE` })).toEqual({
      text: '[redacted], [redacted] and [redacted]',
    })
  })
})

describe('redactText', () => {
  test('calls the rule for every member, outer members first, with the event type', () => {
    const calls: [string, JsonValue, string][] = []
    const rule: Redact = (key, value, type) => {
      calls.push([key, value, type])
      return value
    }
    redacted({ a: { b: 1 }, c: [2, { d: 3 }] }, rule, 'tool_call_start')
    expect(calls).toEqual([
      ['a', { b: 1 }, 'tool_call_start'],
      ['b', 1, 'tool_call_start'],
      ['c', [2, { d: 3 }], 'tool_call_start'],
      ['c', 2, 'tool_call_start'],
      ['c', { d: 3 }, 'tool_call_start'],
      ['d', 3, 'tool_call_start'],
    ])
  })

  test('leaves members out for undefined, and writes null in arrays', () => {
    const rule: Redact = (key, value) => (key === 'drop' || value === 'drop' ? undefined : value)
    expect(redacted({ drop: 1, keep: ['drop', 2], inner: { drop: 3 } }, rule)).toEqual({
      keep: [null, 2],
      inner: {},
    })
  })

  test('redacts the members of a value that the rule has returned', () => {
    const rule: Redact = (key, value) =>
      key === 'wrap' ? { token: 'hunter2', left: 1 } : redactSecrets(key, value, '')
    expect(redacted({ wrap: 0 }, rule)).toEqual({ wrap: { token: '[redacted]', left: 1 } })
  })

  test('records only the reason when the rule throws', () => {
    const rule: Redact = () => {
      throw new Error('rule failed')
    }
    expect(redacted({ secret: 'hunter2' }, rule)).toEqual({ redact_failed: 'rule failed' })
  })

  test('keeps hostile keys as data', () => {
    const text = redactText(
      '{"__proto__":{"polluted":1},"constructor":2}',
      (_, value) => value,
      'e',
    )
    expect(text).toBe('{"__proto__":{"polluted":1},"constructor":2}')
    expect(Object.hasOwn({}, 'polluted')).toBe(false)
  })

  test('changes nothing with a rule that keeps everything', () => {
    const metadata = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(metadata, (data) => {
        const text = JSON.stringify(data)
        expect(JSON.parse(redactText(text, (_, value) => value, 'e'))).toEqual(JSON.parse(text))
      }),
    )
  })
})
