/** Reads `--prices`: `{"model": [input, output]}` in US dollars per million tokens. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type PriceTable, showHiddenInLine } from '@wattline/trace'
import { CliError, orFileError } from '../base/errors.ts'
import type { CliIo } from '../base/io.ts'

/** @throws {CliError} when the file cannot be read or is not a table of prices. */
export async function readPrices(file: string, io: CliIo): Promise<PriceTable> {
  const text = await orFileError('read', file, readFile(resolve(io.cwd, file), 'utf8'))
  const expected = 'expected {"model": [input, output]}'
  let table: unknown
  try {
    table = JSON.parse(text)
  } catch (error) {
    throw new CliError(`${file} is not JSON; ${expected}.`, { cause: error })
  }
  if (typeof table !== 'object' || table === null || Array.isArray(table)) {
    throw new CliError(`${file} is not a table of prices; ${expected}.`)
  }
  for (const [model, price] of Object.entries(table)) {
    if (isPrice(price)) continue
    const got = showHiddenInLine(JSON.stringify(price))
    throw new CliError(
      `${file}: expected [input, output] for ${showHiddenInLine(model)}, got ${got}.`,
    )
  }
  return table as PriceTable
}

function isPrice(price: unknown): boolean {
  return (
    Array.isArray(price) &&
    price.length === 2 &&
    price.every((usd) => typeof usd === 'number' && usd >= 0)
  )
}
