/**
 * A sentence with something in it that is no plain text, such as a link: the pieces in this language's order. The page says
 * what a piece becomes (an element in a page, `text <address>` in a mail), the language where it stands and what it is called.
 */
export type Sentence<Piece> = readonly (string | Piece)[];

/** Makes a piece of the words that belong into it. */
export type Wrap<Piece> = (words: string) => Piece;
