/**
 * How the published packages are built: ES modules for the oldest Node we support, with
 * `@wattline/trace` and `@wattline/power` inlined, their types included, so that nothing private is a dependency.
 */
import { fileURLToPath, pathToFileURL } from 'node:url'
import type { UserConfig } from 'tsdown'

const root = new URL('./', import.meta.url)

/**
 * The compiler's executable. TypeScript 7 has no programmatic API for declarations, so the
 * declaration plugin runs the native compiler over the whole tree (tsconfig.build.json: its
 * folder has to contain every package that is inlined) and bundles what it wrote.
 */
async function nativeCompiler(): Promise<string> {
  const module = new URL('node_modules/typescript/lib/getExePath.js', root)
  const { default: executablePath }: { default: () => string } = await import(
    pathToFileURL(fileURLToPath(module)).href
  )
  return executablePath()
}

/**
 * A package's build.
 *
 * @param entry its entry files, relative to the package
 */
export async function published(entry: readonly string[]): Promise<UserConfig> {
  return {
    entry: [...entry],
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    fixedExtension: false,
    logLevel: 'warn',
    deps: { alwaysBundle: [/^@wattline\//], onlyBundle: false },
    dts: {
      tsconfig: fileURLToPath(new URL('tsconfig.build.json', root)),
      tsgo: { path: await nativeCompiler() },
    },
  }
}
