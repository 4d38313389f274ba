declare module '@zxcvbn-ts/language-common/dist/diceware.json.mjs' {
  /** The EFF's long list: 7776 words, without ones that are hard to type or to hear. */
  const words: readonly string[];
  export default words;
}
