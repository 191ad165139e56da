/** The vendors' own SDKs against limits that are kept: they wait as they are told, and get through. */
import { describe, expect, it } from 'vitest'
import { type Double, start, VirtualClock } from '../../src/index.ts'
import { anthropic, ask as askClaude } from './anthropic.ts'
import { ask, failure, openAi } from './sdk.ts'

const rules = [{ name: 'hello', reply: 'Hello' }]

const served = async (perMs: number): Promise<{ double: Double; clock: VirtualClock }> => {
  const clock = new VirtualClock()
  const limits = `1 request/${perMs}ms`
  return { double: await start({ scenarios: [{ rules, limits }], clock }), clock }
}

const statuses = ({ journal }: Double): readonly unknown[] => journal.map(({ status }) => status)

/** The server's time stands still, so that a busy machine cannot let the second request in. */
async function pass({ double, clock }: Awaited<ReturnType<typeof served>>, ms: number) {
  await expect.poll(() => statuses(double).slice(0, 2)).toEqual([200, 429])
  await clock.advance(ms)
}

describe('an SDK that retries', () => {
  it('gets through a limit of OpenAI by waiting the milliseconds that it is told', async () => {
    const server = await served(250)
    await using double = server.double
    const client = openAi(double, { maxRetries: 9 })
    await client.chat.completions.create(ask('hi'))
    const asked = client.chat.completions.create(ask('hi')).withResponse()
    const [{ data, response }] = await Promise.all([asked, pass(server, 250)])
    expect(data.choices[0]?.message.content).toBe('Hello')
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0')
    expect(statuses(double).at(-1)).toBe(200)
  })

  it('gets through a limit of Anthropic by waiting the seconds that it is told', async () => {
    const server = await served(400)
    await using double = server.double
    const client = anthropic(double, { maxRetries: 9 })
    await client.messages.create(askClaude('hi'))
    const asked = client.messages.create(askClaude('hi')).withResponse()
    const [{ data, response }] = await Promise.all([asked, pass(server, 400)])
    expect(data.content).toMatchObject([{ type: 'text', text: 'Hello' }])
    expect(response.headers.get('anthropic-ratelimit-requests-remaining')).toBe('0')
    expect(statuses(double).at(-1)).toBe(200)
  })
})

describe('an SDK that does not retry', () => {
  it('hears the limit in its own class of errors', async () => {
    await using double = await start({ scenarios: [{ rules, limits: ['1rpm'] }] })
    const openAiClient = openAi(double)
    await openAiClient.chat.completions.create(ask('hi'))
    expect(await failure(openAiClient.chat.completions.create(ask('hi')))).toMatchObject({
      status: 429,
      type: 'requests',
      code: 'rate_limit_exceeded',
    })
    const claude = anthropic(double)
    await claude.messages.create(askClaude('hi'))
    expect(await failure(claude.messages.create(askClaude('hi')))).toMatchObject({
      status: 429,
      error: { error: { type: 'rate_limit_error' } },
    })
  })
})
