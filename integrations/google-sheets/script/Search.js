// Searching from a cell and from the menu: GET /v1/search.

const CACHED_SECONDS = 600;
const CELL_DEADLINE_MS = 20000; // Google gives a formula 30 s.

/**
 * Finds the passages of an index that answer a question, best first: a row each, with score, id, text and source.
 *
 * @param {string} query What is looked for, in words.
 * @param {number} top_k How many passages at most, 1 to 100; 5 unless said.
 * @param {string} index The index; the one that a sheet was last set up for unless said.
 * @param {string} namespace The namespace in it; that of the set-up unless said.
 * @param {string} filter Only records whose metadata fits, as JSON: {"year": {"$gte": 2024}}.
 * @return The passages found.
 * @customfunction
 */
function PINEHOOK_SEARCH(query, top_k, index, namespace, filter) {
  for (const given of [query, top_k, index, namespace, filter]) {
    if (Array.isArray(given)) throw complaint_('PINEHOOK_SEARCH takes one cell at a time, not a range.');
  }
  const url = PropertiesService.getDocumentProperties().getProperty(BRIDGE);
  const key = PropertiesService.getScriptProperties().getProperty(SEARCH_KEY);
  if (!url || !key) throw complaint_('PINEHOOK_SEARCH needs a search key: Pinehook > Set up…');
  const found = search_({ url, key }, { query, top_k, index, namespace, filter });
  return found.length ? found : [['Nothing was found', '', '', '']];
}

/** For the search dialog: the rows that answer a question, asked with the person's own key. */
function searchNow(query) {
  return search_(bridge_(), { query });
}

/** For the search dialog: write rows at the cell that is chosen. */
function insertRows(rows) {
  const cell = SpreadsheetApp.getActiveSheet().getActiveCell();
  cell.offset(0, 0, rows.length, rows[0].length).setValues(rows.map((row) => row.map(harmless_)));
}

// A text of the index that a spreadsheet would take for a formula stays text.
function harmless_(cell) {
  return typeof cell === 'string' && /^[=+\-@]/.test(cell) ? `'${cell}` : cell;
}

function search_(
  bridge,
  /** @type {{query: any, top_k?: any, index?: any, namespace?: any, filter?: any}} */ { query, top_k, index, namespace, filter },
) {
  const asked = String(query === null || query === undefined ? '' : query).trim();
  if (!asked) throw complaint_('Say what you are looking for.');
  const before = JSON.parse(PropertiesService.getDocumentProperties().getProperty(SEARCHED) || '{}');
  const own = !index || index === before.index; // the set-up of another index says nothing about this one
  const wanted = {
    index: index || before.index,
    q: asked,
    top_k: top_k || 5,
    namespace: namespace || (own && before.namespace),
    filter,
    connection: before.connection,
    ...(own ? { provider: before.provider, model: before.model, dimension: before.dimension } : {}),
  };
  if (!wanted.index) throw complaint_('Say which index, or set up a sheet first: Pinehook > Set up…');
  const cache = CacheService.getScriptCache();
  const name = digest_(JSON.stringify([bridge.url, bridge.key, wanted]));
  const cached = cache.get(name);
  if (cached) return JSON.parse(cached);
  const query_ = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value));
  const { passages } = askOne_(bridge, { method: 'get', path: '/v1/search', query: query_ }, Date.now() + CELL_DEADLINE_MS);
  const rows = passages.map(({ score, id, text, source }) => [score, id, text || '', source]);
  const kept = JSON.stringify(rows);
  if (kept.length < 30000) cache.put(name, kept, CACHED_SECONDS); // a value of the cache has at most 100 KB
  return rows;
}

function digest_(text) {
  return Utilities.base64Encode(Utilities.computeDigest(Utilities.DigestAlgorithm.SHA_256, text, Utilities.Charset.UTF_8));
}
