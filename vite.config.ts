import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'

/** Resolves workspace packages to their sources; outside the checkout their built files are used. */
const source = ['@wattline/source', 'node', 'development|production']
const fromSource = { resolve: { conditions: source }, ssr: { resolve: { conditions: source } } }

/** Waits of tests: long, because other programs may keep the machine busy. */
const patient = { testTimeout: 60_000, hookTimeout: 60_000, expect: { poll: { timeout: 20_000 } } }

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
          ...patient,
          name: 'scripts',
          root: at('scripts'),
          include: ['**/*.test.ts'],
        },
      },
      {
        test: {
          ...patient,
          name: 'trace',
          root: at('packages/trace'),
          include: ['src/**/*.test.ts'],
        },
      },
      {
        ...fromSource,
        test: {
          ...patient,
          name: 'formats',
          root: at('packages/formats'),
          include: ['src/**/*.test.ts'],
        },
      },
      {
        ...fromSource,
        test: {
          ...patient,
          name: 'power',
          root: at('packages/power'),
          include: ['src/**/*.test.ts'],
        },
      },
      {
        ...fromSource,
        test: {
          ...patient,
          name: 'recorder',
          root: at('packages/recorder'),
          include: ['src/**/*.test.ts'],
        },
      },
      {
        ...fromSource,
        test: {
          ...patient,
          name: 'server',
          root: at('packages/server'),
          include: ['src/**/*.test.ts'],
        },
      },
      {
        plugins: [react()],
        test: {
          ...patient,
          name: 'app',
          root: at('app'),
          include: ['src/**/*.test.{ts,tsx}'],
          environment: 'happy-dom',
          setupFiles: ['src/testing/setup.ts'],
        },
      },
      {
        ...fromSource,
        test: {
          ...patient,
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
