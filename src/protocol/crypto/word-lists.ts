/**
 * The lists of BIP-39 that a witness can pick, as the library has them. The witness's page has another way to them: its build puts `src/page/word-lists.ts` in the place
 * of this file.
 */

/** Lists a witness can pick. */
export type WordList = "english" | "simplified-chinese" | "traditional-chinese" | "korean";

/** The 2,048 words of a list in their order, in decomposed form (NFKD). Loaded when asked for. */
export async function loadWords(list: WordList): Promise<string[]> {
  switch (list) {
    case "english":
      return (await import("@scure/bip39/wordlists/english.js")).wordlist;
    case "simplified-chinese":
      return (await import("@scure/bip39/wordlists/simplified-chinese.js")).wordlist;
    case "traditional-chinese":
      return (await import("@scure/bip39/wordlists/traditional-chinese.js")).wordlist;
    case "korean":
      return (await import("@scure/bip39/wordlists/korean.js")).wordlist;
  }
}
