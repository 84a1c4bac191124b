import { existsSync } from 'node:fs'
import { defineConfig } from 'tsdown'
import { published } from '../../tsdown.base.ts'

const entry = ['src/index.ts', 'src/browser.ts']

export default defineConfig(published(entry.filter((file) => existsSync(file))))
