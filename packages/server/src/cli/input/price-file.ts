/** Reads `--prices`: `{"model": [input, output]}` in US dollars per million tokens. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type PriceTable, showHiddenInLine } from '@wattline/trace'
import { CliError, fileError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'

/** @throws {CliError} when the file cannot be read or is not a table of prices. */
export async function readPrices(file: string, io: CliIo): Promise<PriceTable> {
  let text: string
  try {
    text = await readFile(resolve(io.cwd, file), 'utf8')
  } catch (error) {
    throw fileError('read', file, error)
  }
  const table = parsed(text, file)
  for (const [model, price] of Object.entries(table)) {
    if (!isPrice(price)) {
      const got = showHiddenInLine(JSON.stringify(price))
      throw new CliError(
        `${file}: expected [input, output] for ${showHiddenInLine(model)}, got ${got}.`,
      )
    }
  }
  return table as PriceTable
}

function parsed(text: string, file: string): object {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new CliError(`${file} is not JSON; expected {"model": [input, output]}.`, {
      cause: error,
    })
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new CliError(`${file} is not a table of prices; expected {"model": [input, output]}.`)
}

function isPrice(price: unknown): boolean {
  return (
    Array.isArray(price) &&
    price.length === 2 &&
    price.every((usd) => typeof usd === 'number' && usd >= 0)
  )
}
