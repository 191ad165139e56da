/**
 * What takes long is done once a turn of the event loop, so that what is under way already need not
 * wait for all of it: between two tasks all sockets are looked at. Must never change the order, nor
 * keep back what comes alone.
 */

/** For all that share an event loop, and so for a whole process. */
export class Turns {
  readonly #waiting: (() => void)[] = []
  #isTaken = false

  /** Runs it now where nothing has been run in this turn, and else in one of the next. */
  run(task: () => void): void {
    if (this.#isTaken) {
      this.#waiting.push(task)
      return
    }
    this.#isTaken = true
    // Before the task, so that one that throws stops nobody else.
    setImmediate(this.#endTurn)
    task()
  }

  /** To be called within a task: it goes on with this in the next turn, before any other has its own. */
  goOn(task: () => void): void {
    this.#waiting.unshift(task)
  }

  /** Nothing has been read since the task began: that is done after this. */
  readonly #endTurn = (): void => {
    setImmediate(this.#next)
  }

  readonly #next = (): void => {
    const task = this.#waiting.shift()
    if (!task) {
      this.#isTaken = false
      return
    }
    setImmediate(this.#next)
    task()
  }
}

/** Lets tasks go on in the order in which they joined, whichever is ready first. */
export class InOrder {
  readonly #waiting: Place[] = []

  /** @returns to be called once, when the task may run: it does after those before it. */
  join(task: () => void): () => void {
    const place = new Place(task)
    this.#waiting.push(place)
    return () => {
      place.isReady = true
      while (this.#waiting[0]?.isReady) this.#waiting.shift()?.task()
    }
  }
}

class Place {
  readonly task: () => void
  isReady = false

  constructor(task: () => void) {
    this.task = task
  }
}
