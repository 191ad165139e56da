/** TLS towards an upstream: whom it trusts, and in words what is wrong with a certificate. */
import { X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import {
  connect,
  createSecureContext,
  rootCertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { messageOf, StuntdoubleError } from '../core/errors.ts'

export interface Trust {
  /** Certificates in PEM that are trusted beside those that Node knows. */
  readonly ca?: string | undefined
  /** Any certificate will do. */
  readonly insecure?: boolean | undefined
}

export interface SecureOptions {
  readonly hostname: string
  /** What we are ready to speak, the preferred first. */
  readonly protocols: readonly string[]
  /** Those whose signature counts; what Node knows unless given. */
  readonly context?: SecureContext | undefined
  readonly insecure?: boolean | undefined
  /** Of an earlier connection, which makes this one quicker. */
  readonly session?: Buffer | undefined
  readonly onSession?: ((session: Buffer) => void) | undefined
}

/** Once for all connections: to read all of Node's certificates takes longer than a handshake. */
export const trusting = (ca: string | undefined): SecureContext =>
  createSecureContext(ca === undefined ? {} : { ca: [...rootCertificates, ca] })

/** Throws a `usage` error where there is no certificate in it. */
export function checkCertificates(pem: string): void {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []
  try {
    if (blocks.length === 0) throw new Error('it has no line -----BEGIN CERTIFICATE-----')
    for (const block of blocks) void new X509Certificate(block)
  } catch (error) {
    throw new StuntdoubleError(
      'usage',
      `the upstream's CA holds no certificate in PEM form: ${messageOf(error)}`,
      { cause: error },
    )
  }
}

/** Resolves when the handshake is over, and the certificate is one that is trusted. */
export function secure(socket: Socket | TLSSocket, options: SecureOptions): Promise<TLSSocket> {
  const { hostname, context, insecure, session } = options
  return new Promise((resolve, reject) => {
    const tls = connect({
      socket,
      host: hostname,
      ...(isIP(hostname) === 0 ? { servername: hostname } : {}),
      ALPNProtocols: [...options.protocols],
      rejectUnauthorized: insecure !== true,
      ...(context === undefined ? {} : { secureContext: context }),
      ...(session === undefined ? {} : { session }),
    })
    const failed = (error: Error): void => reject(explain(error, hostname))
    const closed = (): void => reject(new Error('the connection was closed during the handshake'))
    tls.once('error', failed)
    tls.once('close', closed)
    tls.on('close', () => socket.destroy())
    tls.on('session', (next: Buffer) => options.onSession?.(next))
    tls.once('secureConnect', () => {
      tls.off('error', failed)
      tls.off('close', closed)
      resolve(tls)
    })
  })
}

const trustIt =
  'name the certificate of who signed it with --upstream-ca FILE (or in NODE_EXTRA_CA_CERTS)'

const reasons: Readonly<Record<string, (hostname: string) => string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: () => `its certificate is signed by itself; ${trustIt}`,
  SELF_SIGNED_CERT_IN_CHAIN: () =>
    `its certificate is signed by an authority that is not known here; ${trustIt}`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: () =>
    `its certificate is signed by an authority that is not known here; ${trustIt}`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: () =>
    `its certificate is signed by an authority that is not known here; ${trustIt}`,
  CERT_HAS_EXPIRED: () => 'its certificate has expired; it needs a new one',
  CERT_NOT_YET_VALID: () => 'its certificate is not valid yet; is the clock of this machine right?',
  CERT_SIGNATURE_FAILURE: () => 'its certificate is not signed by whom it says',
  ERR_TLS_CERT_ALTNAME_INVALID: (hostname) =>
    `its certificate is for another host than ${hostname}; ask it by the name that it is for`,
}

/** What, where, and what would be right; the words of OpenSSL stay in it. */
function explain(error: Error, hostname: string): Error {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
  if (/wrong version number|packet length too long|http request/i.test(error.message)) {
    return new Error('it does not speak TLS; is it http:// rather than https://?', { cause: error })
  }
  const reason = reasons[code]
  return reason
    ? new Error(`${reason(hostname)} (${code}: ${error.message})`, { cause: error })
    : error
}
