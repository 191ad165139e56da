import { describe, expect, it } from 'vitest'
import type { Dialect } from '../../../src/core/dialect.ts'
import type { Pacing } from '../../../src/core/pacing.ts'
import { openAiChat } from '../../../src/dialects/openai/chat.ts'
import { openAiResponses } from '../../../src/dialects/openai/responses.ts'
import type { ScriptStep } from '../../../src/scenario/scenario.ts'
import { KeptReplies } from '../../../src/server/answers/memory.ts'
import type { Script } from '../../../src/sources/script.ts'
import { VirtualClock } from '../../../src/time/clock.ts'
import { accepted, jsonRequest, replyTo } from '../../dialects/wire.ts'

const body = { model: 'gpt-4o', input: 'hello' }
const path = '/v1/responses'

const pacing: Pacing = { head: { fixed: 0 }, ttft: { fixed: 0 }, itl: { fixed: 0 } }

/** A dialect that keeps replies under a name, which stands in the request. */
const named: Dialect = { ...openAiResponses, keepAs: ({ request }) => request.user }

function scriptOf(user: string, steps: readonly ScriptStep[], dialect = named): Script {
  const request = accepted(openAiResponses, jsonRequest({ path }, { ...body, input: user }))
  return { steps, dialect, pacing, reply: replyTo(request) }
}

const from = (session = 'default', arrivedMs = 0) => ({
  arrivedMs,
  session,
  rule: 'one/rule',
  seed: 1,
  randomName: 'name',
})

const hello: readonly ScriptStep[] = [
  { do: 'text', text: ['He'] },
  { do: 'wait', ms: 1000 },
  { do: 'text', text: ['llo'] },
]

describe('kept replies', () => {
  it('are in flight as long as their script takes, heard or not', async () => {
    const clock = new VirtualClock()
    const replies = new KeptReplies(clock)
    await clock.advance(500)
    replies.keep(scriptOf('a', hello), from('default', 500))
    expect(replies.of(named).recall('a')).toMatchObject({ inFlight: true, cancelled: false })
    await clock.advance(999)
    expect(replies.of(named).recall('a')?.inFlight).toBe(true)
    await clock.advance(1)
    expect(replies.of(named).recall('a')?.inFlight).toBe(false)
  })

  it('are in flight for ever where they fall silent', async () => {
    const clock = new VirtualClock()
    const replies = new KeptReplies(clock)
    replies.keep(scriptOf('a', [...hello, { do: 'hang', afterMs: 0 }]), from())
    await clock.advance(1e9)
    expect(replies.of(named).recall('a')?.inFlight).toBe(true)
  })

  it('know all that they say, whatever has been sent of it', () => {
    const replies = new KeptReplies(new VirtualClock())
    replies.keep(scriptOf('a', hello), from())
    const { events = [] } = replies.of(named).recall('a') ?? {}
    expect(events.map(({ type }) => type)).toEqual(['start', 'text', 'text', 'finish', 'usage'])
  })

  it('have a stream also where they were asked in one piece, the same at every look', () => {
    const replies = new KeptReplies(new VirtualClock())
    const kept = replies.keep(scriptOf('a', hello), from())
    const steps = [...(kept?.timeline ?? [])]
    expect(steps[0]).toMatchObject({
      do: 'head',
      headers: expect.arrayContaining([['content-type', 'text/event-stream; charset=utf-8']]),
    })
    expect(steps.filter((step) => step.do === 'write').length).toBeGreaterThan(5)
    expect([...(kept?.timeline ?? [])]).toEqual(steps)
  })

  it('are known to their own dialect only, and not where a dialect keeps none', () => {
    const replies = new KeptReplies(new VirtualClock())
    replies.keep(scriptOf('a', hello), from())
    expect(replies.keep(scriptOf('b', hello, openAiChat), from())).toBeUndefined()
    expect(replies.of({ ...named, name: 'other' }).recall('a')).toBeUndefined()
    expect(replies.of(named).recall('b')).toBeUndefined()
  })

  it('is not given to another session than the one that the client named', () => {
    const replies = new KeptReplies(new VirtualClock())
    replies.keep(scriptOf('a', hello), { ...from(), named: 'mine' })
    expect(replies.of(named, 'mine').recall('a')).toBeDefined()
    expect(replies.of(named, 'other').recall('a')).toBeUndefined()
    expect(replies.of(named).recall('a')).toBeUndefined()
  })

  it('are forgotten one by one, by session, or all', () => {
    const replies = new KeptReplies(new VirtualClock())
    const known = (): string[] =>
      ['a', 'b', 'c', 'd'].filter((id) => replies.of(named).recall(id) !== undefined)
    for (const [id, session] of [
      ['a', '1'],
      ['b', '1'],
      ['c', '2'],
      ['d', '2'],
    ] as const) {
      replies.keep(scriptOf(id, hello), from(session))
    }
    expect(replies.of(named).forget('a')).toBe(true)
    expect(replies.of(named).forget('a')).toBe(false)
    expect(known()).toEqual(['b', 'c', 'd'])
    replies.reset('2')
    expect(known()).toEqual(['b'])
    replies.reset()
    expect(known()).toEqual([])
  })

  it('are no more than so many, and the oldest goes first', () => {
    const replies = new KeptReplies(new VirtualClock(), 2)
    for (const id of ['a', 'b', 'a', 'c']) replies.keep(scriptOf(id, hello), from())
    expect(replies.of(named).recall('b')).toBeUndefined()
    expect(replies.of(named).recall('a')).toBeDefined()
    expect(replies.of(named).recall('c')).toBeDefined()
  })

  it('hold no more than 64 MiB of requests together, and the oldest goes first', () => {
    const replies = new KeptReplies(new VirtualClock())
    // Zeros that nobody reads: the system gives memory for none of them.
    const large = (id: string): Script => {
      const script = scriptOf(id, hello)
      const { request } = script.reply
      const http = { ...request.http, body: Buffer.alloc(32 * 1024 * 1024) }
      return { ...script, reply: { ...script.reply, request: { ...request, http } } }
    }
    const known = (): string[] =>
      ['a', 'b', 'c', 'd'].filter((id) => replies.of(named).recall(id) !== undefined)
    for (const id of ['a', 'b']) replies.keep(large(id), from())
    expect(known()).toEqual(['a', 'b'])
    replies.keep(scriptOf('c', hello), from())
    expect(known()).toEqual(['b', 'c'])
    for (const id of ['b', 'd']) replies.keep(large(id), from())
    expect(known()).toEqual(['b', 'd'])
  })

  it('that are cancelled are no longer in flight', () => {
    const replies = new KeptReplies(new VirtualClock())
    replies.keep(scriptOf('a', hello), from())
    replies.of(named).cancel('a')
    replies.of(named).cancel('nobody')
    expect(replies.of(named).recall('a')).toMatchObject({ inFlight: false, cancelled: true })
  })
})
