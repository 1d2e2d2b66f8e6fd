'use strict';

// A Power Query script as Microsoft's parser reads it: the values that its records name, and the parameters of its function.

const { DefaultSettings, TaskUtils } = require('@microsoft/powerquery-parser');

const every = (node, found = []) => {
  if (!node || typeof node !== 'object') return found;
  if (node.kind) found.push(node);
  for (const [name, value] of Object.entries(node)) if (name !== 'tokenRange') every(value, found);
  return found;
};

const literal = (node) => {
  if (node.kind === 'LiteralExpression') return JSON.parse(node.literal);
  if (node.kind === 'ListExpression') return node.content.elements.map((each) => literal(each.node));
  if (node.kind === 'RecordExpression') return record(node);
  return node;
};

const record = (node) =>
  Object.fromEntries(node.content.elements.map(({ node: pair }) => [pair.key.literal, literal(pair.value)]));

const script = async (text) => {
  const read = await TaskUtils.tryLexParse(DefaultSettings, text);
  if (read.resultKind !== 'Ok') throw read.error;
  const nodes = every(read.ast);
  const named = (name) => nodes.find((node) => node.kind === 'IdentifierPairedExpression' && node.key.literal === name).value;
  const call = nodes.find(
    (node) =>
      node.kind === 'RecursivePrimaryExpression' && node.head.identifier && node.head.identifier.literal === 'Web.Contents',
  );
  const [address, options] = call.recursiveExpressions.elements[0].content.elements.map(({ node }) => node);
  return {
    address: address.identifier.literal,
    options: record(options),
    named: (name) => literal(named(name)),
    parameters: named('Search').parameters.content.elements.map(({ node }) => [
      Boolean(node.optionalConstant),
      node.name.literal,
    ]),
  };
};

module.exports = { script };
