'use strict';

const { isDeepStrictEqual } = require('node:util');
const { events } = require('../../definitions.json');
const { ask } = require('../../asking');
const { connection } = require('../../connection');
const { read } = require('../../input');
const { listSearch } = require('../../options');
const { isSigned } = require('../../signature');

const ANY = { name: 'All Events', value: '*', description: 'Whatever happens' };

// What the endpoint is to be: its URL, and which events it wants.
const wanted = async (context) => {
  const { names, filter, ordered } = context.getNodeParameter('options', {});
  const given = {
    url: context.getNodeWebhookUrl('default'),
    event_types: context.getNodeParameter('eventTypes'),
    connection: await read(context, 0, 'connection', 'chosen', context.getNodeParameter('connection', '')),
    keys: await read(context, 0, 'names', 'list', names),
    filter: await read(context, 0, 'filter', 'json', filter),
    ordered,
    description: `n8n: ${context.getWorkflow().name ?? context.getWorkflow().id}`,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
};

const path = (id) => `/v1/endpoints/${encodeURIComponent(id)}`;
const remove = (context, id) => ask(context, 'DELETE', path(id), { tolerate: ['not_found'] });
const kept = (context) => context.getWorkflowStaticData('node');

// The endpoint that is kept for this very URL and choice; null where there is none. A test has another URL than production.
const current = async (context) => {
  const { id, choice } = kept(context);
  if (!id || !isDeepStrictEqual(choice, await wanted(context))) return null;
  const { statusCode, body } = await ask(context, 'GET', path(id), { tolerate: ['not_found'] });
  return statusCode === 200 ? body : null;
};

class PinehookTrigger {
  description = {
    displayName: 'Pinehook Trigger',
    name: 'pinehookTrigger',
    icon: 'file:pinehook.svg',
    group: ['trigger'],
    version: 1,
    subtitle: '={{[$parameter["eventTypes"]].flat().join(", ")}}',
    description: 'Starts the workflow when something happens in Pinecone',
    defaults: { name: 'Pinehook Trigger' },
    inputs: [],
    outputs: ['main'],
    credentials: [{ name: 'pinehookApi', required: true }],
    webhooks: [{ name: 'default', httpMethod: 'POST', responseMode: 'onReceived', path: 'webhook' }],
    properties: [
      {
        displayName: 'Event Types',
        name: 'eventTypes',
        type: 'multiOptions',
        required: true,
        default: [],
        options: [ANY, ...Object.values(events)],
        description: 'What starts the workflow. Something must be watched in Pinehook for its events to exist.',
      },
      connection('Only what is seen through this connection. Left empty, through any.'),
      {
        displayName: 'Options',
        name: 'options',
        type: 'collection',
        placeholder: 'Add Option',
        default: {},
        options: [
          {
            displayName: 'Filter',
            name: 'filter',
            type: 'json',
            default: '',
            placeholder: '{"properties": {"status": {"const": "Ready"}}}',
            description: 'Only events that satisfy this JSON Schema, applied to the event as it is sent',
          },
          {
            displayName: 'In Order',
            name: 'ordered',
            type: 'boolean',
            default: false,
            description: 'Whether an event of a resource waits until the ones before it are done',
          },
          {
            displayName: 'Names',
            name: 'names',
            type: 'string',
            typeOptions: { multipleValues: true },
            default: [],
            placeholder: 'prod-*',
            description: 'Only what has one of these names. A * stands for anything.',
          },
        ],
      },
    ],
  };

  methods = { listSearch };

  webhookMethods = {
    default: {
      async checkExists() {
        return (await current(this))?.state === 'active';
      },

      async create() {
        const known = await current(this);
        if (known) {
          // Paused by someone, or disabled while n8n was away: what it is owed is sent now.
          await ask(this, 'PATCH', path(known.id), { body: { state: 'active' } });
          return true;
        }
        const choice = await wanted(this);
        const subscribed = async () => (await ask(this, 'POST', '/v1/endpoints', { body: choice })).body;
        let endpoint = await subscribed();
        if (!endpoint.secret) {
          // It was there already, and a secret is shown once: without it no message could be verified.
          await remove(this, endpoint.id);
          endpoint = await subscribed();
        }
        Object.assign(kept(this), { id: endpoint.id, secret: endpoint.secret, choice });
        return true;
      },

      async delete() {
        const data = kept(this);
        if (data.id && data.choice?.url === this.getNodeWebhookUrl('default')) await remove(this, data.id);
        for (const key of ['id', 'secret', 'choice']) delete data[key];
        return true;
      },
    },
  };

  async webhook() {
    const { rawBody } = this.getRequestObject();
    if (!isSigned(this.getHeaderData(), rawBody, kept(this).secret)) {
      this.getResponseObject().status(401).json({ message: 'This message is not signed by your Pinehook; it was not used' });
      return { noWebhookResponse: true };
    }
    return { workflowData: [this.helpers.returnJsonArray(JSON.parse(rawBody.toString('utf8')))] };
  }
}

module.exports = { PinehookTrigger };
