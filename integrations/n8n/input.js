'use strict';

const { NodeOperationError } = require('n8n-workflow');
const { ask } = require('./asking');

// What was filled in, as an action takes it: undefined where nothing was.

const isEmpty = (value) => value === '' || value === null || value === undefined;

const parsed = (text, wanted, { fail }) => {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail(`must be ${wanted}: ${error.message}`);
  }
};

const FILE_ID = /^file_[0-9a-f]{32}$/;

// The file of an item's binary field, uploaded, as its id; an id stays what it is.
const file = async (value, { context, itemIndex }) => {
  if (FILE_ID.test(value)) return value;
  const { fileName, mimeType } = context.helpers.assertBinaryData(itemIndex, value);
  const body = await context.helpers.getBinaryDataBuffer(itemIndex, value);
  const headers = { 'Content-Type': mimeType };
  const { body: kept } = await ask(context, 'POST', '/v1/files', { qs: { name: fileName || value }, body, headers, itemIndex });
  return kept.id;
};

const list = (value) => {
  const all = [value].flat(Infinity).filter((each) => !isEmpty(each));
  return all.length ? all : undefined;
};

const pairs = (value) => {
  if (!value.pair) return Object.keys(value).length ? value : undefined;
  return Object.fromEntries(value.pair.map((each) => [each.name, each.value]));
};

const numbers = (value, field) => {
  if (typeof value !== 'string') return value;
  return parsed(value.trim().startsWith('[') ? value : `[${value}]`, 'numbers separated by commas', field);
};

const json = (value, field) => (typeof value === 'string' ? parsed(value, 'JSON', field) : value);

const chosen = (value) => (value.__rl || 'mode' in Object(value) ? value.value : value);

const READERS = { chosen, file, json, list, numbers, pairs, value: (value) => value };

// Read the value of a parameter; how: one of READERS.
const read = async (context, itemIndex, key, how, value) => {
  if (isEmpty(value)) return undefined;
  const fail = (message) => {
    throw new NodeOperationError(context.getNode(), `${key} ${message}`, { itemIndex });
  };
  const found = await READERS[how](value, { context, itemIndex, fail });
  return isEmpty(found) ? undefined : found;
};

// The input of an action for one item.
const inputOf = async (context, itemIndex, definition, more) => {
  const input = {};
  for (const [key, how] of Object.entries(definition.read)) {
    const given = definition.more.includes(key) ? more[key] : context.getNodeParameter(key, itemIndex, '');
    const found = await read(context, itemIndex, key, how, given);
    if (found !== undefined) input[key] = found;
  }
  const confirm = definition.confirm ? context.getNodeParameter('confirm', itemIndex, '') : '';
  return isEmpty(confirm) ? input : { ...input, confirm };
};

module.exports = { inputOf, read };
