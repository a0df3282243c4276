/** XML inside documents: how a text comes in pieces changes nothing, and what was edited once is not changed by editing it again. */
import { edited, KEEP, unescapeXml } from "../../../src/page/files/xml.ts";
import { Unreadable } from "../../../src/page/files/slices.ts";
import { holds, type Target } from "../engine/target.ts";

const SEEDS = [
  '<?xml version="1.0"?>\n<!-- x --><w:p xmlns:w="urn:w" a=\'1\'><w:t>A &amp; B &#x4e2d;</w:t><![CDATA[ ]] > ]]><w:br/></w:p>',
  '<a b="&lt;&quot;&#13;">\u6587</a>',
];

// eslint-disable-next-line @typescript-eslint/require-await -- an asynchronous source
async function* cut(text: string, length: number): AsyncGenerator<string, void, undefined> {
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}

/** The text as an editor writes it that keeps everything; null if it cannot be read. */
async function kept(text: string, length: number): Promise<string | null> {
  try {
    return (await Array.fromAsync(edited(cut(text, length), { element: () => KEEP, text: unescapeXml }))).join("");
  } catch (error) {
    if (error instanceof Unreadable) return null;
    throw error;
  }
}

export const target: Target = {
  longest: 600,
  seeds: () => SEEDS.map((text) => new TextEncoder().encode(text)),
  run: async (input) => {
    const text = new TextDecoder("utf-8").decode(input);
    const whole = await kept(text, 1000);
    holds(whole === (await kept(text, 1 + ((input[0] ?? 0) % 16))), "the pieces decide what is read");
    if (whole !== null) holds((await kept(whole, 1000)) === whole, "editing again changes a text");
  },
};
