/**
 * The AWS SDK asks Bedrock through `record`, which signs its requests anew; the service here checks
 * every signature with the SDK's own signer.
 */
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { signedForAws } from '../../src/sources/upstream-aws.ts'

const real = { accessKeyId: 'AKIAREALREALREALREAL', secretAccessKey: 'real/secret+key' }
const client = (endpoint: string, credentials: object): BedrockRuntimeClient =>
  new BedrockRuntimeClient({
    ...{ endpoint, region: 'eu-central-1', maxAttempts: 1 },
    credentials: { accessKeyId: 'none', secretAccessKey: 'none', ...credentials },
  })

interface Signer {
  sign(request: object, options: object): Promise<{ headers: Record<string, string> }>
}

/** What the SDK itself would have signed the same request with. */
async function oracle(request: http.IncomingMessage, body: string): Promise<string | undefined> {
  const { authorization = '', 'x-amz-date': date = '', ...headers } = request.headers
  const token = headers['x-amz-security-token']
  const [, region = ''] = /Credential=[^/]+\/\d+\/([^/]+)/.exec(authorization) ?? []
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(authorization) ?? []
  const sdk = client('http://127.0.0.1', { ...real, sessionToken: token })
  const makeSigner = sdk.config.signer as unknown as (scheme: object) => Promise<Signer>
  const signer = await makeSigner({
    ...{ schemeId: 'aws.auth#sigv4', name: 'sigv4', signingName: 'bedrock' },
    ...{ signingRegion: region, properties: {} },
  })
  sdk.destroy()
  const signed = names.split(';').flatMap((name) => {
    const value = headers[name]
    return /^(?:x-amz-date|x-amz-security-token)$/.test(name) || !value ? [] : [[name, value]]
  })
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://x')
  const time = `${String(date)}`.replace(/(....)(..)(..T..)(..)(..Z)/, '$1-$2-$3:$4:$5')
  const { headers: again } = await signer.sign(
    {
      ...{ method: request.method, protocol: 'http:', hostname: '127.0.0.1', path: pathname },
      ...{ headers: Object.fromEntries(signed), query: Object.fromEntries(searchParams), body },
    },
    { signingDate: new Date(time) },
  )
  return again['authorization']
}

let folder = ''
let service: http.Server
let fake: Double
const checked: { readonly sent: string | undefined; readonly right: string | undefined }[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'stuntdouble-'))
  checked.length = 0
  fake = await start({ scenarios: [{ rules: [{ reply: [{ text: ['Hello', ' there'] }] }] }] })
  service = http.createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', async () => {
      const body = Buffer.concat(parts).toString()
      checked.push({ sent: request.headers.authorization, right: await oracle(request, body) })
      const { host: _, ...headers } = request.headers
      const path = fake.url(request.url)
      const onward = http.request(path, { method: request.method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 0, answer.rawHeaders)
        answer.pipe(response)
      })
      onward.end(body)
    })
  })
  service.listen(0, '127.0.0.1')
  await once(service, 'listening')
})

afterEach(async () => {
  service.close()
  await fake.close()
  rmSync(folder, { recursive: true })
})

function serviceUrl(): string {
  const address = service.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
}

const modelId = 'anthropic.claude-3-haiku-20240307-v1:0'
const messages = [{ role: 'user' as const, content: [{ text: 'grüße' }] }]

describe('a Bedrock client behind record', () => {
  const recording = (aws: object): Promise<Double> =>
    start({ upstream: { url: serviceUrl(), aws: { ...real, ...aws } }, tapes: folder })

  it('is answered as if it had the real key, and the real key is not on tape', async () => {
    await using recorder = await recording({ sessionToken: 'session/token+1' })
    const sdk = client(recorder.url(), {})
    const { output } = await sdk.send(new ConverseCommand({ modelId, messages }))
    expect(output?.message?.content).toEqual([{ text: 'Hello there' }])
    const { stream } = await sdk.send(new ConverseStreamCommand({ modelId, messages }))
    const texts: unknown[] = []
    for await (const event of stream ?? []) {
      if (event.contentBlockDelta) texts.push(event.contentBlockDelta.delta?.text)
    }
    expect(texts).toEqual(['Hello', ' there'])
    sdk.destroy()
    await recorder.close()
    expect(checked).toHaveLength(2)
    for (const { sent, right } of checked) {
      expect(sent).toContain(`Credential=${real.accessKeyId}/`)
      expect(sent).toContain('/eu-central-1/bedrock/aws4_request')
      expect(sent).toContain('x-amz-security-token')
      expect(sent).toBe(right)
    }
    const files = readdirSync(folder).filter((name) => name.endsWith('.jsonl'))
    expect(files).toHaveLength(2)
    const tapes = files.map((name) => readFileSync(join(folder, name), 'utf8')).join('')
    expect(tapes).not.toMatch(/AKIAREAL|real\/secret|session\/token|Signature=/)
  })

  it('with a model whose name is a path, and a region of our own', async () => {
    await using recorder = await recording({ region: 'us-west-2' })
    const sdk = client(recorder.url(), { sessionToken: 'of the client' })
    const arn = 'arn:aws:bedrock:us-west-2:1:inference-profile/us.anthropic.claude-sonnet-4-v1:0'
    const body = JSON.stringify({
      ...{ anthropic_version: 'bedrock-2023-05-31', max_tokens: 9 },
      messages: [{ role: 'user', content: 'hello' }],
    })
    await sdk.send(new InvokeModelCommand({ modelId: arn, body }))
    sdk.destroy()
    expect(checked[0]?.sent).toContain('/us-west-2/bedrock/aws4_request')
    expect(checked[0]?.sent).not.toContain('x-amz-security-token')
    expect(checked[0]?.sent).toBe(checked[0]?.right)
  })
})

describe('a request to AWS', () => {
  const asked = {
    ...{
      method: 'POST',
      origin: 'https://bedrock-runtime.us-east-1.amazonaws.com',
      path: '/model/x',
    },
    body: Buffer.from('{}'),
  }
  const authorization =
    'AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/bedrock/aws4_request, SignedHeaders=host, Signature=0'

  it('that is signed cannot be relayed without credentials, and it is said what to do', () => {
    const headers = [['authorization', authorization]] as const
    expect(() => signedForAws({ ...asked, headers }, undefined, 0)).toThrow(
      /holds for the host that the client has called.*AWS_ACCESS_KEY_ID.*AWS_BEARER_TOKEN_BEDROCK/,
    )
  })

  it('is signed for the region of the host, not that of the client', () => {
    const headers = [['Authorization', authorization]] as const
    const signed = signedForAws({ ...asked, headers }, real, 0)
    const values = signed.headers.filter(([name]) => name.toLowerCase() === 'authorization')
    expect(values).toHaveLength(1)
    expect(values[0]?.[1]).toContain('/19700101/us-east-1/bedrock/aws4_request')
  })

  it.each([
    ['with an API key', [['authorization', 'Bearer bedrock-api-key']]],
    ['with no key at all', []],
  ] as const)('%s stays as it is', (_, headers) => {
    const request = { ...asked, headers }
    expect(signedForAws(request, real, 0)).toBe(request)
  })

  it('whose parts are signed one by one cannot be signed anew', () => {
    const headers = [
      ['authorization', authorization],
      ['x-amz-content-sha256', 'STREAMING-AWS4-HMAC-SHA256-EVENTS'],
    ] as const
    expect(() => signedForAws({ ...asked, headers }, real, 0)).toThrow(/signed by itself/)
  })
})
