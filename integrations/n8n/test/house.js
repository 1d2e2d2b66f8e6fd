'use strict';

// What the tests need: a running Pinehook, and what n8n gives a node at run time: parameters completed from the node's own
// description, credentials, real HTTP, binary data and kept data. No n8n is needed.

const { createServer } = require('node:http');
const { once } = require('node:events');
const { NodeHelpers } = require('n8n-workflow');
const { Pinehook } = require('../nodes/Pinehook/Pinehook.node.js');
const { PinehookTrigger } = require('../nodes/Pinehook/PinehookTrigger.node.js');
const { PinehookApi } = require('../credentials/PinehookApi.credentials.js');
const { operations } = require('../definitions.json');

const { PINEHOOK_TEST_URL: url, PINEHOOK_TEST_KEY: apiKey } = process.env;
if (!url || !apiKey) throw new Error('PINEHOOK_TEST_URL and PINEHOOK_TEST_KEY say which Pinehook to test against');

const resourceOf = (operation) =>
  Object.keys(operations).find((each) => operations[each].some(({ value }) => value === operation));

const filled = (template, credentials) => template.replace(/^=/, '').replace(/\{\{\$credentials\.(\w+)\}\}/g, (_, name) => credentials[name]);

// One HTTP request as n8n's helper makes it: signed by the credential, JSON both ways, no error for a status.
const request = async (credentials, { method, url: address, qs = {}, body, headers = {} }) => {
  const { Authorization } = new PinehookApi().authenticate.properties.headers;
  const isBytes = Buffer.isBuffer(body);
  const response = await fetch(`${address}?${new URLSearchParams(qs)}`, {
    method,
    redirect: 'manual',
    headers: { Authorization: filled(Authorization, credentials), ...(body && !isBytes && { 'Content-Type': 'application/json' }), ...headers },
    body: isBytes ? body : body && JSON.stringify(body),
  });
  const text = await response.text();
  const isJson = /[/+]json/.test(response.headers.get('content-type') || '');
  return { statusCode: response.status, headers: Object.fromEntries(response.headers), body: isJson ? JSON.parse(text) : text };
};

const context = (type, parameters, { items = [{ json: {} }], credentials = { url, apiKey }, goesOn = false, headers = {}, ...more } = {}) => {
  const { description } = type;
  const node = { id: 'n1', name: description.displayName, type: description.name, typeVersion: 1, position: [0, 0], parameters };
  const complete = NodeHelpers.getNodeParameters(description.properties, parameters, true, false, node, description);
  const valueOf = (name, itemIndex, fallback) => {
    const value = complete[name] ?? fallback;
    return typeof value === 'function' ? value(items[itemIndex]) : value;
  };
  return {
    getNode: () => node,
    getInputData: () => items,
    getCredentials: async () => credentials,
    getNodeParameter: type instanceof Pinehook ? valueOf : (name, fallback) => valueOf(name, 0, fallback),
    getCurrentNodeParameter: (name) => complete[name],
    continueOnFail: () => goesOn,
    getWorkflow: () => ({ id: 'w1', name: 'A workflow' }),
    helpers: {
      httpRequestWithAuthentication: (_type, options) => request(credentials, { ...options, headers: { ...options.headers, ...headers } }),
      returnJsonArray: (data) => [data].flat().map((json) => ({ json })),
      assertBinaryData: (itemIndex, name) => {
        const binary = items[itemIndex].binary?.[name];
        if (!binary) throw new Error(`This operation expects the node's input data to contain a binary file '${name}'`);
        return binary;
      },
      getBinaryDataBuffer: async (itemIndex, name) => Buffer.from(items[itemIndex].binary[name].data, 'base64'),
    },
    ...more,
  };
};

// Run an operation of the action node, and return its items.
const act = async (operation, parameters = {}, more) => {
  const node = new Pinehook();
  const given = { resource: resourceOf(operation), operation, ...parameters };
  const [items] = await node.execute.call(context(node, given, more));
  return items;
};

const api = async (method, path, body) => (await request({ url, apiKey }, { method, url: url + path, body })).body;

const trigger = (parameters, webhookUrl, data) => {
  const node = new PinehookTrigger();
  const given = context(node, parameters, {
    getNodeWebhookUrl: () => webhookUrl,
    getWorkflowStaticData: () => data,
  });
  const methods = Object.entries(node.webhookMethods.default);
  return {
    ...Object.fromEntries(methods.map(([name, method]) => [name, () => method.call(given)])),
    receive: async ({ headers, rawBody }) => {
      const answer = { status: 200 };
      const response = { status: (status) => Object.assign(answer, { status }) && { json: (body) => Object.assign(answer, { body }) } };
      const more = { getRequestObject: () => ({ rawBody }), getHeaderData: () => headers, getResponseObject: () => response };
      return { answer, ...(await node.webhook.call({ ...given, ...more })) };
    },
  };
};

// Where n8n's webhooks would be: keeps the messages that arrive, with their raw bytes.
const receiver = async (answer = (_request, response) => response.end()) => {
  const waiting = [];
  const server = createServer(async (incoming, response) => {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    waiting.push({ headers: incoming.headers, rawBody: Buffer.concat(chunks) });
    server.emit('message');
    answer(incoming, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const next = async () => {
    if (!waiting.length) await once(server, 'message', { signal: AbortSignal.timeout(60_000) });
    return waiting.shift();
  };
  return { url: `http://127.0.0.1:${server.address().port}`, next, waiting, close: () => server.close() };
};

const failure = async (promise) => {
  const error = await promise.then(
    () => null,
    (raised) => raised,
  );
  if (!error) throw new Error('it did not fail');
  return error;
};

const json = (items) => items.map((item) => item.json);

module.exports = { act, api, apiKey, context, failure, json, receiver, trigger, url };
