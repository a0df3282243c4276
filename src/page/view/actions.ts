/** What the witness can ask of the page besides changing the form; done by the session. */
export interface PageActions {
  /** Files were picked. */
  readonly chosen: (files: readonly File[]) => void;
  /** Do not wait for the next try. */
  readonly tryNow: () => void;
  /** Stop sending. */
  readonly stop: () => void;
  /** After a failure. */
  readonly again: () => void;
  /** Save what sending left. */
  readonly save: (name: string) => void;
  /** Clear the page and go. */
  readonly leave: () => void;
}
