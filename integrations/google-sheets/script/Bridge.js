// The only place that asks the bridge: at once, again when it says so, and never longer than a run may take.

const TRIES = 4;
const FETCHES_A_DAY = 18000; // Google gives a personal account 20,000; the rest is left to =PINEHOOK_SEARCH.
const FETCHED = 'fetched';
const SLOW = { status: 202, code: 'slow', message: 'It takes longer than usual', again: 0 };
const SPENT = {
  status: 0,
  code: 'out_of_fetches',
  message: 'Google lets this account fetch no more today; it goes on tomorrow',
  again: null,
};

/**
 * @typedef {{url: string, key: string}} Bridge
 * @typedef {{method: 'get' | 'post', path: string, query?: Object<string, any>, body?: any}} Question
 * @typedef {{status: number, code: string, message: string, again: number | null}} Problem
 *   again: the seconds after which it may go better; null when it will not.
 */

// Ask all at once and return, in order, an answer {body} or a {problem} for each.
/** @returns {{body?: any, problem?: Problem}[]} */
function askAll_(/** @type {Bridge} */ bridge, /** @type {Question[]} */ questions, /** @type {number} */ deadline) {
  const answers = new Array(questions.length);
  let open = questions.map((_question, place) => place);
  for (let tried = 1; open.length; tried += 1) {
    const got = fetchAll_(
      bridge,
      open.map((place) => questions[place]),
    );
    open.forEach((place, turn) => (answers[place] = got[turn]));
    open = open.filter((place) => answers[place].problem && answers[place].problem.again !== null);
    if (!open.length || tried === TRIES) break;
    const waits = Math.max(...open.map((place) => answers[place].problem.again || 2 ** tried));
    if (Date.now() + waits * 1000 >= deadline) break;
    Utilities.sleep(waits * 1000);
  }
  return answers;
}

// Ask one thing for a person who waits; its problem becomes a complaint.
function askOne_(/** @type {Bridge} */ bridge, /** @type {Question} */ question, deadline = Date.now() + 20000) {
  const [answer] = askAll_(bridge, [question], deadline);
  if (answer.problem) throw Object.assign(complaint_(answer.problem.message), { problem: answer.problem });
  return answer.body;
}

function fetchAll_(bridge, questions) {
  const requests = questions.map((question) => request_(bridge, question));
  try {
    return UrlFetchApp.fetchAll(requests).map(understood_);
  } catch (error) {
    return questions.map(() => ({ problem: unreachable_(bridge, error) }));
  }
}

function request_(bridge, { method, path, query, body }) {
  const named = Object.entries(query || {}).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const asked = named.map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`).join('&');
  /** @type {GoogleAppsScript.URL_Fetch.URLFetchRequest} */
  const request = {
    url: `${bridge.url}${path}${asked ? `?${asked}` : ''}`,
    method,
    headers: { Authorization: `Bearer ${bridge.key}`, Accept: 'application/json' },
    muteHttpExceptions: true,
    followRedirects: false,
  };
  return body === undefined ? request : { ...request, contentType: 'application/json', payload: JSON.stringify(body) };
}

function understood_(response) {
  const status = response.getResponseCode();
  const body = parsed_(response.getContentText());
  if (status === 200 && body) return { body };
  if (!body || typeof body.code !== 'string') {
    return { problem: status === 202 ? SLOW : notPinehook_(status) };
  }
  const headers = Object.entries(response.getHeaders()).map(([name, value]) => [name.toLowerCase(), value]);
  const after = parseInt(Object.fromEntries(headers)['retry-after'], 10);
  const again = Number.isNaN(after) ? (body.retryable ? 0 : null) : after;
  return { problem: { status, code: body.code, message: sentence_(body), again } };
}

/** @returns {Problem} */
function notPinehook_(status) {
  const message = `The URL answered ${status}, and not as a Pinehook does`;
  return { status, code: 'not_pinehook', message, again: status >= 500 ? 0 : null };
}

function parsed_(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    return null;
  }
}

// A problem (RFC 9457) as one sentence: what is wrong, and in which fields.
function sentence_(problem) {
  const faults = (problem.errors || []).map(
    ({ pointer, message }) => `${pointer.replace(/^\//, '').replace(/\//g, ' → ') || 'input'}: ${message}`,
  );
  return [problem.detail || problem.title, ...faults].join(' · ').slice(0, 1000);
}

function unreachable_(bridge, error) {
  if (/too many times|quota/i.test(String(error && error.message))) return SPENT;
  const message = `${bridge.url} cannot be reached from Google: it must be on the internet, by HTTPS`;
  return { status: 0, code: 'unreachable', message, again: 0 };
}

// Count the fetches of a sync, and stop before Google does: a problem when the day's are spent, else null.
/** @returns {Problem | null} */
function spend_(count) {
  const kept = PropertiesService.getUserProperties();
  const day = new Date().toISOString().slice(0, 10);
  const [before, number] = (kept.getProperty(FETCHED) || '').split(' ');
  const spent = before === day ? Number(number) : 0;
  if (spent + count > FETCHES_A_DAY) return SPENT;
  kept.setProperty(FETCHED, `${day} ${spent + count}`);
  return null;
}
