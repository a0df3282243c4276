/** What is put under attack, the most important first, and the tests that must notice: those of the file, and of others only where it is their part to notice. */
export interface Target {
  readonly file: string;
  readonly tests: readonly string[];
}

const of = (name: string, ...more: readonly string[]): Target => ({
  file: `src/protocol/${name}.ts`,
  tests: [`tests/protocol/${name}.test.ts`, ...more],
});

/** The formats of the log, which are tried together. */
const LOG_FORMATS = "tests/protocol/format/log-formats.test.ts";

export const TARGETS: readonly Target[] = [
  { file: "src/server/intake/gate.ts", tests: ["tests/server/intake/gate-rules.test.ts"] },
  of("crypto/hash"),
  of("format/envelope"),
  of("format/tar"),
  { file: "src/protocol/format/note.ts", tests: ["tests/protocol/format/note.test.ts", "tests/protocol/crypto/note.test.ts", LOG_FORMATS] },
  of("crypto/note"),
  { file: "src/protocol/tlog/merkle.ts", tests: ["tests/protocol/tlog/known-answers.test.ts", "tests/protocol/tlog/tree.test.ts"] },
  of("tlog/tree", "tests/protocol/tlog/known-answers.test.ts"),
  of("tlog/verify"),
  of("format/json"),
  { file: "src/protocol/format/manifest.ts", tests: ["tests/protocol/crypto/bundle.test.ts", LOG_FORMATS] },
  of("crypto/bundle"),
  of("crypto/certificate"),
  of("crypto/quorum"),
  of("crypto/receipt"),
  of("crypto/retention-note"),
  of("crypto/claim"),
  of("format/padding"),
  of("format/tile"),
  of("format/edtf"),
  of("piece-reader"),
  of("format/mailbox"),
  of("format/retention", LOG_FORMATS),
  { file: "src/protocol/format/retention-note.ts", tests: ["tests/protocol/crypto/retention-note.test.ts", LOG_FORMATS] },
  { file: "src/protocol/format/checkpoint.ts", tests: [LOG_FORMATS, "tests/protocol/tlog/known-answers.test.ts"] },
  { file: "src/protocol/format/acknowledgement.ts", tests: [LOG_FORMATS] },
  { file: "src/protocol/format/receipt.ts", tests: [LOG_FORMATS, "tests/protocol/crypto/receipt.test.ts"] },
  { file: "src/protocol/format/destruction.ts", tests: [LOG_FORMATS] },
  { file: "src/protocol/format/tlog-proof.ts", tests: ["tests/protocol/format/hash-lines.test.ts"] },
  { file: "src/protocol/format/add-checkpoint.ts", tests: ["tests/protocol/format/hash-lines.test.ts"] },
  of("format/hash-lines"),
  of("format/date", LOG_FORMATS),
];
