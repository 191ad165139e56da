import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Headers } from '../../src/core/http.ts'
import { Redactor, redactRequest } from '../../src/recording/redact/redact.ts'

const key = 'sk-proj-Ab3dEf6hIj9kLmN0pQrStUvWxYz_1234567890-abcdef'

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8')
const text = (chunk: Uint8Array): string => Buffer.from(chunk).toString('utf8')

const request = (headers: Headers, body = '{}', url = '/v1/chat') =>
  redactRequest({ url, headers, body: bytes(body) })

/** What is kept of a body that arrives in these chunks. */
function kept(redactor: Redactor, chunks: readonly Uint8Array[]): Uint8Array[] {
  const push = redactor.chunks()
  const steps = chunks.map((chunk, atMs) => ({ atMs, do: 'write', bytes: chunk }) as const)
  return [...steps.flatMap((step) => push.push(step)), ...push.end()].map((step) => step.bytes)
}

const cutAt = (whole: Uint8Array, places: readonly number[]): Uint8Array[] => {
  const sorted = [0, ...[...places].sort((a, b) => a - b), whole.length]
  return sorted.slice(1).map((to, i) => whole.subarray(sorted[i], to))
}

describe('secrets by their looks', () => {
  const shapes: readonly (readonly [string, string])[] = [
    ['an OpenAI key', key],
    ['an old OpenAI key', 'sk-T3stT3stT3stT3stT3stT3stT3stT3stT3stT3stT3stT3st'],
    ['a key as a vendor masks it', 'sk-abcde***********************wxyz'],
    ['an Anthropic key', 'sk-ant-api03-0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT-AA'],
    ['a Google key', 'AIzaSyA1234567890abcdefghijklmnopqrstuv'],
    ['a Groq key', 'gsk_abcdefghijklmnopqrstuvwxyz0123456789'],
    ['an xAI key', 'xai-0123456789abcdefghijklmnop'],
    ['a Hugging Face token', 'hf_AbCdEfGhIjKlMnOpQrStUvWx'],
    ['an AWS key', 'AKIAIOSFODNN7EXAMPLE'],
    ['a GitHub token', 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'],
    ['a JWT', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P'],
  ]
  const places: readonly (readonly [string, string])[] = [
    ['', ''],
    ['{"error":{"message":"Incorrect API key provided: ', '. See the docs"}}'],
    ['data: {"text":"use\\n', '\\nnow"}\n\n'],
    ['https://example.com/?x=%20', '&y=1'],
    ['key=', ';'],
  ]

  for (const [name, secret] of shapes) {
    test(`${name} is replaced by as many bytes, wherever it stands`, () => {
      for (const [before, after] of places) {
        const hidden = new Redactor([]).text(before + secret + after)
        expect(hidden).not.toContain(secret.slice(4))
        expect(hidden.length).toBe(before.length + secret.length + after.length)
        expect(hidden.startsWith(before)).toBe(true)
        expect(hidden.endsWith(after)).toBe(true)
      }
    })
  }

  test.each([
    '/ABSK',
    'Bearer 1',
    'Basic ',
    'API_KEY=1',
    '?token=1',
    'eyJ',
    '-----BEGIN PRIVATE KEY-----\n',
  ])('megabytes of letters behind %s, as an image has them, are read', (before) => {
    const image = `"${before}${'a1b2'.repeat(4_000_000)}"`
    expect(new Redactor([]).text(image)).toHaveLength(image.length)
  })

  test('a bearer token is hidden, and prose about bearer tokens is not', () => {
    const redactor = new Redactor([])
    expect(redactor.text('Authorization: Bearer abc.DEF-123_456==')).toMatch(/Bearer REDACTEDx+$/)
    const prose = 'Bearer authentication is needed. Bearer realm="x". task-2024-report-of-the-team'
    expect(redactor.text(prose)).toBe(prose)
  })

  test('a token that a service hands out is hidden, and the word token is not', () => {
    const body = '{"access_token":"0a1b2c3d4e","token":"Hello","max_tokens":12}'
    const hidden = new Redactor([]).text(body)
    expect(hidden).toBe('{"access_token":"REDACTEDxx","token":"Hello","max_tokens":12}')
  })

  test.each([
    ['{"access_token":"abcd\\/efghijklmnop"}', '{"access_token":"REDACTEDxxxxxxxxxx"}'],
    ['{"id_token":"ab\\u002fcdefghijkl"}', '{"id_token":"REDACTEDxxxxxxxxxx"}'],
    [
      '{"a":"{\\"api_key\\":\\"abcdefghijkl\\",\\"b\\":\\"kept\\"}"}',
      '{"a":"{\\"api_key\\":\\"REDACTEDxxxx\\",\\"b\\":\\"kept\\"}"}',
    ],
  ])('a token with escapes is hidden whole, and nothing after it: %s', (body, hidden) => {
    expect(new Redactor([]).text(body)).toBe(hidden)
  })

  test('the same secret has the same placeholder everywhere, another secret another', () => {
    const redactor = new Redactor([])
    const first = redactor.text(key)
    expect(new Redactor([key]).text(key)).toBe(first)
    expect(redactor.text(key.replace('1', '2'))).not.toBe(first)
    expect(first).toMatch(/^REDACTED-[0-9a-f]{8}-x+$/)
  })
})

describe('secrets that a request carries', () => {
  const cases: readonly (readonly [string, Headers, string])[] = [
    ['Bearer', [['Authorization', 'Bearer my-own-gateway-token']], 'my-own-gateway-token'],
    ['x-api-key', [['x-api-key', 'plainsecret99']], 'plainsecret99'],
    ['api-key', [['api-key', '0123456789abcdef']], '0123456789abcdef'],
    ['x-goog-api-key', [['X-Goog-Api-Key', 'googlesecret']], 'googlesecret'],
    ['x-auth-token', [['x-auth-token', 'authsecret!']], 'authsecret!'],
    ['cookie', [['cookie', 'a=1; session=deadbeefcafe']], 'deadbeefcafe'],
    [
      'Basic, its password',
      [['authorization', `Basic ${btoa('joe:hunter2 "x"/')}`]],
      'hunter2 "x"/',
    ],
    ['Basic, both parts', [['authorization', `Basic ${btoa('joe:hunter2')}`]], 'joe:hunter2'],
    ['Basic, as sent', [['authorization', `Basic ${btoa('joe:hunter2')}`]], btoa('joe:hunter2')],
    ['proxy', [['proxy-authorization', `Basic ${btoa('u:proxypass')}`]], 'proxypass'],
    [
      'not ASCII',
      [['authorization', `Basic ${Buffer.from('u:pässwörd').toString('base64')}`]],
      'pässwörd',
    ],
  ]
  const written: readonly (readonly [string, (secret: string) => string])[] = [
    ['as it is', (secret) => secret],
    ['in JSON', (secret) => JSON.stringify({ echo: secret })],
    ['in JSON within JSON', (secret) => JSON.stringify({ echo: JSON.stringify({ secret }) })],
    ['in JSON with escaped slashes', (s) => JSON.stringify(s).replaceAll('/', '\\/')],
    ['in a URL', (secret) => `https://x/?q=${encodeURIComponent(secret)}&z=1`],
    ['in a form', (secret) => new URLSearchParams({ q: secret }).toString()],
  ]
  for (const [name, headers, secret] of cases) {
    for (const [how, write] of written) {
      test(`${name} is hidden ${how}, in as many bytes, at every split`, () => {
        const { redactor, headers: keptHeaders } = request(headers)
        expect(JSON.stringify(keptHeaders)).not.toContain(secret)
        const echo = bytes(`data: ${write(secret)}\n\n`)
        const whole = text(redactor.bytes(echo))
        expect(Buffer.byteLength(whole)).toBe(echo.length)
        expect(whole).toMatch(/REDACTED|x{6}/)
        expect(whole).not.toContain(secret)
        expect(whole).not.toContain(encodeURIComponent(secret))
        expect(whole).not.toContain(JSON.stringify(secret).slice(1, -1))
        for (let at = 0; at <= echo.length; at++) {
          const chunks = kept(redactor, cutAt(echo, [at]))
          expect(chunks.map((chunk) => chunk.length)).toEqual([at, echo.length - at])
          expect(text(Buffer.concat(chunks))).toBe(whole)
        }
      })
    }
  }

  test('words that only look like a key are left alone', () => {
    for (const value of ['none', 'ollama', 'lm-studio', 'x']) {
      const { redactor } = request([['authorization', `Bearer ${value}`]])
      expect(redactor.text(`the model ${value} says none`)).toBe(`the model ${value} says none`)
    }
  })

  test('secret fields of a JSON body are hidden at any depth, all else stays byte for byte', () => {
    const body = [
      '{ "model" : "m", "api_key":"abc" , "max_tokens": 5,',
      ' "auth": {"Access-Token" : "tok\\"en-12345678"},"note":"token",',
      ' "arguments":"{\\"password\\":\\"hunter22\\",\\"n\\":1}", "token": 7, "secret":"end\\\\" }',
    ].join('\n')
    const hidden = text(request([], body).body)
    expect(hidden).toBe(
      [
        '{ "model" : "m", "api_key":"xxx" , "max_tokens": 5,',
        ' "auth": {"Access-Token" : "REDACTEDxxxxxxxx"},"note":"token",',
        ' "arguments":"{\\"password\\":\\"REDACTED\\",\\"n\\":1}", "token": 7, "secret":"xxxxx" }',
      ].join('\n'),
    )
  })

  test('a secret field is hunted in the answer as well', () => {
    const { redactor } = request([], '{"api_key":"my-own-secret"}')
    expect(redactor.text('no such key: my-own-secret')).toBe('no such key: REDACTEDxxxxx')
  })

  test('secret parameters of the query are hidden, others are not', () => {
    const { url, redactor } = request([], '', '/v1/x?key=abc%2Fdef%2Fghi&alt=sse&sig=s1&api_key=')
    expect(url).toBe('/v1/x?key=REDACTEDxxxxxxx&alt=sse&sig=xx&api_key=')
    expect(redactor.text('bad key abc/def/ghi')).toBe('bad key REDACTEDxxx')
  })

  test('a form is masked by its names', () => {
    const form: Headers = [['content-type', 'application/x-www-form-urlencoded']]
    expect(text(request(form, 'a=1&client_secret=12345678').body)).toBe(
      'a=1&client_secret=REDACTED',
    )
  })

  test('only headers that mean something are kept, and none twice as secret', () => {
    const { headers } = request([
      ['Content-Type', 'application/json'],
      ['Authorization', 'Bearer abcdefgh'],
      ['Cookie', 'a=b'],
      ['Set-Cookie', 'a=b'],
      ['User-Agent', 'me'],
      ['anthropic-version', '2023-06-01'],
      ['x-stuntdouble-session', 's'],
      ['Date', 'now'],
      ['Location', '/next?token=abcdefgh&page=2'],
    ])
    expect(headers).toEqual([
      ['Content-Type', 'application/json'],
      ['anthropic-version', '2023-06-01'],
      ['Location', '/next?token=REDACTED&page=2'],
    ])
  })
})

describe('chunks', () => {
  const body = `data: {"a":"${key}"}\n\ndata: {"é":"AIzaSyA1234567890abcdefghijklmnopqrstuv s"}\n\nsk-`

  test('any split gives the same chunks in length, and the same bytes in all', () => {
    const redactor = new Redactor([key, 's3cret-ü'])
    const whole = bytes(`${body} s3cret-ü ${body}`)
    const hidden = text(redactor.bytes(whole))
    expect(hidden).not.toContain('Ab3dEf6')
    fc.assert(
      fc.property(fc.array(fc.nat(whole.length), { maxLength: 40 }), (places) => {
        const cut = cutAt(whole, places)
        const out = kept(redactor, cut)
        expect(out.map((chunk) => chunk.length)).toEqual(cut.map((chunk) => chunk.length))
        expect(text(Buffer.concat(out))).toBe(hidden)
      }),
    )
  })

  test('masking what is masked changes nothing', () => {
    const once = text(new Redactor([key]).bytes(bytes(body)))
    expect(new Redactor([key]).text(once)).toBe(once)
    const masked = request([], `{"password":"abc","api_key":"${key}"}`, `/x?key=${key}`)
    const again = redactRequest({ ...masked, headers: [] })
    expect(text(again.body)).toBe(text(masked.body))
    expect(again.url).toBe(masked.url)
  })

  test('bytes that hold no secret pass as they are, whatever they are', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 12 }), (chunks) => {
        const out = kept(new Redactor([key]), chunks)
        expect(out.map((chunk) => [...chunk])).toEqual(chunks.map((chunk) => [...chunk]))
      }),
    )
  })

  test('a chunk is held only while a secret may be unfinished in it', () => {
    const push = new Redactor([]).chunks()
    const step = (part: string) => ({ atMs: 0, do: 'write', bytes: bytes(part) }) as const
    expect(push.push(step('data: {"text":"Hello"}\n\n'))).toHaveLength(1)
    expect(push.push(step('data: {"text":"sk-'))).toHaveLength(0)
    expect(push.push(step('abcdefgh12345678'))).toHaveLength(0)
    expect(push.push(step('"}\n\n'))).toHaveLength(3)
  })

  test('a stretch that is too long to be a key is let out, and a key that long stays masked', () => {
    const push = new Redactor([]).chunks()
    const part = 'a1'.repeat(5000)
    const steps = ['key: sk-', part, part, part, ' and done.'].map(
      (chunk) => ({ atMs: 0, do: 'write', bytes: bytes(chunk) }) as const,
    )
    const out = steps.map((step) => push.push(step).map(({ bytes: b }) => text(b)))
    expect(out[2]).toHaveLength(3)
    expect(out.flat()).toHaveLength(5)
    expect(out.flat().join('')).not.toContain('a1')
    expect(out.flat().at(-1)).toBe(' and done.')
  })
})
