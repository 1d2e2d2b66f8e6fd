// The part of the Office Scripts API that the scripts use, after its reference (learn.microsoft.com/javascript/api/office-scripts).

declare namespace ExcelScript {
  interface Workbook {
    getWorksheet(name: string): Worksheet | undefined;
    addWorksheet(name?: string): Worksheet;
    getTable(name: string): Table | undefined;
  }
  interface Worksheet {
    getUsedRange(valuesOnly?: boolean): Range | undefined;
    getRangeByIndexes(startRow: number, startColumn: number, rowCount: number, columnCount: number): Range;
    activate(): void;
  }
  interface Table {
    getHeaderRowRange(): Range;
    getRangeBetweenHeaderAndTotal(): Range;
    getColumnByName(name: string): TableColumn | undefined;
    addColumn(index?: number, values?: (boolean | string | number)[], name?: string): TableColumn;
  }
  interface TableColumn {
    getRangeBetweenHeaderAndTotal(): Range;
  }
  interface Range {
    getValues(): (string | number | boolean)[][];
    setValues(values: (string | number | boolean)[][]): void;
    getNumberFormats(): string[][];
    clear(applyTo?: ClearApplyTo): void;
  }
  enum ClearApplyTo {
    all,
    formats,
    contents,
  }
}
