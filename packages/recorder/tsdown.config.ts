import { defineConfig } from 'tsdown'
import { published } from '../../tsdown.base.ts'

export default defineConfig(published({ index: 'src/index.ts', browser: 'src/browser.ts' }))
