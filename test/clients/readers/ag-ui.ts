/** The AG-UI client as a reader of an agent's run. */
import {
  type AgentStateMutation,
  HttpAgent,
  type HttpAgentConfig,
  type RunAgentParameters,
} from '@ag-ui/client'
import { appErrors } from './app-errors.ts'
import type { Asked, Heard, HeardCall, Reader } from './reader.ts'
import { tools } from './tools.ts'

export const agUiReader: Reader = {
  dialect: 'ag-ui',
  sdk: '@ag-ui/client',
  ask,
  says: { reasoning: true, calls: true, usage: true, whole: false },
  // A run has an outcome, and no reason why its text ended.
  finishes: {},
  errors: appErrors('Error', true),
  errorInStream: /It broke/,
  cut: (ending) => (ending === 'end' ? 'success' : /terminated/),
}

async function ask(baseUrl: string, asked: Asked): Promise<Heard> {
  const agent = new HttpAgent({
    url: `${baseUrl}/ag-ui`,
    fetch: fetchQuietly,
    threadId: 'thread-1',
    initialMessages: [{ id: 'u1', role: 'user', content: asked.user }],
  })
  asked.signal?.addEventListener('abort', () => agent.abortRun())
  const [calls, said]: [HeardCall[], { text: string; reasoning: string }] = [
    [],
    { text: '', reasoning: '' },
  ]
  let usage: Heard['usage']
  let failure: unknown
  const parameters: RunAgentParameters = { runId: 'run-1', tools: asked.tools ? offered : [] }
  await agent.runAgent(parameters, {
    onTextMessageContentEvent: ({ event }) => {
      said.text += event.delta
    },
    onReasoningMessageContentEvent: ({ event }) => {
      said.reasoning += event.delta
    },
    onToolCallEndEvent: ({ toolCallName, toolCallArgs }) => {
      calls.push({ name: toolCallName, arguments: toolCallArgs })
    },
    // An event as any other to the agent, which is then content.
    onRunErrorEvent: ({ event }) => {
      failure = new Error(event.message)
    },
    onRunFailed: ({ error }) => {
      failure = error
      return heardAlready
    },
    onRunFinishedEvent: ({ event }) => {
      const [counted] = event.usage ?? []
      usage = counted && { input: counted.inputTokens ?? 0, output: counted.outputTokens ?? 0 }
    },
  })
  if (failure !== undefined) throw failure
  return { ...said, refusal: '', calls, finish: undefined, usage }
}

/** Or the client prints the error before it throws it. */
const heardAlready: AgentStateMutation = { stopPropagation: true }

const offered = tools.map(({ name, description, parameters }) => ({
  name,
  description,
  parameters,
}))

/**
 * The client cancels a body that has failed already, and lets the rejection of that go, which ends
 * a Node process that does not expect it.
 */
const fetchQuietly: NonNullable<HttpAgentConfig['fetch']> = async (url, init) => {
  const response = await fetch(url, init)
  const { body } = response
  const getReader = () => {
    const reader = body?.getReader()
    return {
      read: () => reader?.read(),
      cancel: async () => reader?.cancel().catch(() => undefined),
    }
  }
  return Object.defineProperty(response, 'body', { value: { getReader } })
}
