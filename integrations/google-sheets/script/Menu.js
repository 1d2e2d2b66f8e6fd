// The menu, and what a person is told and asked. Whatever ends in _ can be called neither from a cell nor from the sidebar.

/** Google calls this when the spreadsheet is opened. */
function onOpen() {
  SpreadsheetApp.getUi()
    .createMenu('Pinehook')
    .addItem('Set up…', 'showSidebar')
    .addSeparator()
    .addItem('Sync this sheet now', 'syncNow')
    .addItem('Sync changes automatically: on', 'automaticOn')
    .addItem('Sync changes automatically: off', 'automaticOff')
    .addItem('Dry run of deletions', 'dryRunOfDeletions')
    .addSeparator()
    .addItem('Search…', 'showSearch')
    .addToUi();
}

function showSidebar() {
  SpreadsheetApp.getUi().showSidebar(HtmlService.createHtmlOutputFromFile('Sidebar').setTitle('Pinehook'));
}

function showSearch() {
  const page = HtmlService.createHtmlOutputFromFile('SearchDialog').setWidth(560).setHeight(420);
  SpreadsheetApp.getUi().showModelessDialog(page, 'Pinehook: Search');
}

/** Send every row of the sheet that is open; rows that have not changed cost nothing. */
function syncNow() {
  const sheet = SpreadsheetApp.getActiveSheet();
  say_(() => summary_(sync_(sheet, { everything: true, ask: confirmDeletion_ })));
}

/** Tell which records would be deleted because their rows are gone, and delete them if the person says so. */
function dryRunOfDeletions() {
  const sheet = SpreadsheetApp.getActiveSheet();
  say_(() => {
    const found = lookForAbsent_(sheet);
    if (!found.ids.length) return 'Nothing to delete: every record that this sheet wrote has its row.';
    if (!confirmDeletion_(found)) return 'Nothing was deleted.';
    return `Deleted: ${deleteAbsent_(sheet, found.ids)}.`;
  });
}

// The one question before anything is deleted: how many, of which index, and which.
function confirmDeletion_(found) {
  const ui = SpreadsheetApp.getUi();
  if (found.refused) {
    ui.alert('Pinehook', `They cannot be deleted now: ${found.refused}`, ui.ButtonSet.OK);
    return false;
  }
  const shown = found.ids.slice(0, 10).join('\n') + (found.ids.length > 10 ? `\n… and ${found.ids.length - 10} more` : '');
  const there = found.record_count === null ? '' : ` Of these the index has ${found.record_count} now.`;
  const told =
    `Rows that this sheet wrote to the index “${found.index}” (namespace ${found.namespace}) and no longer has: ` +
    `${found.ids.length}.${there}\n\n${shown}\n\nDelete their records for good?`;
  return ui.alert('Pinehook: delete records?', told, ui.ButtonSet.YES_NO) === ui.Button.YES;
}

// Do something for a person who waits, and say how it went.
function say_(work) {
  const book = SpreadsheetApp.getActive();
  try {
    book.toast('Working…', 'Pinehook', -1);
    book.toast(work(), 'Pinehook', 15);
  } catch (error) {
    const told = plainly_(error);
    book.toast('Not done.', 'Pinehook', 1);
    SpreadsheetApp.getUi().alert('Pinehook', told, SpreadsheetApp.getUi().ButtonSet.OK);
  }
}

// An error that is a sentence for the person, and no fault of this script.
function complaint_(message) {
  return Object.assign(new Error(message), { plain: true });
}

// What a complaint says; anything else is a fault of this script, and is thrown on.
function plainly_(/** @type {any} */ error) {
  if (!error.plain) throw error;
  return error.message;
}

function summary_(done) {
  const parts = ['upserted', 'unchanged', 'rejected', 'deleted', 'waiting']
    .filter((outcome) => done[outcome])
    .map((outcome) => `${done[outcome]} ${outcome}`);
  const told = [parts.join(', ') || 'Nothing to send'];
  if (done.held) told.push(`Deletions that wait for your yes (Dry run of deletions): ${done.held}`);
  if (done.problem) told.push(done.problem);
  if (done.continues) told.push('It goes on by itself');
  return `${told.join('. ')}.`;
}
