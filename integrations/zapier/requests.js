'use strict';

// The only place that asks Pinehook: where it is, who asks, how long it may take, and what its refusals mean to Zapier.

const TIMEOUT_MS = 27_000; // Zapier gives a step 30 s; Pinehook answers within 20 s, with 202 where it takes longer.

const address = (z, bundle, path) => {
  const given = String(bundle.authData.url || '').trim();
  if (!/^https?:\/\/[^\s/?#@]+[^\s?#@]*$/.test(given)) {
    throw new z.errors.Error(
      'URL must be where your Pinehook is, such as https://pinehook.example.com',
      'invalid_url',
      400,
    );
  }
  return given.replace(/\/+$/, '') + path;
};

const seconds = (response) => {
  const delay = parseInt(response.getHeader('retry-after'), 10);
  return Number.isNaN(delay) ? null : delay;
};

// A problem (RFC 9457) as one sentence for a person: what is wrong, and in which fields.
const sentence = (problem) => {
  const faults = (problem.errors || []).map(
    ({ pointer, message }) => `${pointer.replace(/^\//, '').replaceAll('/', ' → ') || 'input'}: ${message}`,
  );
  return [problem.detail || problem.title, ...faults].join(' · ');
};

const refuse = (z, response) => {
  const { status } = response;
  const problem = response.data;
  if (!problem || typeof problem.code !== 'string') {
    throw new z.errors.Error(
      `The URL answered ${status}, and not as a Pinehook does: check the connection's URL`,
      'not_pinehook',
      status,
    );
  }
  if (status === 401) {
    throw new z.errors.ExpiredAuthError(sentence(problem));
  }
  if (status === 429 || (status === 503 && seconds(response) !== null)) {
    throw new z.errors.ThrottledError(sentence(problem), seconds(response));
  }
  throw new z.errors.Error(sentence(problem), problem.code, status);
};

// Ask Pinehook and return the response. tolerate: the codes of problems that are no failure to whoever asks.
const ask = async (z, bundle, path, { tolerate = [], ...options } = {}) => {
  const response = await z.request({
    url: address(z, bundle, path),
    timeout: TIMEOUT_MS,
    skipThrowForStatus: true,
    throwForThrottlingEarly: false,
    ...options,
    headers: { authorization: `Bearer ${bundle.authData.api_key}`, accept: 'application/json' },
  });
  if (response.status >= 400 && !tolerate.includes(response.data?.code)) {
    refuse(z, response);
  }
  return response;
};

module.exports = { ask };
