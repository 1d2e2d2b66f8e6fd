'use strict';

const { createHmac, timingSafeEqual } = require('node:crypto');

const TOLERANCE_S = 300;

// Whether a message is signed with a secret (Standard Webhooks 1.0.0, v1), over the very bytes that were sent, and fresh.
const isSigned = (headers, body, secret, now = Date.now()) => {
  if (!secret || !Buffer.isBuffer(body)) return false;
  const { 'webhook-id': id, 'webhook-timestamp': sentAt, 'webhook-signature': signatures = '' } = headers;
  if (!(Math.abs(now / 1000 - Number(sentAt)) <= TOLERANCE_S)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const wanted = createHmac('sha256', key).update(`${id}.${sentAt}.`).update(body).digest();
  return String(signatures)
    .split(' ')
    .filter((each) => each.startsWith('v1,'))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
    .some((each) => each.length === wanted.length && timingSafeEqual(each, wanted));
};

module.exports = { isSigned };
