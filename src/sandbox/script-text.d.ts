/** A file and all that it imports as the text of one classic script; see tools/script-text.mjs. */
declare module '*?script' {
  const text: string;
  export default text;
}
