/** What holds for every upstream of a run that does not say otherwise itself. Pure. */
import { StuntdoubleError } from '../core/errors.ts'
import type { UpstreamSpec } from './upstream.ts'
import { type AwsCredentials, isAws } from './upstream-aws.ts'
import { type Environment, proxyFor } from './upstream-proxy.ts'
import { upstreamUrl } from './upstream-url.ts'

export interface UpstreamDefaults {
  /**
   * Of the process: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, and the credentials
   * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and `AWS_REGION`. None of it
   * counts unless given.
   */
  readonly environment?: Environment | undefined
  /** A proxy for all, loopbacks too, instead of the environment's; `none` for no proxy. */
  readonly proxy?: string | undefined
  readonly connectTimeoutMs?: number | undefined
  readonly headTimeoutMs?: number | undefined
  readonly idleTimeoutMs?: number | undefined
  /** Certificates in PEM that are trusted beside those that Node knows. */
  readonly ca?: string | undefined
  readonly insecure?: boolean | undefined
  readonly http1?: boolean | undefined
  /** Signs AWS requests to any host anew, and not only to those of AWS. */
  readonly awsRegion?: string | undefined
}

/** Throws a `usage` error where the environment makes no sense. */
export function withDefaults(spec: UpstreamSpec, defaults: UpstreamDefaults): UpstreamSpec {
  const { environment = {} } = defaults
  const url = upstreamUrl(spec.url)
  return {
    ...spec,
    proxy: spec.proxy ?? proxyOf(url, defaults, environment),
    connectTimeoutMs: spec.connectTimeoutMs ?? defaults.connectTimeoutMs,
    headTimeoutMs: spec.headTimeoutMs ?? defaults.headTimeoutMs,
    idleTimeoutMs: spec.idleTimeoutMs ?? defaults.idleTimeoutMs,
    ca: spec.ca ?? defaults.ca,
    insecure: spec.insecure ?? defaults.insecure,
    http1: spec.http1 ?? defaults.http1,
    aws: spec.aws ?? awsOf(url, defaults, environment),
  }
}

function proxyOf(
  url: URL,
  { proxy }: UpstreamDefaults,
  environment: Environment,
): string | undefined {
  if (proxy !== undefined) return proxy === 'none' ? undefined : proxy
  return proxyFor(url, environment)?.href
}

function awsOf(
  url: URL,
  { awsRegion }: UpstreamDefaults,
  environment: Environment,
): AwsCredentials | undefined {
  if (awsRegion === undefined && !isAws(url.hostname)) return undefined
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = environment
  if (!accessKeyId || !secretAccessKey) {
    if (awsRegion === undefined) return undefined
    const missing = accessKeyId ? 'AWS_SECRET_ACCESS_KEY' : 'AWS_ACCESS_KEY_ID'
    throw new StuntdoubleError(
      'usage',
      `--aws-region signs requests anew, for which ${missing} must be in the environment`,
    )
  }
  return {
    ...{ accessKeyId, secretAccessKey },
    sessionToken: environment['AWS_SESSION_TOKEN'] || undefined,
    region: awsRegion,
    fallbackRegion: environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION'] || undefined,
  }
}
