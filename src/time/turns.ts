/**
 * What takes long is done once a turn of the event loop, so that what is under way already need not
 * wait for all of it. Must never change the order, nor keep back what comes alone.
 */

/** For all that share an event loop, and so for a whole process. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  /** Runs it now where nothing has been run in this turn, and else in one of the next. */
  run(task: () => void): void {
    if (this.#isTaken) this.#waiting.push(task)
    else this.#take(task)
  }

  #take(task: () => void): void {
    this.#isTaken = true
    // Before the task, so that one that throws stops nobody else.
    setImmediate(this.#next)
    task()
  }

  readonly #next = (): void => {
    this.#isTaken = false
    const task = this.#waiting.shift()
    if (task) this.#take(task)
  }
}
