'use strict';

// What the tests need: the app as Zapier runs it, a running Pinehook, and a receiver in the place of hooks.zapier.com.

const { createServer } = require('node:http');
const { once } = require('node:events');
const app = require('../index');
const { createAppTester } = require('zapier-platform-core');
const handler = require('zapier-platform-core/src/tools/create-lambda-handler')(app);

const { PINEHOOK_TEST_URL: url, PINEHOOK_TEST_KEY: apiKey } = process.env;
if (!url || !apiKey) throw new Error('PINEHOOK_TEST_URL and PINEHOOK_TEST_KEY say which Pinehook to test against');

const authData = { url, api_key: apiKey };
const tester = createAppTester(app);
const run = (perform, bundle = {}) => tester(perform, { authData, ...bundle });
const create = (key, inputData, more) => run(app.creates[key].operation.perform, { inputData, ...more });
const search = (key, inputData, more) => run(app.searches[key].operation.perform, { inputData, ...more });

// A receiver that hands a message on as Zapier does: with its raw bytes, and headers named Http-….
const receiver = async () => {
  const waiting = [];
  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const content = Buffer.concat(chunks).toString();
    const named = Object.entries(request.headers).map(([name, value]) => [
      `Http-${name.replace(/(^|-)[a-z]/g, (letter) => letter.toUpperCase())}`,
      value,
    ]);
    response.writeHead(200).end();
    server.emit('message', {
      rawRequest: { content, headers: Object.fromEntries(named), method: 'POST' },
      cleanedRequest: JSON.parse(content),
    });
  });
  server.on('message', (message) => waiting.push(message));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const next = async () => {
    if (!waiting.length) await once(server, 'message', { signal: AbortSignal.timeout(30_000) });
    return waiting.shift();
  };
  return { url: `http://127.0.0.1:${server.address().port}/`, next, close: () => server.close() };
};

// Run a step that generates a callback URL: the platform, not the app, decides which.
const runWithCallback = async (method, inputData, callbackUrl) =>
  (await handler({ command: 'execute', method, bundle: { authData, inputData, meta: {} }, callback_url: callbackUrl })).results;

// The name and the message of the error that a step ends with; messages of some are JSON.
const failure = async (promise) => {
  const error = await promise.then(
    () => null,
    (raised) => raised,
  );
  if (!error) throw new Error('it did not fail');
  const told = error.message.startsWith('{') ? JSON.parse(error.message.split('\n')[0]) : { message: error.message };
  return { name: error.name, ...told };
};

module.exports = { app, authData, create, failure, receiver, run, runWithCallback, search, url };
