import Ledger
import Testing

@testable import Service

@Suite("Files as other systems and spreadsheets write them")
struct ImportFileTests {
  private static let columns = ["handle", "name", "cost_centre"]

  private func cells(
    _ bytes: [UInt8], _ reading: ImportColumns = ImportColumns()
  ) throws -> [String] {
    let table = try ImportTable(bytes, required: [], optional: Self.columns, reading)
    return table.rows.map { row in Self.columns.map { row[$0] }.joined(separator: "|") }
  }

  private func mistakes(_ text: String, _ reading: ImportColumns = ImportColumns()) -> [String] {
    do {
      _ = try cells(Array(text.utf8), reading)
      return []
    } catch let error as ImportError {
      return error.mistakes.map { "\($0.line): \($0.detail)" }
    } catch {
      return ["\(error)"]
    }
  }

  @Test(
    "One table, however it is written, is one table",
    arguments: [
      "handle,name,cost_centre\nann,Ann Ames,4100\nbo,\"Bo, or Bob\",\n",
      "\u{FEFF}handle;name;cost_centre\r\nann;Ann Ames;4100\r\nbo;Bo, or Bob;\r\n",
      "handle\tname\tcost_centre\nann\tAnn Ames\t4100\nbo\tBo, or Bob\t\n",
      "sep=;\r\nhandle;name;cost_centre\r\nann;Ann Ames;4100\r\nbo;\"Bo, or Bob\";",
      "Handle,NAME,Cost Centre\nann,Ann Ames,4100\nbo,\"Bo, or Bob\",\n",
      "handle ,\" Name\",cost-centre\n ann ,Ann Ames\u{A0},\t4100\n\u{3000}bo,\"Bo, or Bob\", \n",
      "handle,name,cost_centre,\nann,Ann Ames,4100,\nbo,\"Bo, or Bob\",,\n",
      "handle,name,cost_centre\n,,\nann,Ann Ames,4100\n , ,\n\n,,,,\nbo,\"Bo, or Bob\",\n,,",
      "name,cost_centre,handle\nAnn Ames,4100,ann\n\"Bo, or Bob\",,bo\n",
    ])
  func same(_ text: String) throws {
    #expect(try cells(Array(text.utf8)) == ["ann|Ann Ames|4100", "bo|Bo, or Bob|"])
  }

  @Test("A quoted line break is part of its cell, and lines are counted on")
  func lineBreaks() throws {
    #expect(try cells(Array("handle,name\nann,\"Ann\nAmes\"\nbo,Bo\n".utf8)) == ["ann|Ann\nAmes|", "bo|Bo|"])
    #expect(mistakes("handle,name\nann,\"Ann\nAmes\"\nbo\n") == ["4: has 1 fields, the header 2"])
  }

  @Test("UTF-16 is known by its mark; Windows-1252 is what whoever imports says, and is suggested where UTF-8 fails")
  func encodings() throws {
    let text = "handle;name\njo;Jörg Weiß – €\n"
    let units = Array(text.utf16)
    let little: [UInt8] =
      [0xFF, 0xFE] + units.flatMap { (unit: UInt16) -> [UInt8] in [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
    let big: [UInt8] =
      [0xFE, 0xFF] + units.flatMap { (unit: UInt16) -> [UInt8] in [UInt8(unit >> 8), UInt8(unit & 0xFF)] }
    #expect(try cells(little) == ["jo|Jörg Weiß – €|"])
    #expect(try cells(big) == ["jo|Jörg Weiß – €|"])
    let excel: [UInt8] =
      Array("handle;name\njo;J".utf8) + [0xF6] + Array("rg Wei".utf8) + [0xDF, 0x20, 0x96, 0x20, 0x80]
    #expect(try cells(excel, ImportColumns(encoding: .windows1252)) == ["jo|Jörg Weiß – €|"])
    let error = #expect(throws: ImportError.self) { try cells(excel) }
    #expect(error?.mistakes.first?.line == 2)
    #expect(error?.description.contains("--encoding windows-1252") == true)
    // 81 is no character there.
    #expect(throws: ImportError.self) {
      try cells(Array("handle\nj".utf8) + [0x81], ImportColumns(encoding: .windows1252))
    }
  }

  @Test("Every mistake of a table is told with its line")
  func everyMistake() {
    #expect(
      mistakes("handle,name,\nann\nbo,Bo,here\ncy,Cy,,x\ndi,Di,\n") == [
        "2: has 1 fields, the header 3", "3: has \"here\" in a column without a name", "4: has 4 fields, the header 3",
      ])
    #expect(mistakes("handle,handle ,Name\n") == ["1: the column \"handle\" comes twice"])
  }

  @Test("A column that is not known is told with what was meant, and is mapped or passed over on demand")
  func unknownColumns() throws {
    let told = mistakes("hanlde,name\n")
    #expect(told.count == 1)
    #expect(told.first?.contains("\"hanlde\"") == true && told.first?.contains("\"handle\"?") == true, "\(told)")
    let text = "User,Full Name,Shoe size\nann,Ann,40\n"
    let map = [(header: "user", column: "handle"), (header: "FULL NAME", column: "Name")]
    #expect(mistakes(text, ImportColumns(map: map)).map { $0.prefix(25) } == ["1: the column \"Shoe size\""])
    #expect(try cells(Array(text.utf8), ImportColumns(map: map, ignoresUnknown: true)) == ["ann|Ann|"])
    #expect(mistakes(text, ImportColumns(map: [(header: "User", column: "hands")])).first?.contains("hands") == true)
    #expect(
      mistakes("handle\n", ImportColumns(map: [(header: "User", column: "handle")])) == [
        "1: there is no column \"User\" in the file"
      ])
  }

  // MARK: Days

  @Test(
    "Days are read as the format says",
    arguments: [
      ("DD.MM.YYYY", "16.01.2021", "2021-01-16"), ("DD.MM.YYYY", "6.1.2021", "2021-01-06"),
      ("MM/DD/YYYY", "11/22/2026", "2026-11-22"), ("DD/MM/YYYY", "11/02/2026", "2026-02-11"),
      ("YYYY/MM/DD", "2026/2/1", "2026-02-01"), ("D MMM YYYY", "3 Feb 2024", "2024-02-03"),
      ("MMM D, YYYY", "September 30, 2024", "2024-09-30"), ("DD-MMM-YYYY", "29-FEB-2024", "2024-02-29"),
      ("YYYYMMDD", "20240229", "2024-02-29"), ("DD.MM.YYYY", "31.02.2021", nil), ("DD.MM.YYYY", "16/01/2021", nil),
      ("DD.MM.YYYY", "16.01.21", nil), ("DD.MM.YYYY", "16.13.2021", nil), ("DD.MM.YYYY", "016.01.2021", nil),
      ("D MMM YYYY", "3 Fe 2024", nil), ("D MMM YYYY", "3 Febr. 2024", nil), ("DD.MM.YYYY", "16.01.0000", nil),
      ("DD.MM.YYYY", "16.01.2021 ", nil), ("DD.MM.YYYY", "１6.01.2021", nil),
    ] as [(String, String, String?)])
  func dates(_ format: String, _ text: String, _ day: String?) throws {
    let read = try #require(DateFormat(format)).day(text)
    #expect(read.map { RFC3339.text($0) } == day)
  }

  @Test(
    "A format names a day, a month and a year of four digits",
    arguments: ["", "DD.MM", "DD.MM.YY", "DD.DD.YYYY", "YYYY", "TT.MM.JJJJ", "DD MMMM YYYY", "DD.MM.YYYY YYYY"])
  func noFormat(_ text: String) {
    #expect(DateFormat(text) == nil)
  }

  @Test("Where a system's days are parted by slashes, the file tells which comes first, or is asked about")
  func slashes() {
    func days(_ cells: String...) -> [String] {
      let dates = FileDates(named: nil, usual: [], hasSlashes: true, cells: cells)
      return cells.map { cell in dates.day(cell).map { RFC3339.text($0) } ?? "?" }
    }
    #expect(days("01/02/2020", "12/31/2020") == ["2020-01-02", "2020-12-31"])
    #expect(days("01/02/2020", "31/12/2020") == ["2020-02-01", "2020-12-31"])
    #expect(days("01/02/2020", "2020-12-31") == ["?", "2020-12-31"])
    #expect(days("03/03/2020") == ["2020-03-03"])
    #expect(days("12/31/2020", "31/12/2020") == ["?", "?"])
    let dates = FileDates(named: nil, usual: [], hasSlashes: true, cells: ["01/02/2020"])
    #expect(dates.refusal(of: "01/02/2020").contains("--date-format"))
    let none = FileDates(named: nil, usual: [], hasSlashes: false, cells: [])
    #expect(none.refusal(of: "16.01.2021").contains("--date-format \"DD.MM.YYYY\""))
    #expect(none.refusal(of: "soon") == "\"soon\" is no date like 2026-11-22")
  }

  // MARK: Leavers

  @Test(
    "A brake is a number or a share, rounded up",
    arguments: [
      ("5%", 100, 5), ("5%", 101, 6), ("5%", 1, 1), ("5%", 0, 0), ("2.5%", 1_000, 25), ("0.01%", 10_000, 1),
      ("0%", 50, 0),
      ("100%", 7, 7), ("20", 7, 20), ("0", 7, 0),
    ])
  func brake(_ text: String, _ active: Int, _ most: Int) throws {
    #expect(try #require(Leavers.Brake(text)).countMax(of: active) == most)
  }

  @Test("Anything else is no brake", arguments: ["", "%", "-1", "5 %", "101%", "5.%", "5.123%", "five", "+-5%", "9e9"])
  func noBrake(_ text: String) {
    #expect(Leavers.Brake(text) == nil)
  }
}
