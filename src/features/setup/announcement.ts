/**
 * What people read where there is no administrator yet, by whichever way they come to it.
 * @param renewal what makes a new link, as the subject of the sentence
 */
export function describeSetupLink(link: string, renewal: string, copy = ''): string {
  return `
  There is no administrator yet. Open this link to make the first one:

    ${link}

  It works once, for 30 minutes. ${renewal} makes a new one.${copy}
`;
}
