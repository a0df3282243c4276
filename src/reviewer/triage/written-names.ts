/** Names as they are written, and the ways in which two may be one; names.ts finds them. The window's page knows these too. */

/** A name as it is written, and its romanisation. */
export interface WrittenName {
  readonly text: string;
  readonly romanised: string | null;
}

/** How two names are alike, the strongest first. */
export const NAME_LIKENESSES = ["same_letters", "looks_the_same", "sounds_alike", "part_of_other"] as const;

export type NameLikeness = (typeof NAME_LIKENESSES)[number];
