'use strict';

// HTTP as Apps Script has it: the script stands still until all answers are there. A thread asks, this one waits.

const { MessageChannel, Worker, isMainThread, receiveMessageOnPort, workerData } = require('node:worker_threads');

const TIMEOUT_MS = 60000;

const exchange = async ({ url, method = 'get', headers, payload }) => {
  try {
    const options = {
      method: method.toUpperCase(),
      headers,
      body: payload,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    };
    const response = await fetch(url, options);
    return { status: response.status, text: await response.text(), headers: Object.fromEntries(response.headers) };
  } catch (error) {
    return { error: String(error.cause || error) };
  }
};

if (!isMainThread) {
  const { port, flag } = workerData;
  port.on('message', async (requests) => {
    port.postMessage(await Promise.all(requests.map(exchange)));
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  });
} else {
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(__filename, { workerData: { port: port2, flag }, transferList: [port2] });
  worker.unref();
  port1.unref();

  const fetchAll = (requests) => {
    Atomics.store(flag, 0, 0);
    port1.postMessage(requests);
    if (Atomics.wait(flag, 0, 0, 2 * TIMEOUT_MS) === 'timed-out') throw new Error('no answer');
    return receiveMessageOnPort(port1).message;
  };
  module.exports = { fetchAll };
}
