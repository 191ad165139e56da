/** The AG-UI client's own agent, pointed at a double: its messages, its calls, its complaints. */
import { HttpAgent, type Message } from '@ag-ui/client'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Double, start } from '../../src/index.ts'
import { failure } from './sdk.ts'

const state = 'data: {"type":"STATE_SNAPSHOT","snapshot":{"step":2}}\n\n'

const finished = 'data: {"type":"RUN_FINISHED","threadId":"t","runId":"r"}\n\n'

const rules = [
  {
    when: { user: 'everything' },
    reply: [
      { reasoning: 'Hm.' },
      { text: 'Grüße, 漢字 🙂.' },
      { raw: state },
      { tool: { name: 'get_weather', arguments: { city: 'Oslo' } } },
      { tool: { name: 'get_time' } },
    ],
  },
  { when: { user: 'weather', messages: 1 }, reply: { tool: { name: 'get_weather' } } },
  { when: { user: 'weather' }, reply: 'It says {{ messages.last.text }}.' },
  { when: { user: 'quota' }, reply: { error: { code: 'rate-limited', message: 'Slow down' } } },
  {
    when: { user: 'breaks' },
    reply: [{ text: 'Hi' }, { error: { code: 'overloaded', message: 'Busy' } }],
  },
  { when: { user: 'open' }, reply: [{ text: 'Hi' }, { raw: finished }] },
]

let double: Double
beforeAll(async () => {
  double = await start({ scenarios: [{ name: 'agent', rules }] })
})
afterAll(() => double.close())
afterEach(() => vi.restoreAllMocks())

const agentFor = (content: string): HttpAgent =>
  new HttpAgent({
    url: double.url('/agent'),
    threadId: `thread of ${content}`,
    initialMessages: [{ id: 'u1', role: 'user', content }],
  })

describe('an agent of AG-UI', () => {
  it('has every message, call and state of its run, and strips nothing of it', async () => {
    const complaints = vi.spyOn(console, 'warn')
    const agent = agentFor('everything')
    const { newMessages } = await agent.runAgent({ runId: 'run-1' })
    expect(newMessages).toMatchObject([
      { role: 'reasoning', content: 'Hm.' },
      {
        role: 'assistant',
        content: 'Grüße, 漢字 🙂.',
        toolCalls: [
          { type: 'function', function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
          { type: 'function', function: { name: 'get_time', arguments: '{}' } },
        ],
      },
    ])
    expect(agent.state).toEqual({ step: 2 })
    expect(complaints).not.toHaveBeenCalled()
  })

  it('goes on with the output of a tool in a second run', async () => {
    const agent = agentFor('weather')
    const { newMessages } = await agent.runAgent()
    const toolCallId = callIdOf(newMessages)
    expect(toolCallId).toMatch(/^call_[A-Za-z0-9]{24}$/)
    agent.addMessage({ id: 't1', role: 'tool', toolCallId, content: 'blue' })
    const second = await agent.runAgent()
    expect(second.newMessages).toMatchObject([{ role: 'assistant', content: 'It says blue.' }])
  })

  it('is told the calls that its run leaves to it', async () => {
    const outcomes: unknown[] = []
    await agentFor('weather').runAgent(undefined, {
      onRunFinishedEvent: ({ event }) => {
        outcomes.push(event.outcome)
      },
    })
    expect(outcomes).toEqual([{ type: 'success', pendingToolCallIds: [expect.any(String)] }])
  })

  it('takes an error in the stream for an event, and is content', async () => {
    const errors: unknown[] = []
    const { newMessages } = await agentFor('breaks').runAgent(undefined, {
      onRunErrorEvent: ({ event: { message, code } }) => {
        errors.push({ message, code })
      },
    })
    expect(errors).toEqual([{ message: 'Busy', code: 'overloaded' }])
    expect(newMessages).toMatchObject([{ role: 'assistant', content: 'Hi' }])
  })

  it('throws what the route answers instead of a stream, with its status', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const error = await failure(agentFor('quota').runAgent())
    expect(error).toMatchObject({ status: 429, payload: { error: 'Slow down' } })
  })

  it('refuses a run that ends with a message still open, as a broken agent sends it', async () => {
    vi.spyOn(console, 'error').mockImplementation(() => undefined)
    const error = await failure(agentFor('open').runAgent())
    expect(String(error)).toContain('while text messages are still active')
  })
})

function callIdOf(messages: readonly Message[]): string {
  const [call] = messages.flatMap((said) =>
    said.role === 'assistant' ? (said.toolCalls ?? []) : [],
  )
  return call?.id ?? ''
}
