// Syncing by itself: edits mark rows, and every five minutes what is marked is sent. These are installable triggers, because
// Google lets a simple onEdit fetch nothing. They run as the person who turned them on, with that person's key.

const EVERY_MINUTES = 5;
const AUTOMATIC = ['whenEdited', 'whenChanged', 'whenDue'];

function automaticOn() {
  say_(() => {
    bridge_();
    if (!sheetsInUse_().length) throw complaint_('Set up a sheet first: Pinehook > Set up…');
    removeTriggers_(AUTOMATIC);
    const book = SpreadsheetApp.getActive();
    ScriptApp.newTrigger('whenEdited').forSpreadsheet(book).onEdit().create();
    ScriptApp.newTrigger('whenChanged').forSpreadsheet(book).onChange().create();
    ScriptApp.newTrigger('whenDue').timeBased().everyMinutes(EVERY_MINUTES).create();
    return `On: what you change is sent within ${EVERY_MINUTES} minutes.`;
  });
}

function automaticOff() {
  say_(() => {
    removeTriggers_(AUTOMATIC);
    return 'Off: rows are sent when you choose Sync this sheet now.';
  });
}

function isAutomatic_() {
  return ScriptApp.getProjectTriggers().some((trigger) => trigger.getHandlerFunction() === 'whenDue');
}

function removeTriggers_(names) {
  for (const trigger of ScriptApp.getProjectTriggers()) {
    if (names.includes(trigger.getHandlerFunction())) ScriptApp.deleteTrigger(trigger);
  }
}

/** Google calls this after an edit by a person: the rows that were edited wait to be sent. */
function whenEdited(event) {
  const sheet = event.range.getSheet();
  if (!sheetsInUse_().some((used) => used.getSheetId() === sheet.getSheetId())) return;
  const header = headerOf_(sheet);
  const first = event.range.getColumn() - 1;
  const edited = header.slice(first, first + event.range.getNumColumns());
  if (edited.length && edited.every((name) => name === STATUS_COLUMN)) return;
  const top = Math.max(2, event.range.getRow());
  const end = Math.min(sheet.getLastRow(), event.range.getRow() + event.range.getNumRows() - 1);
  markDirty_(sheet);
  if (end < top) return;
  const statusAt = statusColumn_(sheet, header);
  const rows = sheet.getRange(top, 1, end - top + 1, header.length).getValues();
  const isEmpty = (cells) => cells.every((cell, at) => cell === '' || at === statusAt); // a row that was emptied has no status
  writeStatuses_(
    sheet,
    statusAt,
    rows.map((cells, place) => ({ row: top + place, status: isEmpty(cells) ? '' : WAITING })),
  );
}

/** Google calls this when rows were inserted or removed, or something was undone. Edits are told by whenEdited. */
function whenChanged(event) {
  if (!['INSERT_ROW', 'REMOVE_ROW', 'OTHER'].includes(event.changeType)) return;
  sheetsInUse_().forEach(markDirty_);
}

function markDirty_(sheet) {
  PropertiesService.getDocumentProperties().setProperty(DIRTY + sheet.getSheetId(), 'yes');
}

/** Google calls this every few minutes: what waits is sent, and a few deletions are made where that is allowed. */
function whenDue() {
  const flags = PropertiesService.getDocumentProperties().getProperties();
  for (const sheet of sheetsInUse_()) {
    if (!(DIRTY + sheet.getSheetId() in flags)) continue;
    try {
      sync_(sheet, {});
    } catch (error) {
      PropertiesService.getDocumentProperties().setProperty(LAST + sheet.getSheetId(), plainly_(error));
    }
  }
}

/** Google calls this once, a while after a run had to stop: it goes on where that one stopped. */
function whenContinued() {
  removeTriggers_(['whenContinued']);
  whenDue();
}

function continueLater_(seconds) {
  removeTriggers_(['whenContinued']);
  ScriptApp.newTrigger('whenContinued')
    .timeBased()
    .after(seconds * 1000)
    .create();
}
