/** A body that is no JSON is told so without the words of the engine that this runs on. */
const notJson = 'The request body is not valid JSON'

export const plainProblem = (problem: string): string =>
  problem.startsWith(notJson) ? `${notJson}.` : problem
