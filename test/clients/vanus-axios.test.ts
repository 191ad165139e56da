/**
 * The Node client of Vanus' document: axios, each chunk of the connection cut into lines by itself.
 * It keeps no rest between chunks, so it works only where no frame is divided. That is the client's
 * mistake and the reason to break streams on purpose; both sides of it are shown here.
 */
import { randomUUID } from 'node:crypto'
import type { Readable } from 'node:stream'
import axios from 'axios'
import { describe, expect, it } from 'vitest'
import { type Double, start } from '../../src/index.ts'

const text = 'Ein Wörtchen "in" Klammern: {漢字}, und 👩‍👩‍👧.'

const heads = (): Record<string, string> => ({
  'Content-Type': 'application/json',
  'x-vanusai-model': 'gpt-3.5-turbo',
  'x-vanusai-sessionid': randomUUID(),
})

interface Token {
  readonly token: string
  readonly more: boolean
}

/** The document's loop; what it would print is kept. */
async function ask(double: Double): Promise<readonly Token[]> {
  const { data } = await axios<Readable>({
    method: 'post',
    url: double.url('/api/v1/demo'),
    data: { prompt: 'hi', stream: true },
    headers: { ...heads(), Accept: 'text/event-stream' },
    responseType: 'stream',
  })
  const printed: Token[] = []
  return await new Promise((resolve, reject) => {
    data.on('data', (chunk: Buffer) => {
      try {
        for (const line of chunk.toString().split('\n')) {
          if (line.startsWith('data: ')) printed.push(JSON.parse(line.replace('data: ', '')))
        }
      } catch (error) {
        reject(error)
      }
    })
    data.on('end', () => resolve(printed))
    data.on('error', reject)
  })
}

const playing = (options: object): Promise<Double> =>
  start({ scenarios: [{ rules: [{ reply: text, ...options }] }] })

describe('the axios client of the document', () => {
  it.each([
    ['at once', {}],
    ['a token every 2 ms', { pacing: { itl: 2 } }],
    ['three frames at once', { faults: [{ merge: { frames: 3 } }] }],
  ])('reads a stream that comes %s', async (_case, options) => {
    await using double = await playing(options)
    const printed = await ask(double)
    expect(printed.map(({ token }) => token).join('')).toBe(text)
    expect(printed.map(({ more }) => more)).toEqual(printed.map((_, at) => at < printed.length - 1))
  })

  it('breaks where a frame comes in two pieces, as it does on a real network', async () => {
    await using double = await playing({ faults: [{ slice: { bytes: 20, gap: '5ms' } }] })
    await expect(ask(double)).rejects.toThrow(SyntaxError)
  })

  it('reads one JSON object, where it asks for no stream', async () => {
    await using double = await playing({})
    const { data } = await axios({
      method: 'post',
      url: double.url('/api/v1/demo'),
      data: { prompt: 'hi', stream: false },
      headers: heads(),
    })
    expect(data).toMatchObject({ token: text })
  })

  it.each(['x-vanusai-model', 'x-vanusai-sessionid'])('is refused without %s', async (name) => {
    await using double = await playing({})
    const { [name]: _left, ...headers } = heads()
    const asked = axios.post(double.url('/api/v1/demo'), { prompt: 'hi' }, { headers })
    await expect(asked).rejects.toMatchObject({ response: { status: 400 } })
  })
})
