'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');

// Zapier hands headers on as Http-Webhook-Id; in tests and by other ways they come as they were sent.
const header = (request, name) => {
  const found = Object.entries(request.headers || {}).find(
    ([key]) => key.toLowerCase().replace(/^http-/, '') === name,
  );
  return found ? String(found[1]) : '';
};

// Whether a message is signed with a secret (Standard Webhooks 1.0.0, v1), over the very bytes that were sent.
// Its age is not looked at: Zapier keeps messages back while a Zap is held, and plays them again on demand.
const isSigned = (request, secret) => {
  const signed = [header(request, 'webhook-id'), header(request, 'webhook-timestamp'), request.content].join('.');
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const wanted = createHmac('sha256', key).update(signed).digest();
  return header(request, 'webhook-signature')
    .split(' ')
    .filter((each) => each.startsWith('v1,'))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
    .some((each) => each.length === wanted.length && timingSafeEqual(each, wanted));
};

// Refuse what Pinehook did not sign. Without a secret nothing is let through.
const verify = (z, request, secret) => {
  if (!request || !secret || !isSigned(request, secret)) {
    throw new z.errors.Error('This message is not signed by your Pinehook; it was not used', 'unsigned', 401);
  }
};

module.exports = { verify };
