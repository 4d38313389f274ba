// Finds what a source file says to a reader by itself, by its syntax tree.
import ts from 'typescript';

/** Attributes that no reader sees or hears. Every other one is a text. */
const technical = new RegExp(
  `^(${[
    'act|autoCapitalize|autoComplete|autoCorrect|className|color|d|fill|height|href|id|key|mb|method|my|name|path|popover',
    'popoverTarget|popoverTargetAction|role|size|defaultColorScheme|to|tone|type|variant|viewBox|width|focusAfterRefusal',
    'aria-(busy|controls|expanded|hidden|live|pressed)|data-.+|on[A-Z].+',
  ].join('|')})$`,
);

const hasLetter = (text: string): boolean => /\p{L}/u.test(text);

/** Two words, or one that begins as a label does. Names of header fields do too, and are none. */
const readsLikeText = (text: string): boolean =>
  (/\p{L}[,.:;!?…]?\s+\p{L}/u.test(text) || /^\p{Lu}\p{Ll}/u.test(text)) && !/^[A-Z][a-z]+(-[A-Z][a-z]+)+$/.test(text);

function textOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join('…');
}

/** The literals that an expression can come to: both branches of a condition, but not what is compared in it. */
function outcomes(node: ts.Expression): ts.Expression[] {
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node) || ts.isSatisfiesExpression(node))
    return outcomes(node.expression);
  if (ts.isConditionalExpression(node)) return [...outcomes(node.whenTrue), ...outcomes(node.whenFalse)];
  if (ts.isArrayLiteralExpression(node)) return node.elements.flatMap(outcomes);
  if (ts.isBinaryExpression(node)) {
    const isCompared = /^[!=<>]/.test(node.operatorToken.getText());
    return isCompared ? [] : [...outcomes(node.left), ...outcomes(node.right)];
  }
  return [node];
}

const isInCode = (node: ts.Node): boolean =>
  ts.isJsxElement(node.parent) && node.parent.openingElement.tagName.getText() === 'code';

function saidInJsx(node: ts.Node): string[] {
  if (ts.isJsxText(node)) return isInCode(node) ? [] : [node.text.trim()];
  const isChild = ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent) && !isInCode(node);
  if (isChild && node.expression !== undefined)
    return outcomes(node.expression).map((outcome) => textOf(outcome) ?? '');
  if (!ts.isJsxAttribute(node) || technical.test(node.name.getText())) return [];
  const { initializer } = node;
  if (initializer === undefined) return [];
  const value = ts.isJsxExpression(initializer) ? initializer.expression : initializer;
  return value === undefined ? [] : outcomes(value).map((outcome) => textOf(outcome) ?? '');
}

/** Where words are no text: names of modules and types, messages of errors for developers, keys, comparisons. */
function isTechnical(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isImportDeclaration(parent) || ts.isLiteralTypeNode(parent) || ts.isModuleDeclaration(parent)) return true;
  if (ts.isNewExpression(parent) && parent.expression.getText().endsWith('Error')) return true;
  if (ts.isPropertyAssignment(parent) && parent.name === node) return true;
  if (ts.isBinaryExpression(parent)) return /^[!=]/.test(parent.operatorToken.getText());
  return ts.isJsxAttribute(parent) && technical.test(parent.name.getText());
}

export interface FoundText {
  line: number;
  text: string;
}

export function findTexts(fileName: string, source: string): FoundText[] {
  const file = ts.createSourceFile(fileName, source, ts.ScriptTarget.Latest, true);
  const found = new Map<string, FoundText>();
  const visit = (node: ts.Node): void => {
    const literal = textOf(node);
    const said = saidInJsx(node).filter(hasLetter);
    if (literal !== undefined && readsLikeText(literal) && !isTechnical(node)) said.push(literal);
    const line = file.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    for (const text of said) found.set(`${line} ${text}`, { line, text });
    ts.forEachChild(node, visit);
  };
  visit(file);
  return [...found.values()];
}
