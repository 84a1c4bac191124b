import { defineConfig } from 'tsdown'
import { published } from '../../tsdown.base.ts'

export default defineConfig(async () => ({
  ...(await published({ index: 'src/index.ts', browser: 'src/browser.ts' })),
  // A span can be declared with `using`. A project whose `lib` is older needs the symbol of that.
  banner: { dts: '/// <reference lib="esnext.disposable" />' },
}))
