import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

/** Resolves workspace packages to their sources; outside the checkout their built files are used. */
const source = ['@wattline/source', 'module', 'node', 'development|production']
const fromSource = { resolve: { conditions: source }, ssr: { resolve: { conditions: source } } }

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url))

export default defineConfig({
  root: at('app'),
  publicDir: at('public'),
  base: './',
  plugins: [react()],
  build: { outDir: at('packages/server/dashboard'), emptyOutDir: true, target: 'es2022' },
  worker: { format: 'es' },
  server: {
    proxy: {
      '/api': 'http://127.0.0.1:9288',
      '/watch': { target: 'ws://127.0.0.1:9288', ws: true },
    },
  },
  test: {
    projects: [
      {
        test: {
          name: 'scripts',
          root: at('scripts'),
          include: ['**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      { test: { name: 'trace', root: at('packages/trace'), include: ['src/**/*.test.ts'] } },
      {
        ...fromSource,
        test: {
          name: 'power',
          root: at('packages/power'),
          include: ['src/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'recorder',
          root: at('packages/recorder'),
          include: ['src/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'server',
          root: at('packages/server'),
          include: ['src/**/*.test.ts'],
          testTimeout: 30_000,
        },
      },
      {
        plugins: [react()],
        test: {
          name: 'app',
          root: at('app'),
          include: ['src/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
          testTimeout: 30_000,
        },
      },
      {
        ...fromSource,
        test: {
          name: 'e2e',
          root: at('e2e'),
          include: ['**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
