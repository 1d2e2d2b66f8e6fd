'use strict';

const { triggers } = require('./definitions.json');
const { ask } = require('./requests');
const { verify } = require('./signature');

const subscribe = (eventType) => async (z, bundle) => {
  const { connection, keys } = bundle.inputData;
  const body = { url: bundle.targetUrl, event_types: [eventType], description: 'Zapier' };
  if (connection) body.connection = connection;
  if (keys?.length) body.keys = keys;
  const subscribed = async () => (await ask(z, bundle, '/v1/endpoints', { method: 'POST', body })).data;
  let endpoint = await subscribed();
  if (!endpoint.secret) {
    // It was there already, and a secret is shown once: without it no message could be verified.
    await remove(z, bundle, endpoint.id);
    endpoint = await subscribed();
  }
  return { id: endpoint.id, secret: endpoint.secret };
};

const remove = (z, bundle, id) =>
  ask(z, bundle, `/v1/endpoints/${encodeURIComponent(id)}`, { method: 'DELETE', tolerate: ['not_found'] });

const unsubscribe = async (z, bundle) => {
  await remove(z, bundle, bundle.subscribeData.id);
  return {};
};

const receive = (z, bundle) => {
  verify(z, bundle.rawRequest, bundle.subscribeData?.secret);
  return [bundle.cleanedRequest];
};

// The newest events of the type, or its example; with the very keys of the webhook.
const list = (eventType) => async (z, bundle) => {
  const { connection } = bundle.inputData;
  const path = `/v1/event-types/${encodeURIComponent(eventType)}/samples`;
  return (await ask(z, bundle, path, { params: connection ? { connection } : {} })).data.data;
};

const hook = ({ event_type: eventType, operation, ...definition }) => ({
  ...definition,
  operation: {
    ...operation,
    type: 'hook',
    performSubscribe: subscribe(eventType),
    performUnsubscribe: unsubscribe,
    perform: receive,
    performList: list(eventType),
  },
});

const SOURCES = ['connections', 'indexes', 'namespaces', 'backups', 'models'];
const SINGULAR = { connections: 'connection', indexes: 'index', namespaces: 'namespace', backups: 'backup', models: 'model' };

// What a drop-down offers, from /v1/options.
const dropdown = (source) => ({
  key: `${SINGULAR[source]}_list`,
  noun: SINGULAR[source],
  display: {
    label: `List of ${source}`,
    description: `Lists the ${source} that can be chosen.`,
    hidden: true,
  },
  operation: {
    type: 'polling',
    perform: async (z, bundle) => {
      const { connection, index } = bundle.inputData;
      const params = { ...(connection && { connection }), ...(index && { index }) };
      return (await ask(z, bundle, `/v1/options/${source}`, { params })).data.data;
    },
    sample: { id: 'articles', name: 'articles' },
    outputFields: [
      { key: 'id', label: 'Id', type: 'string' },
      { key: 'name', label: 'Name', type: 'string' },
    ],
  },
});

const byKey = (definitions) => Object.fromEntries(definitions.map((each) => [each.key, each]));

module.exports = byKey([...Object.values(triggers).map(hook), ...SOURCES.map(dropdown)]);
