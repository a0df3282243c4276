/** Stryker's ignorer: words for people in errors are nobody's behaviour. Codes of refusals are, and stay under attack. */
import { declareValuePlugin, PluginKind } from "@stryker-mutator/api/plugin";

const WORDS_FROM = { Error: 0, Refusal: 1, Fault: 0 };

const ignorer = {
  shouldIgnore({ node, parent, key, listKey }) {
    if (parent?.type !== "NewExpression" || listKey !== "arguments") return undefined;
    const from = WORDS_FROM[parent.callee.name];
    return from !== undefined && key >= from && (node.type === "StringLiteral" || node.type === "TemplateLiteral")
      ? "words for people"
      : undefined;
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, "messages", ignorer)];
