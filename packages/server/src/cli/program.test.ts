import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { VERSION } from '../version.ts'
import { runCommand } from './testing/command.ts'

let dir: string

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'wattline-cli-'))
})

afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

describe('help', () => {
  test('shows examples and lists all commands', async () => {
    const { code, stdout, stderr } = await runCommand(['--help'])
    expect(code).toBe(0)
    expect(stderr).toBe('')
    expect(stdout).toMatch(/^Usage: wattline .*\n[\s\S]+Examples:\n {2}wattline [\s\S]+Options:\n/)
    for (const command of ['serve', 'open', 'spans', 'stats', 'energy', 'run', 'power', 'demo']) {
      expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'))
    }
    expect(stdout).not.toMatch(/^ {2}export /m)
    expect(stdout).toMatch(/default:\s+9288/)
  })

  test.each(['serve', 'open', 'spans', 'stats', 'energy', 'run', 'power', 'demo'])(
    'of %s has a description and examples',
    async (name) => {
      const { code, stdout } = await runCommand([name, '--help'])
      expect(code).toBe(0)
      expect(stdout).toMatch(
        new RegExp(
          `^Usage: wattline ${name} .*\\n\\n[A-Z][^]+?\\.\\n\\nExamples:\\n  .*wattline ${name}`,
        ),
      )
    },
  )

  test('help COMMAND prints the same as COMMAND --help, and rejects unknown commands', async () => {
    expect(await runCommand(['help', 'spans'])).toEqual(await runCommand(['spans', '--help']))
    expect(await runCommand(['help'])).toEqual(await runCommand(['--help']))
    expect((await runCommand(['help', '--help'])).code).toBe(0)
    const { code, stdout, stderr } = await runCommand(['help', 'spams'])
    const message = "wattline: There is no command 'spams'. Did you mean wattline spans?\n"
    expect([code, stdout, stderr]).toEqual([2, '', message])
  })

  test('fits the terminal', async () => {
    const { stdout } = await runCommand(['demo', '--help'], { columns: 70, env: { NO_COLOR: '1' } })
    const options = stdout.slice(stdout.indexOf('Options:')).split('\n')
    expect(Math.max(...options.map((line) => line.length))).toBeLessThanOrEqual(70)
  })

  test('has colors only on a terminal and not with NO_COLOR', async () => {
    const escape = '\u001B['
    expect((await runCommand(['--help'], { columns: 80 })).stdout).toContain(escape)
    expect((await runCommand(['--help'])).stdout).not.toContain(escape)
    const noColor = await runCommand(['--help'], { columns: 80, env: { NO_COLOR: '1' } })
    expect(noColor.stdout).not.toContain(escape)
  })
})

test('--version prints the version of the package', async () => {
  expect(await runCommand(['--version'])).toEqual({ code: 0, stdout: `${VERSION}\n`, stderr: '' })
})

describe('a wrong command line exits with 2 and one sentence', () => {
  test.each([
    [
      ['spns', 'run.jsonl'],
      "There is no command, file or folder 'spns'. Did you mean wattline spans?",
    ],
    [
      ['nonsense'],
      "There is no command, file or folder 'nonsense'. See wattline --help for the commands.",
    ],
    [['--prot', '1'], "Unknown option '--prot'. Did you mean --port?"],
    [['spans'], "Missing required argument 'FILE'. See wattline spans --help."],
    [['--port', '99999'], "--port expects a number from 0 to 65535, got '99999'."],
    [
      ['serve', '--max-disk', 'lots'],
      "--max-disk expects a size like 500MB or 20GB, at least 1MB, got 'lots'.",
    ],
    [['serve', '--keep', '0'], "--keep expects a number of runs, 1 or more, got '0'."],
    [
      ['serve', '--token', 'short'],
      'Expected a token of at least 16 characters from A-Z a-z 0-9 . _ ~ -.',
    ],
    [['demo', '--speed', '-1'], "--speed expects a number above 0, got '-1'."],
    [['demo', '--duration', 'soon'], "--duration expects a duration like 90s or 10m, got 'soon'."],
    [['-', '-'], 'stdin (-) can be read only once.'],
  ])('%j', async (argv, sentence) => {
    const { code, stdout, stderr } = await runCommand(argv, { cwd: dir })
    expect({ code, stdout, stderr }).toEqual({
      code: 2,
      stdout: '',
      stderr: `wattline: ${sentence}\n`,
    })
  })

  test('lists the choices of an option', async () => {
    const { code, stderr } = await runCommand(['spans', 'x', '--pairing', 'magic'])
    expect(code).toBe(2)
    expect(stderr).toMatch(
      /'--pairing <method>' argument 'magic' is invalid. Allowed choices are wattline, upstream\./,
    )
  })
})

describe('an unusable log exits with 1 and one sentence', () => {
  test.each([
    ['missing', 'nowhere.jsonl', 'Cannot read nowhere.jsonl: there is no such file or folder.'],
    ['empty', 'empty.jsonl', 'empty.jsonl is empty: there is no event in it.'],
    [
      'binary',
      'image.jsonl',
      'image.jsonl is a PNG image; a log is UTF-8 text with one JSON object per line.',
    ],
    ['a folder', '.', '. is a folder; name one log in it, such as ./run.jsonl.'],
    [
      'one JSON text without a line end',
      'list.json',
      "list.json is not a Wattline log (line 1: expected an object, got an array; jq -c '.[]' writes its items as lines).",
    ],
    [
      'UTF-16',
      'utf16.jsonl',
      'utf16.jsonl is UTF-16 text, which > writes in Windows PowerShell; a log is UTF-8 text with one JSON object per line.',
    ],
    [
      'prose',
      'prose.jsonl',
      expect.stringMatching(
        /^prose.jsonl is not a Wattline log: none of its 2 lines is an event \(line 1: .+\)\.$/,
      ),
    ],
    ['cut gzip', 'cut.jsonl.gz', 'Cannot unzip cut.jsonl.gz: unexpected end of file.'],
    ['only samples', 'power.jsonl', 'power.jsonl contains 1 telemetry sample but no event.'],
  ])('%s', async (_what, file, sentence) => {
    await writeFile(join(dir, 'empty.jsonl'), '')
    await writeFile(join(dir, 'image.jsonl'), Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 0, 1]))
    await writeFile(join(dir, 'utf16.jsonl'), '\ufeff{}\n', 'utf16le')
    await writeFile(join(dir, 'list.json'), '[{"event_type":"x","timestamp":1}]')
    await writeFile(join(dir, 'prose.jsonl'), 'Dear reader,\nthis is no log.\n')
    await writeFile(join(dir, 'cut.jsonl.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]))
    await writeFile(join(dir, 'power.jsonl'), '{"timestamp":1,"reading":{"power_watts":50}}\n')
    for (const command of ['spans', 'stats', 'energy']) {
      const { code, stdout, stderr } = await runCommand([command, file], { cwd: dir })
      expect({ command, code, stdout }).toEqual({ command, code: 1, stdout: '' })
      expect(stderr.replace(/^wattline: |\n$/g, '')).toEqual(sentence)
    }
  })

  test('also when the server is to show it', async () => {
    await writeFile(join(dir, 'zip.jsonl'), Buffer.from([0x50, 0x4b, 3, 4, 0]))
    const binary = await runCommand(['zip.jsonl', '--port', '0'], { cwd: dir })
    expect(binary.code).toBe(1)
    expect(binary.stderr).toBe(
      'wattline: zip.jsonl is a zip archive without an entry; unpack it and open the logs in it.\n',
    )
    await writeFile(join(dir, 'cut.jsonl.gz'), Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1]))
    const cut = await runCommand(['cut.jsonl.gz', '--port', '0'], { cwd: dir })
    expect(cut.code).toBe(1)
    expect(cut.stderr).toBe('wattline: Cannot unzip cut.jsonl.gz: unexpected end of file.\n')
    const missing = await runCommand(['./gone.jsonl', '--port', '0'], { cwd: dir })
    expect(missing.code).toBe(1)
    expect(missing.stderr).toBe(
      'wattline: Cannot open ./gone.jsonl: there is no such file or folder.\n',
    )
  })
})
