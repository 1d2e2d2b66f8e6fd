'use strict';

// Office Scripts are checked by the TypeScript that Excel has (4.0.3), and by the further rules of its Code Editor
// (learn.microsoft.com/office/dev/scripts/develop/typescript-restrictions); the Power Query function by Microsoft's own parser.

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const ts = require('typescript');
const { script: queryScript } = require('./test/powerquery');

const ARRAY_METHODS = ['every', 'filter', 'find', 'findIndex', 'forEach', 'map', 'some', 'sort'];
const RESERVED = ['Excel', 'ExcelScript', 'console', 'eval', 'require', 'setTimeout', 'localStorage', 'sessionStorage'];

const complaints = (name) => {
  const options = {
    target: ts.ScriptTarget.ES2017,
    lib: ['lib.es2019.d.ts', 'lib.dom.d.ts'],
    types: [],
    strict: true,
    noUnusedLocals: true,
    noUnusedParameters: true,
    noEmit: true,
  };
  const program = ts.createProgram([join(__dirname, name), join(__dirname, 'excelscript.d.ts')], options);
  const source = program.getSourceFile(join(__dirname, name));
  const checker = program.getTypeChecker();
  const found = [...ts.getPreEmitDiagnostics(program)].map((each) => [
    each.start || 0,
    ts.flattenDiagnosticMessageText(each.messageText, ' '),
  ]);
  const refuse = (node, told) => found.push([node.getStart(source), told]);
  const inCallback = (node) =>
    ts.isCallExpression(node.parent) &&
    ts.isPropertyAccessExpression(node.parent.expression) &&
    ARRAY_METHODS.includes(node.parent.expression.name.text);
  const look = (node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) refuse(node, 'any is not allowed');
    if (
      ts.isVariableDeclaration(node) &&
      node.parent.parent.kind !== ts.SyntaxKind.CatchClause &&
      !ts.isCatchClause(node.parent)
    ) {
      if (checker.getTypeAtLocation(node).flags & ts.TypeFlags.Any) refuse(node, 'the type of a variable may not be any');
    }
    if (ts.isArrowFunction(node) && !inCallback(node)) refuse(node, 'arrow functions are for callbacks of arrays alone');
    if (ts.isFunctionExpression(node) || ts.isClassDeclaration(node)) refuse(node, 'no function expressions, no classes');
    if (ts.isImportDeclaration(node) || ts.isExportAssignment(node)) refuse(node, 'a script stands alone');
    if (
      ts.isIdentifier(node) &&
      RESERVED.includes(node.text) &&
      !(node.text === 'ExcelScript' && !ts.isVariableDeclaration(node.parent))
    ) {
      refuse(node, `${node.text} cannot be used`);
    }
    ts.forEachChild(node, look);
  };
  look(source);
  const main = source.statements.find((each) => ts.isFunctionDeclaration(each) && each.name.text === 'main');
  const first = main && main.parameters[0].getText(source);
  if (first !== 'workbook: ExcelScript.Workbook') found.push([0, 'main(workbook: ExcelScript.Workbook, …) is what Excel calls']);
  return found.map(([start, told]) => `${name}:${source.getLineAndCharacterOfPosition(start).line + 1}: ${told}`);
};

const main = async () => {
  const found = ['PinehookSync.ts', 'PinehookSearch.ts'].flatMap(complaints);
  const query = await queryScript(readFileSync(join(__dirname, 'PinehookSearch.pq'), 'utf8')).catch((error) => error);
  if (query instanceof Error) found.push(`PinehookSearch.pq: ${query.message}`);
  found.forEach((each) => console.error(each));
  process.exitCode = found.length ? 1 : 0;
};

if (require.main === module) main();
module.exports = { complaints };
