/** How live services are reached, from options and environment. */
import { readFileSync } from 'node:fs'
import process from 'node:process'
import { parseDuration } from '../core/duration.ts'
import { messageOf, StuntdoubleError } from '../core/errors.ts'
import type { UpstreamDefaults } from '../sources/upstreams.ts'

export interface ReachingOptions {
  readonly proxy?: string
  readonly upstreamCa?: string
  readonly insecureUpstream?: boolean
  readonly upstreamHttp1?: boolean
  readonly connectTimeout?: string
  readonly headTimeout?: string
  readonly idleTimeout?: string
  readonly awsRegion?: string
}

/** Throws a `usage` error where an option makes no sense. */
export function reaching(options: ReachingOptions): UpstreamDefaults {
  if (options.insecureUpstream) {
    process.stderr.write(
      'stuntdouble: WARNING: --insecure-upstream takes any certificate: whoever stands between can read and change everything, keys too\n',
    )
  }
  return {
    environment: process.env,
    proxy: options.proxy,
    ca: options.upstreamCa === undefined ? undefined : readCertificates(options.upstreamCa),
    insecure: options.insecureUpstream,
    http1: options.upstreamHttp1,
    connectTimeoutMs: duration('--connect-timeout', options.connectTimeout),
    headTimeoutMs: duration('--head-timeout', options.headTimeout),
    idleTimeoutMs: duration('--idle-timeout', options.idleTimeout),
    awsRegion: options.awsRegion,
  }
}

function readCertificates(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new StuntdoubleError('usage', `--upstream-ca ${file}: ${messageOf(error)}`)
  }
}

function duration(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const ms = parseDuration(text)
  if (ms !== undefined && ms > 0) return ms
  const message = `${option} must be a time such as 500ms, 30s or 2m, not ${text}`
  throw new StuntdoubleError('usage', message)
}
