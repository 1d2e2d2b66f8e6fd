'use strict';

const assert = require('node:assert/strict');
const { createServer } = require('node:http');
const { once } = require('node:events');
const { test } = require('node:test');
const { app, failure, run } = require('./house');

// Answers that a healthy house does not give: what they mean to Zapier.
const answered = async (status, body, headers = {}) => {
  const server = createServer((_request, response) => response.writeHead(status, headers).end(body));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const authData = { url: `http://127.0.0.1:${server.address().port}/`, api_key: 'phk_any' };
    return await failure(run(app.authentication.test, { authData }));
  } finally {
    server.close();
  }
};

const PROBLEM = { 'content-type': 'application/problem+json' };
const problem = (code) => JSON.stringify({ code, detail: 'too much at once', errors: [] });

test('too much at once is tried again when Pinehook says', async () => {
  const throttled = { name: 'ThrottledError', message: 'too much at once', delay: 17 };
  assert.deepEqual(await answered(429, problem('rate_limited'), { ...PROBLEM, 'retry-after': '17' }), throttled);
  assert.deepEqual(await answered(503, problem('too_many_waiting'), { ...PROBLEM, 'retry-after': '17' }), throttled);
});

test('a missing scope is told, and is not a bad connection', async () => {
  const told = await answered(403, problem('forbidden'), PROBLEM);
  assert.deepEqual([told.name, told.code], ['AppError', 'forbidden']);
});

test('another server at the URL is recognised', async () => {
  assert.equal((await answered(502, '<html>Bad Gateway</html>', { 'content-type': 'text/html' })).code, 'not_pinehook');
  assert.equal((await answered(200, '<html>Hello</html>', { 'content-type': 'text/html' })).code, 'not_pinehook');
});
