/** The nearest peer, by its own API and with its own delay between frames, or recording. */
import { LLMock } from '@copilotkit/aimock'
import { answerAsServer, settings } from '../answering.mjs'
import { text } from '../reply.mjs'

answerAsServer(async () => {
  const { gapMs = 0, upstream, tapes } = settings
  // Four characters a frame give the same 67 frames.
  const mock = new LLMock({ port: 0, chunkSize: 4, latency: gapMs, logLevel: 'silent' })
  if (upstream) mock.enableRecording({ providers: { openai: upstream }, fixturePath: tapes })
  else mock.onMessage('Count', { content: text })
  await mock.start()
  return Number(new URL(mock.url).port)
})
