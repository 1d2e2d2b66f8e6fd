'use strict';

const { creates, searches } = require('./definitions.json');
const { ask } = require('./requests');
const { verify } = require('./signature');

const READERS = {
  json: (text) => JSON.parse(text),
  numbers: (text) => JSON.parse(text.trim().startsWith('[') ? text : `[${text}]`),
};

const isEmpty = (value) =>
  value === '' || value === null || value === undefined || (typeof value === 'object' && !Object.keys(value).length);

// The input of an action: what was filled in, its JSON and its numbers read. Connection and background say how it is run.
const inputOf = (z, { parsed, named }, bundle) => {
  const input = {};
  for (const [key, value] of Object.entries(bundle.inputData)) {
    if (isEmpty(value) || key === 'connection' || key === 'background') continue;
    input[key] = parsed[key] && typeof value === 'string' ? readAs(z, parsed[key], key, value) : value;
  }
  for (const [key, isOneOfMany] of Object.entries(named)) {
    const { [`${key}_by_name`]: byName } = input;
    if (!byName) continue;
    if (input[key]) {
      throw new z.errors.Error(`${key} is given twice: as JSON and by name`, 'invalid_input', 422);
    }
    delete input[`${key}_by_name`];
    input[key] = isOneOfMany ? [byName] : byName;
  }
  return input;
};

const readAs = (z, kind, key, text) => {
  try {
    return READERS[kind](text);
  } catch (error) {
    const wanted = kind === 'json' ? 'JSON' : 'numbers separated by commas';
    throw new z.errors.Error(`${key} must be ${wanted}: ${error.message}`, 'invalid_input', 422);
  }
};

// Run an action and return its output: null for a thing that is not there, and while Zapier waits the run instead.
const run = async (z, bundle, definition) => {
  const { connection, background } = bundle.inputData;
  const isAwaited = (definition.long || background) && !bundle.meta?.isLoadingSample;
  const body = inputOf(z, definition, bundle);
  if (isAwaited) body.callback_url = z.generateCallbackUrl();
  const response = await ask(z, bundle, `/v1/actions/${definition.key}`, {
    method: 'POST',
    body,
    params: connection ? { connection } : {},
    tolerate: definition.missing_is_empty ? ['pinecone_not_found'] : [],
  });
  if (isAwaited) {
    return { run: response.data.id, secret: response.getHeader('pinehook-callback-secret') };
  }
  if (response.status === 202) {
    throw new z.errors.Error(
      `It takes longer than Zapier waits, and goes on as ${response.data.id}: choose Run in the Background`,
      'still_running',
      202,
    );
  }
  return response.status === 404 ? null : response.data;
};

// What an action gave, once Pinehook has told of its end: the event run.succeeded, run.failed or run.cancelled.
const resume = async (z, bundle) => {
  verify(z, bundle.rawRequest, bundle.outputData.secret);
  const { type, data } = bundle.cleanedRequest;
  if (type !== 'run.succeeded') {
    const { code, detail } = data.error || {};
    throw new z.errors.Error(detail || `The run was ${data.state}`, code || data.state, 422);
  }
  return data.output || (await ask(z, bundle, `/v1/runs/${encodeURIComponent(data.run)}`)).data.output;
};

const create = (definition) => ({
  key: definition.key,
  noun: definition.noun,
  display: definition.display,
  operation: {
    ...definition.operation,
    perform: (z, bundle) => run(z, bundle, definition),
    performResume: resume,
  },
});

// Nothing found is an empty list: a thing that is not there, or a search whose list of results is empty. What was found
// stays one result, since Zapier uses the first alone; the best of its list stands beside it, to be mapped without line items.
const found = ({ list }, output) => {
  if (output === null || (list && !output[list].length)) return [];
  return [list ? { ...output, first: output[list][0] } : output];
};

const search = (definition) => ({
  key: definition.key,
  noun: definition.noun,
  display: definition.display,
  operation: {
    ...definition.operation,
    perform: async (z, bundle) => {
      if (definition.long && bundle.meta?.isLoadingSample) return [definition.operation.sample];
      return found(definition, await run(z, bundle, definition));
    },
    ...(definition.long && { performResume: async (z, bundle) => [await resume(z, bundle)] }),
  },
});

const each = (definitions, make) =>
  Object.fromEntries(Object.values(definitions).map((definition) => [definition.key, make(definition)]));

module.exports = { creates: each(creates, create), searches: each(searches, search) };
