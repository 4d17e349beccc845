/**
 * Text widths that depend on no installed font, for SVG output: advance widths of Helvetica (Adobe Core 14 font metrics,
 * thousandths of an em) for printable ASCII from the space on; East Asian characters are one em, everything else is 0.6.
 */
const ascii = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
];

/** First code point of the East Asian wide blocks. */
const wideFrom = 0x2e80;

export function textWidth(text: string, size: number, weight = 400): number {
  let thousandths = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code >= wideFrom) thousandths += 1000;
    else thousandths += ascii[code - 32] ?? 600;
  }
  // Helvetica Bold is about 6 % wider than the regular cut.
  return (thousandths / 1000) * size * (weight >= 600 ? 1.06 : 1);
}
