'use strict';

const { NodeApiError, NodeOperationError, sleep } = require('n8n-workflow');

// The one way to Pinehook: where it is, who asks, how long it may take, and what its refusals mean to n8n.

const TIMEOUT_MS = 60_000; // Pinehook answers an action within 20 s, with 202 where it takes longer; a run is waited for 30 s.
const TRIES = 5;

const address = (context, given, path) => {
  const url = String(given || '').trim();
  if (!/^https?:\/\/[^\s/?#@]+[^\s?#@]*$/.test(url)) {
    throw new NodeOperationError(
      context.getNode(),
      "The credential's URL must be where your Pinehook is, such as https://pinehook.example.com",
    );
  }
  return url.replace(/\/+$/, '') + path;
};

// A pointer into the input as a person reads it: /vectors/0/values is vectors → 0 → values.
const place = (pointer) => pointer.replace(/^\//, '').replaceAll('/', ' → ') || 'input';

// A problem (RFC 9457) as n8n shows errors: what is wrong, and below it in which fields.
const refused = (context, { statusCode, body }, itemIndex) => {
  const problem = body && typeof body.code === 'string' ? body : null;
  const message = problem
    ? problem.detail || problem.title
    : `The URL answered ${statusCode}, and not as a Pinehook does: check the credential's URL`;
  const faults = problem?.errors || [];
  const error = new NodeApiError(
    context.getNode(),
    { message },
    {
      message,
      description: faults.map((fault) => `${place(fault.pointer)}: ${fault.message}`).join(' · ') || problem?.code || undefined,
      httpCode: String(statusCode),
      itemIndex,
    },
  );
  error.context.pinehook = { code: problem?.code ?? 'not_pinehook', status: statusCode, errors: faults };
  return error;
};

// How long Pinehook asks to wait, where it refused for now only; null otherwise.
const pause = ({ statusCode, headers }) => {
  const seconds = parseInt(headers?.['retry-after'], 10);
  return (statusCode === 429 || statusCode === 503) && seconds <= 60 ? seconds : null;
};

// Ask Pinehook, and return the answer: statusCode, headers and body. tolerate: the codes that are no failure to whoever asks.
const ask = async (context, method, path, { tolerate = [], itemIndex, ...options } = {}) => {
  const { url } = await context.getCredentials('pinehookApi');
  const request = {
    method,
    url: address(context, url, path),
    json: true,
    returnFullResponse: true,
    ignoreHttpStatusErrors: true,
    disableFollowRedirect: true,
    timeout: TIMEOUT_MS,
    ...options,
  };
  for (let tries = 1; ; tries += 1) {
    const answer = await context.helpers.httpRequestWithAuthentication.call(context, 'pinehookApi', { ...request });
    const seconds = pause(answer);
    if (seconds !== null && tries < TRIES) {
      await sleep(seconds * 1000);
    } else if (answer.statusCode >= 300 && !tolerate.includes(answer.body?.code)) {
      throw refused(context, answer, itemIndex);
    } else {
      return answer;
    }
  }
};

module.exports = { ask };
