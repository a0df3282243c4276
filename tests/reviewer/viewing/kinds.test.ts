/** What files seem to be, honest ones and those that lie. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../../src/protocol/encoding.ts";
import { claimFits, kindOf } from "../../../src/reviewer/viewing/kinds.ts";
import * as samples from "../../support/sample-files.ts";

const latin = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));

describe("what a file seems to be", () => {
  it.each([
    ["JPEG", samples.jpegOf(), "picture", "image/jpeg"],
    ["PNG", samples.pngOf(), "picture", "image/png"],
    ["GIF", latin("GIF89a\x01\0\x01\0"), "picture", "image/gif"],
    ["BMP", latin(`BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0`), "picture", "image/bmp"],
    ["WebP", samples.webpOf(), "none", "image/webp"],
    ["HEIC", samples.heicOf(), "none", "image/heic"],
    ["PDF", samples.pdfOf(), "document", "application/pdf"],
    ["Word", samples.docxOf(), "document", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
    ["Excel", samples.xlsxOf(), "document", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
    ["OpenDocument", samples.odtOf(), "document", "application/vnd.oasis.opendocument.text"],
    ["WAV", samples.wavOf(), "sound", "audio/wav"],
    ["MP3", samples.mp3Of(), "sound", "audio/mpeg"],
    ["film", samples.movieOf(), "film", "video/mp4"],
    ["text", utf8("我看见了救护车。\nنېمە"), "text", "text/plain"],
    ["text of Windows", latin("\xff\xfeh\0i\0"), "text", "text/plain"],
    ["a program", latin("\x7fELF\x02\x01\x01"), "none", "application/x-executable"],
    ["an archive", samples.zipOf({ "a.txt": "a" }), "none", "application/zip"],
    ["nothing", new Uint8Array(0), "none", ""],
  ] as const)("of %s", (_name, file, view, claimed) => {
    const kind = kindOf(file);
    expect(kind.view).toBe(view);
    expect(claimFits(kind, claimed)).toBe(true);
  });

  it.each([
    [
      "a drawing with a script",
      '<?xml version="1.0"?>\n<!-- x -->\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
      /SVG/,
    ],
    ["a web page", "\ufeff <!DOCTYPE html><script>alert(1)</script>", /web page/],
    ["a PDF behind a web page", "<html><!-- %PDF-1.4 -->", /web page/],
    ["a table with a formula", '=HYPERLINK("http://x","y"),1', /^text$/],
    ["a script", "#!/bin/sh\nrm -rf /", /^text$/],
  ])("takes %s for text and nothing else", (_name, file, seems) => {
    expect(kindOf(utf8(file))).toMatchObject({ view: "text", type: "" });
    expect(kindOf(utf8(file)).seems).toMatch(seems);
  });

  it("says when a claim does not fit", () => {
    expect(claimFits(kindOf(latin("MZ\x90\0")), "image/png")).toBe(false);
    expect(claimFits(kindOf(samples.pngOf()), "image/jpeg")).toBe(false);
    expect(claimFits(kindOf(utf8("<svg>")), "image/svg+xml")).toBe(true);
    expect(claimFits(kindOf(samples.pngOf()), "")).toBe(true);
  });

  it("finds something for any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(kindOf(bytes).seems).not.toBe("");
      }),
    );
  });
});
