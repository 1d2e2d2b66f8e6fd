'use strict';

const { NodeOperationError } = require('n8n-workflow');
const { actions, operations, parameters, resources } = require('../../definitions.json');
const { ask } = require('../../asking');
const { inputOf, read } = require('../../input');
const methods = require('../../options');
const { connection } = require('../../connection');

const ENDED = ['succeeded', 'failed', 'cancelled'];

// Wait for a run's end, and return its output; n8n sets the limit, by the workflow's timeout.
const outcome = async (context, started, itemIndex) => {
  let run = started;
  const path = `/v1/runs/${encodeURIComponent(run.id)}`;
  while (!ENDED.includes(run.state)) {
    if (context.getExecutionCancelSignal?.()?.aborted) {
      throw new NodeOperationError(context.getNode(), `Not waited for any longer: ${run.id} goes on`, { itemIndex });
    }
    run = (await ask(context, 'GET', path, { qs: { wait: 30 }, itemIndex })).body;
  }
  if (run.state !== 'succeeded') {
    const { code, detail } = run.error || {};
    const description = `${run.id}${code ? ` · ${code}` : ''}`;
    throw new NodeOperationError(context.getNode(), detail || `The run was ${run.state}`, { description, itemIndex });
  }
  return run.output;
};

// The items that an output becomes: one for each thing that was found, or one for the whole.
const itemsOf = (output, { list }, isWhole) => {
  if (!list || isWhole) return [output];
  return output[list].map((each) => (typeof each === 'object' ? each : { [list.replace(/s$/, '')]: each }));
};

// Run the action for one item.
const run = async (context, itemIndex) => {
  const name = context.getNodeParameter('operation', itemIndex);
  const definition = actions[name];
  const { wait = true, whole_answer: isWhole, idempotency_key: once, ...more } = context.getNodeParameter(
    'additionalFields',
    itemIndex,
    {},
  );
  const on = await read(context, itemIndex, 'connection', 'chosen', context.getNodeParameter('connection', itemIndex, ''));
  const { statusCode, body } = await ask(context, 'POST', `/v1/actions/${name}`, {
    body: await inputOf(context, itemIndex, definition, more),
    qs: on ? { connection: on } : {},
    headers: { ...(once && { 'Idempotency-Key': String(once) }), ...(!wait && { Prefer: 'respond-async' }) },
    itemIndex,
  });
  if (statusCode !== 202) return itemsOf(body, definition, isWhole);
  return wait ? itemsOf(await outcome(context, body, itemIndex), definition, isWhole) : [body];
};

// A failure as an item, for workflows that go on. n8n knows it as one by these two keys, and keeps what is in them.
const failure = (error, itemIndex) => ({
  json: { message: error.message, error: { description: error.description ?? null, ...error.context?.pinehook } },
  pairedItem: { item: itemIndex },
});

class Pinehook {
  description = {
    displayName: 'Pinehook',
    name: 'pinehook',
    icon: 'file:pinehook.svg',
    group: ['transform'],
    version: 1,
    subtitle: '={{$parameter["operation"].replaceAll("_", " ")}}',
    description: 'Work with Pinecone by your own Pinehook: indexes, records, search, backups',
    defaults: { name: 'Pinehook' },
    usableAsTool: true,
    inputs: ['main'],
    outputs: ['main'],
    credentials: [{ name: 'pinehookApi', required: true }],
    properties: [
      {
        displayName: 'Resource',
        name: 'resource',
        type: 'options',
        noDataExpression: true,
        options: Object.values(resources),
        default: 'record',
      },
      ...Object.entries(operations).map(([resource, options]) => ({
        displayName: 'Operation',
        name: 'operation',
        type: 'options',
        noDataExpression: true,
        displayOptions: { show: { resource: [resource] } },
        options,
        default: options[0].value,
      })),
      connection('The connection to run it on. Left empty, the default one.'),
      ...Object.values(parameters),
    ],
  };

  methods = methods;

  async execute() {
    const results = [];
    for (let itemIndex = 0; itemIndex < this.getInputData().length; itemIndex += 1) {
      try {
        for (const json of await run(this, itemIndex)) results.push({ json, pairedItem: { item: itemIndex } });
      } catch (error) {
        if (!this.continueOnFail()) throw error;
        results.push(failure(error, itemIndex));
      }
    }
    return [results];
  }
}

module.exports = { Pinehook };
