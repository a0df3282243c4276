import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { answersOf } from "../../../src/page/compose/answers.ts";
import { type Compose, openingState, pathOf, STEPS, WORD_LISTS } from "../../../src/page/compose/state.ts";
import { type ComposeEvent, update } from "../../../src/page/compose/update.ts";
import { VOCABULARY } from "../../../src/protocol/format/vocabulary.ts";

const WORDS = Array.from({ length: 12 }, (_, index) => `word${String(index)}`);
const PROGRESS = { phase: "sending", done: 1, total: 3, secondsLeft: null, waiting: null } as const;

function after(...events: readonly ComposeEvent[]): Compose {
  return events.reduce(update, openingState("en", "english"));
}

const NEXT: ComposeEvent = { type: "next" };
const BACK: ComposeEvent = { type: "back" };
const TOLD: ComposeEvent = { type: "narrative", text: "I saw it." };
/** From the first step to the review, with an account and nothing else. */
const TO_REVIEW: readonly ComposeEvent[] = [NEXT, TOLD, NEXT, NEXT, NEXT, NEXT];

describe("the way through the form", () => {
  it("leads over safety, account, questions, files and reply to the review, and back", () => {
    const seen = TO_REVIEW.map((_, index) => after(...TO_REVIEW.slice(0, index + 1)).step);
    expect(seen).toEqual(["story", "story", "questions", "files", "reply", "review"]);
    expect(after(...TO_REVIEW, BACK, BACK).step).toBe("files");
    expect(after(BACK).step).toBe("safety");
  });

  it("does not go on without an account, and says so until there is one", () => {
    const stuck = after(NEXT, NEXT);
    expect([stuck.step, stuck.problem]).toEqual(["story", "story-empty"]);
    expect(after(NEXT, { type: "narrative", text: " \n\t" }, NEXT).problem).toBe("story-empty");
    expect(update(stuck, TOLD).problem).toBeNull();
  });

  it("does not take an account that is too long", () => {
    expect(after(NEXT, { type: "narrative", text: "x".repeat(100_001) }, NEXT).problem).toBe("story-long");
    expect(after(NEXT, { type: "narrative", text: "x".repeat(100_000) }, NEXT).step).toBe("questions");
  });

  it("does not take years that are none", () => {
    const wrong = after(NEXT, TOLD, NEXT, { type: "when", when: { from: "last year", to: "", about: false, ongoing: false } }, NEXT);
    expect([wrong.step, wrong.problem]).toEqual(["questions", "when-wrong"]);
  });

  it("does not take too many or too large files", () => {
    const file = (id: number, size: number) => ({ id, name: "a", type: "", size });
    const many = Array.from({ length: 1000 }, (_, id) => file(id, 1));
    const toFiles = [NEXT, TOLD, NEXT, NEXT];
    const tooMany = after(...toFiles, { type: "files-added", files: many });
    expect(tooMany.problem).toBe("too-many-files");
    expect(update(tooMany, NEXT).step).toBe("files");
    expect(update(tooMany, { type: "file-removed", id: 5 }).problem).toBeNull();
    expect(after(...toFiles, { type: "files-added", files: [file(1, 4_194_304_000)] }).problem).toBe("files-too-large");
  });
});

describe("files", () => {
  const file = { id: 1, name: "a.jpg", type: "image/jpeg", size: 9 };
  const choice = { question: "", named: "", original: "", cleaned: "", hint: "", size: 5 };
  const report = { notes: [], traces: [], advice: [], choice } as const;
  const chosen = [...TO_REVIEW, { type: "files-added", files: [file] } as const];
  const forms = (state: Compose): unknown[] => state.draft.files.map(({ look, form }) => [look, form]);

  it("are looked into, and what can be cleaned is, unless the witness wants it otherwise", () => {
    const looking = after(...chosen);
    expect(forms(looking)).toEqual([["looking", "original"]]);
    expect(forms(update(looking, { type: "file-form", id: 1, form: "cleaned" }))).toEqual([["looking", "original"]]);
    const looked = update(looking, { type: "file-looked", id: 1, look: report });
    expect(forms(looked)).toEqual([[report, "cleaned"]]);
    expect(forms(update(looked, { type: "file-form", id: 1, form: "original" }))).toEqual([[report, "original"]]);
    expect(forms(update(looked, { type: "file-form", id: 2, form: "original" }))).toEqual([[report, "cleaned"]]);
  });

  it("that cannot be cleaned go as they are", () => {
    for (const look of ["not-looked", { ...report, choice: null }] as const) {
      const state = after(...chosen, { type: "file-looked", id: 1, look }, { type: "file-form", id: 1, form: "cleaned" });
      expect(forms(state)).toEqual([[look, "original"]]);
    }
  });

  it("are not sent before they were looked into, and the way on opens by itself", () => {
    const early = after(...chosen, { type: "send" });
    expect([early.step, early.problem]).toEqual(["files", "files-not-ready"]);
    const looked = update(early, { type: "file-looked", id: 1, look: report });
    expect([looked.problem, update(looked, NEXT).step]).toEqual([null, "reply"]);
    expect(after(...chosen, { type: "file-looked", id: 1, look: report }, { type: "send" }).step).toBe("sending");
  });

  it("may be looked into while the page has stopped for another reason, or after they were removed", () => {
    const failed = after(...chosen, { type: "failed", code: "keys-unreachable" }, { type: "file-looked", id: 1, look: report });
    expect([failed.step, forms(failed)]).toEqual(["failed", [[report, "cleaned"]]]);
    expect(forms(after(...chosen, { type: "file-removed", id: 1 }, { type: "file-looked", id: 1, look: report }))).toEqual([]);
  });
});

describe("a witness who has been here before", () => {
  const COME_BACK: ComposeEvent = { type: "come-back" };
  const returned = (proof: boolean): ComposeEvent => ({ type: "returned", proof });

  it("comes back from the first page only, and goes back to it", () => {
    expect(after(COME_BACK).step).toBe("return");
    expect(after(COME_BACK, NEXT).step).toBe("return");
    expect(after(COME_BACK, BACK).step).toBe("safety");
    expect(after(NEXT, COME_BACK).step).toBe("story");
    expect(after(returned(false)).step).toBe("safety");
  });

  it("writes more by the same form, without being asked about words or replies", () => {
    const state = after(COME_BACK, returned(false), TOLD);
    expect(pathOf(state.draft)).toEqual(["return", "story", "questions", "files", "review"]);
    expect([state.draft.wantsReply, state.draft.wantsClaim, state.draft.returning]).toEqual([true, false, { proof: false }]);
    const review = [NEXT, NEXT, NEXT].reduce(update, state);
    expect([review.step, update(review, { type: "send" }).step]).toEqual(["review", "sending"]);
    expect([BACK, BACK, BACK, BACK].reduce(update, review).step).toBe("return");
  });

  it("takes the reply and the proof out again", () => {
    const state = after(COME_BACK, returned(true), { type: "removed", field: "claim" }, { type: "removed", field: "reply" });
    expect([state.draft.wantsReply, state.draft.wantsClaim]).toEqual([false, false]);
  });

  it("is nobody again on the way to another beginning, but keeps what was written", () => {
    const state = after(COME_BACK, returned(true), TOLD, BACK, BACK);
    expect(state.step).toBe("safety");
    expect(state.draft).toMatchObject({ narrative: "I saw it.", wantsReply: false, wantsClaim: false, returning: null });
  });

  it("has not confirmed the words of whoever wrote before", () => {
    const wants: ComposeEvent = { type: "wants", what: "reply", on: true };
    const made: ComposeEvent = { type: "words-made", list: "english", words: WORDS };
    const confirmed = after(wants, made, COME_BACK);
    expect([confirmed.words, confirmed.confirmed, confirmed.draft.wantsReply]).toEqual([null, false, false]);
  });

  it("is told when its part of the page does not come", () => {
    expect(after(COME_BACK, { type: "return-failed" }).problem).toBe("return-unreachable");
    expect(after({ type: "return-failed" }).problem).toBeNull();
  });
});

describe("the twelve words", () => {
  const toWords = [NEXT, TOLD, NEXT, NEXT, NEXT, { type: "wants", what: "reply", on: true } as const, NEXT];
  const made: ComposeEvent = { type: "words-made", list: "english", words: WORDS };
  const toCheck = [...toWords, made, NEXT, { type: "words-asked", positions: [2, 7] } as const];

  it.each(["reply", "claim", "later"] as const)("are shown and asked for when the witness wants %s", (what) => {
    const state = after({ type: "wants", what, on: true });
    expect(pathOf(state.draft)).toEqual(["safety", "story", "questions", "files", "reply", "words", "check", "review"]);
  });

  it("are confirmed by two of them, whatever case and form they are typed in", () => {
    const right = after(...toCheck, { type: "words-answered", answers: [" WORD2", "word7 "] });
    expect([right.step, right.confirmed]).toEqual(["review", true]);
  });

  it("are asked for again when one is wrong, and nobody gets past", () => {
    const wrong = after(...toCheck, { type: "words-answered", answers: ["word2", "word8"] });
    expect([wrong.step, wrong.problem, wrong.confirmed]).toEqual(["check", "words-differ", false]);
    expect(update(wrong, NEXT).step).toBe("check");
    expect(after(...toCheck, { type: "words-answered", answers: ["", ""] }).step).toBe("check");
  });

  it("have to be confirmed anew in another list", () => {
    const confirmed = after(...toCheck, { type: "words-answered", answers: ["word2", "word7"] });
    const other = update(confirmed, { type: "list-chosen", list: "korean" });
    expect([other.words, other.confirmed]).toEqual([null, false]);
    expect(update(other, { type: "send" }).step).toBe("words");
    expect(update(other, made).words).toBeNull();
  });

  it("cannot be passed before they are made", () => {
    const early = after(...toWords, NEXT);
    expect([early.step, early.problem]).toEqual(["words", "words-not-ready"]);
  });
});

describe("the review", () => {
  it("takes out one answer at a time", () => {
    const full = after(
      { type: "basis", code: "saw_or_did" },
      { type: "witness-category", code: "medical" },
      { type: "event-type", code: "organ_removal", on: true },
      { type: "when", when: { from: "2016", to: "", about: false, ongoing: false } },
      { type: "where", code: "CN-XJ" },
      { type: "evidence", code: "documents", on: true },
      { type: "wants", what: "claim", on: true },
      { type: "wants", what: "reply", on: true },
      TOLD,
    );
    const fields = [
      "basis",
      "witnessCategory",
      "eventTypes",
      "when",
      "where",
      "evidenceHeld",
      "sharing",
      "language",
      "reply",
      "claim",
    ] as const;
    const emptied = fields.reduce((state, field) => update(state, { type: "removed", field }), full);
    expect(answersOf(emptied.draft)).toEqual({
      ...answersOf(openWith("I saw it.").draft),
      sharing: "prefer_not_to_say",
      language: null,
    });
    expect([emptied.draft.wantsClaim, emptied.draft.wantsReply]).toEqual([false, false]);
  });

  it("leads to a step to change something, but not to one that is not on the way", () => {
    const review = after(...TO_REVIEW);
    expect(update(review, { type: "go", step: "story" }).step).toBe("story");
    for (const step of ["sending", "done", "failed", "words"] as const) expect(update(review, { type: "go", step }).step).toBe("review");
  });
});

function openWith(text: string): Compose {
  return after({ type: "narrative", text });
}

describe("sending", () => {
  const sending = after(...TO_REVIEW, { type: "send" });

  it("starts only from the review", () => {
    expect(sending.step).toBe("sending");
    expect(after(NEXT, TOLD, { type: "send" }).step).toBe("story");
  });

  it("leaves the form alone while it lasts", () => {
    expect(update(sending, { type: "narrative", text: "other" })).toBe(sending);
    expect(update(sending, NEXT)).toBe(sending);
    expect(update(sending, BACK)).toBe(sending);
  });

  it("can be stopped without losing a word", () => {
    const stopped = update(update(sending, { type: "progress", progress: PROGRESS }), { type: "stopped" });
    expect([stopped.step, stopped.stopped, stopped.draft.narrative]).toEqual(["review", true, "I saw it."]);
    expect(update(stopped, { type: "progress", progress: PROGRESS })).toBe(stopped);
    expect(update(stopped, { type: "sent" })).toBe(stopped);
  });

  it("forgets everything once the tip has arrived", () => {
    const done = update(sending, { type: "sent" });
    expect([done.step, done.words]).toEqual(["done", null]);
    expect(JSON.stringify(done)).not.toContain("I saw it.");
    expect(update(done, { type: "failed", code: "unexpected" })).toBe(done);
  });

  it("keeps everything when it fails, and leads back to it", () => {
    const failed = update(sending, { type: "failed", code: "refused" });
    expect([failed.step, failed.failure]).toEqual(["failed", "refused"]);
    const back = update(failed, BACK);
    expect([back.step, back.failure, back.draft.narrative]).toEqual(["review", null, "I saw it."]);
  });

  it.each(["not-secure", "no-webcrypto", "keys-wrong"] as const)("has no way back from %s", (code) => {
    const failed = update(sending, { type: "failed", code });
    expect(update(failed, BACK).step).toBe("failed");
  });

  it("remembers where to go back to when trying again fails too", () => {
    const twice = update(update(sending, { type: "failed", code: "refused" }), { type: "failed", code: "keys-unreachable" });
    expect(update(twice, BACK).step).toBe("review");
  });
});

const anyEvent: fc.Arbitrary<ComposeEvent> = fc.oneof(
  fc.constantFrom<ComposeEvent>(NEXT, BACK, { type: "send" }, { type: "stopped" }, { type: "sent" }),
  fc.constantFrom<ComposeEvent>({ type: "come-back" }, { type: "return-failed" }, { type: "returned", proof: true }),
  fc.record({ type: fc.constant("go" as const), step: fc.constantFrom(...STEPS) }),
  fc.record({ type: fc.constant("narrative" as const), text: fc.string({ unit: "grapheme", maxLength: 40 }) }),
  fc.record({
    type: fc.constant("event-type" as const),
    code: fc.constantFrom(...VOCABULARY.event_types),
    on: fc.boolean(),
  }),
  fc.record({ type: fc.constant("evidence" as const), code: fc.constantFrom(...VOCABULARY.evidence_held), on: fc.boolean() }),
  fc.record({
    type: fc.constant("when" as const),
    when: fc.record({
      from: fc.constantFrom("", "2016", "x"),
      to: fc.constantFrom("", "2018", "2010"),
      about: fc.boolean(),
      ongoing: fc.boolean(),
    }),
  }),
  fc.record({
    type: fc.constant("wants" as const),
    what: fc.constantFrom("reply" as const, "claim" as const, "later" as const),
    on: fc.boolean(),
  }),
  fc.record({ type: fc.constant("list-chosen" as const), list: fc.constantFrom(...WORD_LISTS) }),
  fc.record({ type: fc.constant("words-made" as const), list: fc.constantFrom(...WORD_LISTS), words: fc.constant(WORDS) }),
  fc.constant<ComposeEvent>({ type: "words-asked", positions: [0, 1] }),
  fc.constantFrom<ComposeEvent>({ type: "words-answered", answers: ["word0", "word1"] }, { type: "words-answered", answers: ["no", "no"] }),
  fc.record({ type: fc.constant("failed" as const), code: fc.constantFrom("refused" as const, "keys-wrong" as const, "clock" as const) }),
);

it("never sends what is incomplete or unconfirmed, whatever happens in whatever order", () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 60 }), (events) => {
      let state = openingState("en", "english");
      for (const event of events) {
        state = update(state, event);
        if (state.step !== "sending") continue;
        expect(answersOf(state.draft).narrative.trim()).not.toBe("");
        if (state.draft.wantsReply || state.draft.wantsClaim || state.draft.wantsLater) expect(state.confirmed).toBe(true);
      }
    }),
    { numRuns: 500 },
  );
});
