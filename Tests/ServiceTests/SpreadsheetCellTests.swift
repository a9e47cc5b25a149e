import Testing

@testable import Service

@Suite("Cells that a spreadsheet would run")
struct SpreadsheetCellTests {
  @Test(
    "What could begin a formula gets an apostrophe before it, and nothing else changes",
    arguments: [
      ("=1+1", "'=1+1"), ("+49 30", "'+49 30"), ("-5", "'-5"), ("@SUM(A1)", "'@SUM(A1)"), ("\t=1", "'\t'=1"),
      ("\rx", "'\rx"), ("\n=1", "'\n'=1"), ("\u{A0}=1", "'\u{A0}=1"), ("\u{200B}=1", "'\u{200B}=1"),
      ("\u{FEFF}@x", "'\u{FEFF}@x"), ("＝1", "'＝1"), ("＋1", "'＋1"), ("－1", "'－1"), ("＠x", "'＠x"),
      ("x;=1", "x;'=1"), ("x; =1", "x; '=1"), ("x\t+1", "x\t'+1"), ("x;\"=1", "x;\"'=1"), ("x\n@y", "x\n'@y"),
      ("x;＝1", "x;'＝1"), ("a;b;-c", "a;b;'-c"), ("Anne-Marie", "Anne-Marie"), ("a=b", "a=b"), ("1+1", "1+1"),
      ("", ""), ("é", "é"), ("allowance:30;budget:Spot:20", "allowance:30;budget:Spot:20"), ("x,=1", "x,=1"),
      ("'=1", "'=1"), ("\"=1\"", "\"=1\""), ("me@acme.example", "me@acme.example"),
    ])
  func harmless(_ text: String, _ safe: String) {
    #expect(CSV.harmless(text) == safe)
    #expect(CSV.harmless(CSV.harmless(text)) == safe, "once is enough")
  }

  @Test("Where semicolons part the cells, a comma begins one elsewhere")
  func semicolons() {
    #expect(CSV.harmless("x,=1", .semicolon) == "x,'=1")
    #expect(CSV.harmless("x;=1", .semicolon) == "x;'=1")
    #expect(CSV.field("a;b", .semicolon) == "\"a;b\"")
    #expect(CSV.field("a,b", .semicolon) == "a,b")
  }

  @Test(
    "What a spreadsheet would take for a number, a date, a time or a truth value stays a text",
    arguments: [
      "0471", "12345e67", "1E5", "3-4", "1/2", "1.2.2026", "2026-11-22", "10:30", "10:30 am", "5 p", "MAR-1", "1-DEC",
      "3 March 2026", "sept1", "5%", "€5", "(5)", "1 3/4", "1,5", ".5", "１２", "\u{A0}12", "TRUE", "false", "1e", "4711",
    ])
  func mistakable(_ text: String) {
    #expect(CSV.unmistakable(text) == "'" + text)
    #expect(CSV.unmistakable(CSV.unmistakable(text)) == "'" + text, "once is enough")
  }

  @Test(
    "Other texts stay as they are for spreadsheets, too",
    arguments: [
      "", "MUG-1", "CC-120", "A1", "e5", "4711, north", "12 mugs", "history:86;budget:Spot:34", "March", "Mary", "é",
      "'0471", "True story", "9f9ed473a1", "12e4f5", "-", "Zoë", "12345678901234567890abcdefghijklmnopqrstuvwxyz",
    ])
  func unmistaken(_ text: String) { #expect(CSV.unmistakable(text) == text) }

  @Test("No hash is a number")
  func hashes() {
    var random = SystemRandomNumberGenerator()
    let (excel, plain) = (CSVDialect(.excel, nil), CSVDialect.plain)
    for _ in 0..<20_000 {
      let hash = String((0..<16).map { _ in "0123456789ee".randomElement(using: &random) ?? "0" })
      #expect(Double(excel.text(hash)) == nil, "\(hash)")
      #expect(plain.text(hash) == hash)
    }
  }

  /// Reads a line as a spreadsheet does that believes in another separator: a quote counts at the beginning of a cell alone.
  private func cells(_ line: String, _ separator: Unicode.Scalar) -> [String] {
    var cells: [String] = []
    var rest = Array(line.unicodeScalars)[...]
    func ends(_ scalar: Unicode.Scalar) -> Bool { scalar == separator || scalar == "\n" || scalar == "\r" }
    while true {
      var cell = String.UnicodeScalarView()
      if rest.first == "\"" {
        rest = rest.dropFirst()
        while let scalar = rest.popFirst() {
          if scalar == "\"" {
            guard rest.first == "\"" else { break }
            rest = rest.dropFirst()
          }
          cell.append(scalar)
        }
      }
      while let scalar = rest.first, !ends(scalar) {
        cell.append(scalar)
        rest = rest.dropFirst()
      }
      cells.append(String(cell))
      guard rest.popFirst() != nil else { return cells }
    }
  }

  private func runs(_ cell: String) -> Bool {
    let first = cell.unicodeScalars.first { scalar in
      !scalar.properties.isWhitespace && !["\u{200B}", "\u{FEFF}", "\u{0}"].contains(scalar)
    }
    return first.map { "=+-@＝＋－＠".unicodeScalars.contains($0) } ?? false
  }

  @Test("Whatever a text holds, no spreadsheet finds a formula in it, whatever it takes for the separator")
  func property() {
    var random = SystemRandomNumberGenerator()
    let alphabet: [Unicode.Scalar] = [
      "=", "+", "-", "@", "＝", "＠", ";", ",", "\t", "\n", "\r", "\"", "'", " ", "\u{A0}", "\u{200B}", "\u{FEFF}", "a",
      "1",
    ]
    for _ in 0..<20_000 {
      var view = String.UnicodeScalarView()
      for _ in 0..<Int.random(in: 0...9, using: &random) { view.append(alphabet.randomElement(using: &random) ?? "a") }
      let text = String(view)
      let dialects: [(CSV.Separator, [Unicode.Scalar])] = [
        (.comma, [",", ";", "\t"]), (.semicolon, [",", ";", "\t"]),
      ]
      for (own, readers) in dialects {
        let safe = CSV.harmless(text, own)
        for field in [CSV.field(safe, own), CSV.field(CSV.unmistakable(safe), own)] {
          for reader in readers {
            let line = "x\(own.text)\(field)\(own.text)y"
            #expect(
              !cells(line, reader).contains(where: runs),
              "\(text.debugDescription) in \(own), read by \(reader.debugDescription)")
          }
        }
      }
    }
  }
}
