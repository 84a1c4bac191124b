import { defineConfig } from 'tsdown'
import { published } from '../../tsdown.base.ts'

export default defineConfig(published(['src/index.ts', 'src/browser.ts']))
