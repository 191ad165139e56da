/** Certificates made on the spot, so that no key needs to be kept: X.509 in as little DER as does. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

export interface Certificate {
  readonly cert: string
  readonly key: string
}

const der = (tag: number, ...parts: Uint8Array[]): Uint8Array => {
  const content = Buffer.concat(parts)
  const { length } = content
  const size =
    length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Uint8Array.from([tag, ...size]), content])
}

const sequence = (...parts: Uint8Array[]): Uint8Array => der(0x30, ...parts)
const oid = (...octets: number[]): Uint8Array => der(0x06, Uint8Array.from(octets))
const octets = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes)

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))

const commonName = (name: string): Uint8Array =>
  sequence(der(0x31, sequence(oid(0x55, 0x04, 0x03), der(0x0c, Buffer.from(name)))))

const utcTime = (date: Date): Uint8Array =>
  der(0x17, Buffer.from(`${date.toISOString().replace(/^20|[-:T]|\.\d+/g, '')}`))

/** A DNS name or an IPv4 address. */
const alternative = (name: string): Uint8Array =>
  /^[\d.]+$/.test(name)
    ? der(0x87, Uint8Array.from(name.split('.').map(Number)))
    : der(0x82, Buffer.from(name))

const extension = (id: Uint8Array, value: Uint8Array): Uint8Array => sequence(id, der(0x04, value))

export interface CertificateOptions {
  /** Host names and IPv4 addresses that it is for. */
  readonly names?: readonly string[]
  readonly signedBy?: Authority
  readonly until?: Date
}

export interface Authority extends Certificate {
  readonly name: string
  readonly privateKey: KeyObject
}

let serial = 1

/** Signed by itself unless an authority is given; without names it is an authority. */
export function makeCertificate(name: string, options: CertificateOptions = {}): Authority {
  const { names, signedBy, until = new Date('2049-01-01') } = options
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const about = names
    ? extension(oid(0x55, 0x1d, 0x11), sequence(...names.map(alternative)))
    : extension(oid(0x55, 0x1d, 0x13), sequence(der(0x01, octets(0xff))))
  const content = sequence(
    der(0xa0, der(0x02, octets(2))),
    der(0x02, octets(serial++)),
    ecdsaWithSha256,
    commonName(signedBy?.name ?? name),
    sequence(utcTime(new Date('2020-01-01')), utcTime(until)),
    commonName(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(about)),
  )
  const signature = sign('sha256', content, signedBy?.privateKey ?? privateKey)
  const whole = sequence(content, ecdsaWithSha256, der(0x03, octets(0), signature))
  const base64 = Buffer.from(whole)
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')
  return {
    ...{ name, privateKey },
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** An authority, and a certificate of its own for this machine. */
export function makeTrust(): { readonly ca: string; readonly server: Certificate } {
  const authority = makeCertificate('Test authority')
  const names = ['localhost', '127.0.0.1']
  return {
    ca: authority.cert,
    server: makeCertificate('localhost', { names, signedBy: authority }),
  }
}
