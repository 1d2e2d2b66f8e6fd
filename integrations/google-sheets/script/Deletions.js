// Records of rows that are gone. Only what this sheet wrote is ever deleted: a hidden sheet keeps the ids, written before they
// are sent, because other sheets may write to the same namespace. A person is asked first, and told which; an automatic sync
// deletes a few at most, and only where the person has allowed it.

const LEDGER = 'Pinehook ledger';
const UNASKED = 20;
const IDS_AT_ONCE = 1000;

// What the ids of the ledger belong to: a sheet and where it was written to.
function target_(sheet, chosen) {
  return JSON.stringify([sheet.getSheetId(), chosen.connection, chosen.index, chosen.namespace]);
}

function ledger_() {
  const book = SpreadsheetApp.getActive();
  const found = book.getSheetByName(LEDGER);
  if (found) return found;
  const active = book.getActiveSheet();
  const made = book.insertSheet(LEDGER, book.getSheets().length);
  made.hideSheet();
  made.getRange('A:B').setNumberFormat('@'); // ids such as 007 stay as they are
  made.getRange(1, 1, 1, 2).setValues([['id', 'written to']]);
  book.setActiveSheet(active);
  return made;
}

/** @returns {{id: string, target: string}[]} */
function remembered_() {
  const kept = ledger_();
  const count = kept.getLastRow() - 1;
  return count < 1
    ? []
    : kept
        .getRange(2, 1, count, 2)
        .getValues()
        .map(([id, target]) => ({ id: String(id), target: String(target) }));
}

function remember_(sheet, chosen, ids) {
  const target = target_(sheet, chosen);
  const known = new Set(
    remembered_()
      .filter((each) => each.target === target)
      .map((each) => each.id),
  );
  const added = [...new Set(ids)].filter((id) => !known.has(id)).map((id) => [id, target]);
  if (!added.length) return;
  const kept = ledger_();
  const range = kept.getRange(kept.getLastRow() + 1, 1, added.length, 2);
  range.setNumberFormat('@').setValues(added);
}

function forget_(sheet, chosen, ids) {
  const target = target_(sheet, chosen);
  const gone = new Set(ids);
  const before = remembered_();
  const left = before.filter((each) => each.target !== target || !gone.has(each.id));
  const kept = ledger_();
  if (left.length)
    kept
      .getRange(2, 1, left.length, 2)
      .setNumberFormat('@')
      .setValues(left.map(({ id, target: of }) => [id, of]));
  kept.getRange(2 + left.length, 1, before.length - left.length, 2).clearContent();
}

// The ids that this sheet wrote and that no row has any more.
function absent_(sheet, chosen, table) {
  const target = target_(sheet, chosen);
  const here = new Set(table.rows.map((row) => row.id));
  return remembered_()
    .filter((each) => each.target === target && !here.has(each.id))
    .map((each) => each.id);
}

// A row whose id cannot be read is no reason to believe that its record is to go.
function unreadable_(table) {
  return table.rows.find((row) => !row.id);
}

// What a dry run tells: the bridge says how many are there, and whether it would refuse.
function lookForAbsent_(sheet) {
  const chosen = chosen_(sheet);
  const table = readTable_(sheet, chosen);
  const unreadable = unreadable_(table);
  if (unreadable) throw complaint_(`Row ${unreadable.row} has no id that can be read: until it has, nothing is deleted.`);
  const ids = absent_(sheet, chosen, table);
  const found = { ids, index: chosen.index, namespace: chosen.namespace, record_count: ids.length ? 0 : null, refused: null };
  for (const { would_delete: would } of deletions_(chosen, ids, false)) {
    const counts = found.record_count !== null && would.record_count !== null;
    found.record_count = counts ? found.record_count + would.record_count : null;
    found.refused = found.refused || would.refused_because;
  }
  return found;
}

// Delete the records of these ids, those that are still absent; return how many.
function deleteAbsent_(sheet, ids) {
  const chosen = chosen_(sheet);
  const still = new Set(absent_(sheet, chosen, readTable_(sheet, chosen)));
  const gone = ids.filter((id) => still.has(id));
  deletions_(chosen, gone, true);
  forget_(sheet, chosen, gone);
  return gone.length;
}

function deletions_(chosen, ids, confirmed) {
  const answers = [];
  for (let start = 0; start < ids.length; start += IDS_AT_ONCE) {
    const some = ids.slice(start, start + IDS_AT_ONCE);
    const body = { index: chosen.index, namespace: chosen.namespace, ids: some, ...(confirmed ? { confirm: chosen.index } : {}) };
    const query = { connection: chosen.connection };
    answers.push(askOne_(bridge_(), { method: 'post', path: '/v1/actions/delete_vectors', query, body }, Date.now() + 60000));
  }
  return answers;
}

// The end of a sync: delete what is absent, after the person's yes, or a few without one; what is more is held.
/** @returns {Problem | null} */
function removed_(sheet, table, ask, done) {
  const ids = absent_(sheet, chosen_(sheet), table);
  if (!ids.length) return null;
  try {
    const agreed = !unreadable_(table) && (ask ? ask(lookForAbsent_(sheet)) : ids.length <= UNASKED);
    if (agreed) done.deleted = deleteAbsent_(sheet, ids);
    else done.held = ids.length;
    return null;
  } catch (/** @type {any} */ error) {
    if (!error.problem) throw error;
    return error.problem;
  }
}
