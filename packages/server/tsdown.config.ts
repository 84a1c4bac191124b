import { defineConfig } from 'tsdown'
import { published } from '../../tsdown.base.ts'

export default defineConfig(published({ index: 'src/index.ts', cli: 'src/cli/cli.ts' }))
