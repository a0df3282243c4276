/**
 * Coverage for the fuzzer: every file of a folder that is imported after {@link instrument} counts which of its branches ran, and how often.
 *
 * Node loads TypeScript as it stands; a hook on loading has the compiler put `counters[n]++` where a branch begins, and `equal(a, b)` in the place of
 * `a === b`, so that the fuzzer learns what an input was compared with and can write it there (input-to-state correspondence, as in RedQueen). Literals of the sources are
 * kept as words that mutations may write.
 *
 * Rejected: `@jazzer.js/core` 4.0.0, whose native part needs glibc 2.38, which Debian 12 does not have, and whose version before does not instrument ES modules; V8's
 * precise coverage, which takes a millisecond to read, a hundred times what most inputs take here.
 *
 * State: one for each process, owned by this module.
 */
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** Most branches that are counted. */
const MOST_BRANCHES = 65_536;
/** Longest word that is kept, characters. */
const LONGEST_WORD = 64;
/** Most comparisons that are kept of one run. */
const MOST_COMPARISONS = 256;

/** Translations have no branches and a hundred kilobytes of words. */
const LEFT_OUT = /\/page\/locales\//;

/** Two values that were compared and were not the same: strings, or numbers. */
export type Comparison = readonly [string, string] | readonly [number, number];

/** How often each branch ran since they were last set to zero; at 256 a count starts again. */
const counters = new Uint8Array(MOST_BRANCHES);
let branches = 0;
const words = new Set<string>();
const comparisons: Comparison[] = [];
let watching = false;

/** What the instrumented code calls. */
interface Probe {
  readonly counters: Uint8Array;
  equal(a: unknown, b: unknown): boolean;
}

/** Name of the probe in the global scope. */
const PROBE = "__firsthandProbe";

/** What was gathered, for the fuzzer. */
export interface Coverage {
  /** The counters in use, as they stand: not a copy. */
  counts(): Uint8Array;
  /** Words that stand in the sources. */
  words(): readonly string[];
  /** Runs `work` and returns the comparisons that failed meanwhile, the first {@link MOST_COMPARISONS}. */
  compared(work: () => unknown): Promise<readonly Comparison[]>;
}

/** From now on what is imported from below `sources` is instrumented. Call once. */
export function instrument(sources: URL): Coverage {
  const probe: Probe = {
    counters,
    equal: (a, b) => {
      if (a === b) return true;
      if (watching) note(a, b);
      return false;
    },
  };
  Object.defineProperty(globalThis, PROBE, { value: probe });
  registerHooks({
    load: (url, context, next) => {
      if (!url.startsWith(sources.href) || !url.endsWith(".ts") || LEFT_OUT.test(url)) return next(url, context);
      return { format: "module", source: instrumented(fileURLToPath(url)), shortCircuit: true };
    },
  });
  return {
    counts: () => counters.subarray(0, branches),
    words: () => [...words],
    compared: async (work) => {
      comparisons.length = 0;
      watching = true;
      try {
        await work();
      } finally {
        watching = false;
      }
      return [...comparisons];
    },
  };
}

function note(a: unknown, b: unknown): void {
  if (comparisons.length >= MOST_COMPARISONS) return;
  if (typeof a === "number" && typeof b === "number") comparisons.push([a, b]);
  else if (typeof a === "string" && typeof b === "string" && a.length <= LONGEST_WORD && b.length <= LONGEST_WORD) comparisons.push([a, b]);
}

function instrumented(path: string): string {
  const { outputText } = ts.transpileModule(readFileSync(path, "utf8"), {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      inlineSourceMap: true,
    },
    transformers: { before: [countingTransformer] },
  });
  return outputText;
}

/** Adds the counters to one file. */
function countingTransformer(context: ts.TransformationContext): (file: ts.SourceFile) => ts.SourceFile {
  const make = context.factory;
  const probe = make.createUniqueName("probe");

  const count = (): ts.Expression =>
    make.createPostfixIncrement(make.createElementAccessExpression(make.createPropertyAccessExpression(probe, "counters"), nextBranch()));
  const counted = (statements: readonly ts.Statement[]): ts.Statement[] => [make.createExpressionStatement(count()), ...statements];
  const countedBlock = (body: ts.Statement): ts.Block => make.createBlock(counted(ts.isBlock(body) ? body.statements : [body]), true);
  const countedValue = (value: ts.Expression): ts.Expression => make.createParenthesizedExpression(make.createComma(count(), value));

  const visit = (original: ts.Node): ts.Node => {
    if (ts.isTypeNode(original) || ts.isInterfaceDeclaration(original) || ts.isTypeAliasDeclaration(original)) return original;
    if (ts.isStringLiteralLike(original)) keepWord(original);
    const node = ts.visitEachChild(original, visit, context);
    if (ts.isBlock(node) && isFunctionWithBlock(original.parent, original)) return countedBlock(node);
    if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      const { modifiers, typeParameters, parameters, type, equalsGreaterThanToken, body } = node;
      return make.updateArrowFunction(node, modifiers, typeParameters, parameters, type, equalsGreaterThanToken, countedValue(body));
    }
    if (ts.isIfStatement(node)) {
      const other = node.elseStatement === undefined ? make.createBlock(counted([])) : countedBlock(node.elseStatement);
      return make.updateIfStatement(node, node.expression, countedBlock(node.thenStatement), other);
    }
    if (ts.isForStatement(node))
      return make.updateForStatement(node, node.initializer, node.condition, node.incrementor, countedBlock(node.statement));
    if (ts.isForOfStatement(node))
      return make.updateForOfStatement(node, node.awaitModifier, node.initializer, node.expression, countedBlock(node.statement));
    if (ts.isWhileStatement(node)) return make.updateWhileStatement(node, node.expression, countedBlock(node.statement));
    if (ts.isDoStatement(node)) return make.updateDoStatement(node, countedBlock(node.statement), node.expression);
    if (ts.isCaseClause(node)) return make.updateCaseClause(node, node.expression, counted(node.statements));
    if (ts.isDefaultClause(node)) return make.updateDefaultClause(node, counted(node.statements));
    if (ts.isCatchClause(node)) return make.updateCatchClause(node, node.variableDeclaration, countedBlock(node.block));
    if (ts.isConditionalExpression(node)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = node;
      return make.updateConditionalExpression(node, condition, questionToken, countedValue(whenTrue), colonToken, countedValue(whenFalse));
    }
    return ts.isBinaryExpression(node) ? binary(node) : node;
  };

  const binary = (node: ts.BinaryExpression): ts.Expression => {
    switch (node.operatorToken.kind) {
      case ts.SyntaxKind.AmpersandAmpersandToken:
      case ts.SyntaxKind.BarBarToken:
      case ts.SyntaxKind.QuestionQuestionToken:
        return make.updateBinaryExpression(node, node.left, node.operatorToken, countedValue(node.right));
      case ts.SyntaxKind.EqualsEqualsEqualsToken:
        return same(node);
      case ts.SyntaxKind.ExclamationEqualsEqualsToken:
        return make.createLogicalNot(same(node));
      default:
        return node;
    }
  };
  const same = ({ left, right }: ts.BinaryExpression): ts.Expression =>
    make.createCallExpression(make.createPropertyAccessExpression(probe, "equal"), undefined, [left, right]);

  return (file) => {
    const whole = ts.visitEachChild(file, visit, context);
    const declaration = make.createVariableStatement(
      undefined,
      make.createVariableDeclarationList(
        [
          make.createVariableDeclaration(
            probe,
            undefined,
            undefined,
            make.createPropertyAccessExpression(make.createIdentifier("globalThis"), PROBE),
          ),
        ],
        ts.NodeFlags.Const,
      ),
    );
    return make.updateSourceFile(whole, [declaration, ...whole.statements]);
  };
}

function nextBranch(): number {
  if (branches === MOST_BRANCHES) throw new Error("there are more branches than counters");
  return branches++;
}

function isFunctionWithBlock(parent: ts.Node, body: ts.Node): boolean {
  return ts.isFunctionLike(parent) && "body" in parent && parent.body === body;
}

/** Names of modules are no words of a format. */
function keepWord(literal: ts.StringLiteralLike): void {
  if (ts.isImportDeclaration(literal.parent) || ts.isExportDeclaration(literal.parent)) return;
  if (literal.text.length > 1 && literal.text.length <= LONGEST_WORD && !/ .* /.test(literal.text)) words.add(literal.text);
}
