/** What was taped for a request, played where no rule answers. */

import type { Soon } from '../../core/soon.ts'
import type { Recording } from '../../recording/format.ts'
import { paceRecording } from '../../sources/recording.ts'
import { seededRandom } from '../../time/random.ts'
import { type Answer, type Asked, answered, defaultSeed, defaultSession } from './answered.ts'
import { asTaped, keptForReconnecting } from './reconnecting.ts'

export const recordingAnswer = (recording: Recording, asked: Asked): Soon<Answer> =>
  keptForReconnecting(playedAnswer(recording, asked), asTaped, asked)

function playedAnswer(recording: Recording, asked: Asked): Answer {
  const { place, question, context } = asked
  const { stage } = context
  const session = question.session ?? defaultSession
  const seed = stage.seed ?? defaultSeed
  const randomName = [seed, recording.file, session].join('/')
  return answered(asked, {
    timeline: paceRecording(recording, stage.replay?.pace ?? 'recorded', seededRandom(randomName)),
    dialect: stage.dialects.find(({ name }) => name === recording.dialect) ?? place.dialect,
    rule: `recording/${recording.file}`,
    seed,
    randomName,
  })
}
