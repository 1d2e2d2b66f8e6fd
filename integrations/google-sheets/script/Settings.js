// What a person chose. Settings belong to the spreadsheet (document properties). Keys are in no cell and in no log: the key that
// syncs is the person's own (user properties), the key of =PINEHOOK_SEARCH serves all who open the sheet (script properties)
// and can therefore only read.

const KEY = 'key';
const SEARCH_KEY = 'search_key';
const BRIDGE = 'bridge';
const SHEET = 'sheet:';
const SEARCHED = 'searched';

/**
 * @typedef {{name: string, kind: 'value' | 'list'}} KeptColumn
 * @typedef {{connection: string, index: string, namespace: string, id_column: string, text_columns: string[],
 *   kept: KeptColumn[], provider: string, model: string, dimension: number | null, remove: boolean, fill_ids: boolean,
 *   types?: Object<string, string>}} Chosen
 */

// Where the bridge is, and the key to use; a complaint when either is not set.
function bridge_() {
  const url = PropertiesService.getDocumentProperties().getProperty(BRIDGE);
  const key = PropertiesService.getUserProperties().getProperty(KEY);
  if (!url || !key) throw complaint_('Set the URL of your Pinehook and your API key first: Pinehook > Set up…');
  return { url, key };
}

/** @returns {Chosen} */
function chosen_(sheet) {
  const kept = PropertiesService.getDocumentProperties().getProperty(SHEET + sheet.getSheetId());
  if (!kept) throw complaint_(`The sheet “${sheet.getName()}” is not set up: Pinehook > Set up…`);
  return JSON.parse(kept);
}

function choose_(sheet, chosen) {
  const kept = JSON.stringify(chosen);
  if (Utilities.newBlob(kept).getBytes().length > 9000)
    throw complaint_('Too many columns are kept, or their names are too long: Google keeps 9 KB of settings.');
  PropertiesService.getDocumentProperties().setProperty(SHEET + sheet.getSheetId(), kept);
}

// The sheets of the spreadsheet that were set up.
function sheetsInUse_() {
  const kept = PropertiesService.getDocumentProperties().getProperties();
  return SpreadsheetApp.getActive()
    .getSheets()
    .filter((sheet) => SHEET + sheet.getSheetId() in kept);
}

/** For the sidebar: what is set, the keys masked, and the columns that the sheet has. */
function readSettings() {
  const sheet = SpreadsheetApp.getActiveSheet();
  const settings = PropertiesService.getDocumentProperties();
  const kept = settings.getProperty(SHEET + sheet.getSheetId());
  return {
    sheet: sheet.getName(),
    columns: headerOf_(sheet).filter((name) => name && name !== STATUS_COLUMN),
    url: settings.getProperty(BRIDGE) || '',
    key: masked_(PropertiesService.getUserProperties().getProperty(KEY)),
    search_key: masked_(PropertiesService.getScriptProperties().getProperty(SEARCH_KEY)),
    chosen: kept ? JSON.parse(kept) : null,
    automatic: isAutomatic_(),
    last: settings.getProperty(LAST + sheet.getSheetId()),
  };
}

function masked_(key) {
  return key ? `••••••••${key.slice(-4)}` : '';
}

/** For the sidebar: keep where the bridge is and the keys; a field left empty keeps what there is. Returns who the key is. */
function saveConnection(form) {
  const url = String(form.url || '')
    .trim()
    .replace(/\/+$/, '');
  if (!/^https:\/\/[^\s/?#@]+(\/[^\s?#@]*)?$/.test(url)) {
    throw complaint_('The URL must be where your Pinehook is, by HTTPS and from the internet: https://pinehook.example.com');
  }
  const key = String(form.key || '').trim() || PropertiesService.getUserProperties().getProperty(KEY);
  if (!key) throw complaint_('Give an API key: python -m bridge keys create --name sheets --scope read --scope write');
  const me = who_({ url, key });
  for (const scope of ['read', 'write']) {
    if (!me.scopes.includes(scope)) throw complaint_(`The API key lacks the scope ${scope}; it has ${me.scopes.join(', ')}.`);
  }
  const searchKey = String(form.search_key || '').trim();
  if (searchKey && who_({ url, key: searchKey }).scopes.join() !== 'read') {
    throw complaint_('The search key serves everyone who opens this spreadsheet: it must have the scope read alone.');
  }
  PropertiesService.getDocumentProperties().setProperty(BRIDGE, url);
  PropertiesService.getUserProperties().setProperty(KEY, key);
  if (searchKey) PropertiesService.getScriptProperties().setProperty(SEARCH_KEY, searchKey);
  return { label: me.label, scopes: me.scopes, admin: me.scopes.includes('admin') };
}

/** For the sidebar: forget the keys on this account and the search key. */
function forgetKeys() {
  PropertiesService.getUserProperties().deleteProperty(KEY);
  PropertiesService.getScriptProperties().deleteProperty(SEARCH_KEY);
}

/** For the sidebar: what there is to choose: connections or indexes; of a key that may list nothing, those it is limited to. */
function listOptions(source, query) {
  const [answer] = askAll_(bridge_(), [{ method: 'get', path: `/v1/options/${source}`, query }], Date.now() + 20000);
  if (!answer.problem) return answer.body.data;
  if (answer.problem.status !== 403) throw complaint_(answer.problem.message);
  const me = who_(bridge_());
  const named = (source === 'indexes' ? me.indexes : me.connections) || [];
  return named.filter((name) => !/[*?[]/.test(name)).map((name) => ({ id: name, name }));
}

/** For the sidebar: keep what this sheet is synced to. Deleting asks the person first. */
function saveSheet(form) {
  const sheet = SpreadsheetApp.getActiveSheet();
  const header = headerOf_(sheet);
  const chosen = {
    connection: String(form.connection || ''),
    index: String(form.index || '').trim(),
    namespace: String(form.namespace || '').trim() || '__default__',
    id_column: String(form.id_column || ''),
    text_columns: form.text_columns || [],
    kept: form.kept || [],
    provider: String(form.provider || ''),
    model: String(form.model || ''),
    dimension: Number(form.dimension) || null,
    remove: Boolean(form.remove),
    fill_ids: Boolean(form.fill_ids),
  };
  if (!chosen.index) throw complaint_('Choose an index.');
  if (!chosen.id_column) throw complaint_('Choose the column of ids: it tells which record a row is, however rows are moved.');
  if (!chosen.text_columns.length) throw complaint_('Choose at least one column whose text is to be found.');
  for (const name of [chosen.id_column, ...chosen.text_columns, ...chosen.kept.map((column) => column.name)]) {
    columnOf_(header, name);
  }
  if (chosen.remove && !consents_(chosen)) chosen.remove = false;
  choose_(sheet, chosen);
  PropertiesService.getDocumentProperties().setProperty(SEARCHED, JSON.stringify(chosen));
  return { remove: chosen.remove };
}

function consents_(chosen) {
  if (!who_(bridge_()).scopes.includes('delete')) {
    throw complaint_('To delete records the API key needs the scope delete: make one with --scope delete, or leave it off.');
  }
  const ui = SpreadsheetApp.getUi();
  const told =
    `When a row is removed from this sheet, its record is deleted from the index “${chosen.index}” for good; ` +
    `records that this sheet did not write are never touched. Automatic syncs delete at most ${UNASKED} at once and leave ` +
    'more to your yes. Allow it?';
  return ui.alert('Pinehook: delete records of removed rows?', told, ui.ButtonSet.YES_NO) === ui.Button.YES;
}

function who_(bridge) {
  const me = askOne_(bridge, { method: 'get', path: '/v1/me' });
  if (!Array.isArray(me.scopes)) throw complaint_('What answers at the URL is no Pinehook.');
  return me;
}
