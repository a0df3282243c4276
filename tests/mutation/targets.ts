/** What is put under attack, the most important first, and the tests that must notice: those of the file, and of others only where it is their part to notice. */
export interface Target {
  readonly file: string;
  readonly tests: readonly string[];
}

const of = (name: string, ...more: readonly string[]): Target => ({
  file: `src/protocol/${name}.ts`,
  tests: [`tests/protocol/${name}.test.ts`, ...more],
});

export const TARGETS: readonly Target[] = [
  { file: "src/server/intake/gate.ts", tests: ["tests/server/intake/gate-rules.test.ts"] },
  of("crypto/hash"),
  of("format/envelope"),
  of("format/tar"),
  { file: "src/protocol/format/note.ts", tests: ["tests/protocol/crypto/note.test.ts", "tests/protocol/format/log-formats.test.ts"] },
  of("crypto/note"),
  { file: "src/protocol/tlog/merkle.ts", tests: ["tests/protocol/tlog/known-answers.test.ts", "tests/protocol/tlog/tree.test.ts"] },
  of("tlog/tree", "tests/protocol/tlog/known-answers.test.ts"),
  of("tlog/verify"),
  of("format/json"),
  { file: "src/protocol/format/manifest.ts", tests: ["tests/protocol/crypto/bundle.test.ts", "tests/protocol/format/log-formats.test.ts"] },
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
];
