/**
 * What long work tells whoever started it: the step it is about to take. Commands show it when it takes longer than a second; the tests of resuming
 * kill the process there.
 */

/** Called before each step, in words of ours, with how much of it is done if that is known. */
export type Progress = (step: Step, done?: number, total?: number) => void;

/** Every step of every keeper operation, in order within each. */
export type Step =
  // signing and publishing
  | "signing"
  | "keeping the checkpoint"
  | "publishing"
  // sealing
  | "closing the generation"
  | "sealing decoys"
  | "making the batch key"
  | "writing items"
  | "destroying the generation key"
  | "dropping the generation"
  // export
  | "preparing the bundle"
  | "writing the bundle"
  | "naming the bundle"
  | "logging the export"
  // import
  | "reading the bundle"
  | "recording acknowledgements"
  // purge
  | "removing replies"
  | "beginning the purge"
  | "destroying the batch key"
  | "dropping items"
  | "rewriting remnants"
  | "looking for remnants"
  | "logging the purge"
  // a change of the retention policy
  | "logging the policy"
  // backup and restore
  | "writing the backup"
  | "checking the backup"
  | "bringing the backup back"
  // first start
  | "logging keys";
