import Foundation
import Testing
import Text

@testable import Service

/// Real recognitions of a real organisation: git-thanks, in a folder beside the checkout. Where it is not, these tests say so
/// and step aside.
enum GitThanks {
  static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/data/git-thanks")

  static var isThere: Bool {
    FileManager.default.isReadableFile(atPath: folder.appending(path: "recognitions.csv").path)
  }

  static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }
}

extension OnLaurel {
  @Suite("git-thanks")
  struct GitThanksTests {
    @Test(
      "Twenty-one years of thanks come in whole, once, and sound",
      .enabled(if: GitThanks.isThere, "git-thanks is not beside this checkout (../shared/data/git-thanks)"))
    func whole() async throws {
      let laurel = try #require(Laurel.current)
      let administration = laurel.administration
      let slug = "git-\(UInt32.random(in: 0 ... .max))"
      _ = try await administration.create(.init(slug: slug, name: "Git", timeZone: "Etc/UTC", allowance: 100))
      let (people, recognitions) = (try GitThanks.bytes("people.csv"), try GitThanks.bytes("recognitions.csv"))
      let imported = try await administration.importPeople(people, organization: slug) { _, _ in }
      #expect(imported.counts == [1_794, 0, 0, 0])
      let first = try await administration.importRecognitions(
        recognitions, organization: slug, points: 2, addsValues: true
      ) { _, _ in }
      #expect(first == (9_045, 0))

      // What the file itself says, by a reader that knows only this file: no quoted field holds a line break.
      let rows = Self.rows(recognitions)
      #expect(rows.count == 9_045)
      var given: [String: Int] = [:]
      var received: [String: Int] = [:]
      for row in rows {
        given[row[1], default: 0] += 1
        for handle in row[2].split(separator: ";") { received[String(handle), default: 0] += 1 }
      }
      let session = try Session(laurel.cluster.superuserURL)
      let number = try await administration.number(of: slug)
      #expect(
        try Self.counts(
          session.run(
            """
            SELECT p.handle, count(*) FROM recognitions r JOIN people p ON p.org_id = r.org_id AND p.person_id = r.giver
            WHERE r.org_id = \(number) GROUP BY p.handle
            """)) == given)
      #expect(
        try Self.counts(
          session.run(
            """
            SELECT p.handle, count(*) FROM recognition_recipients r JOIN people p USING (org_id, person_id)
            WHERE r.org_id = \(number) GROUP BY p.handle
            """)) == received)
      #expect(
        try Self.counts(
          session.run(
            """
            SELECT p.handle, a.balance / 2 FROM accounts a JOIN people p ON p.org_id = a.org_id AND p.person_id = a.owner
            WHERE a.org_id = \(number) AND a.account = 'points'
            """)) == received)

      // Names and messages, byte for byte in normal form C.
      let names = try session.run(
        "SELECT handle || ',' || name FROM people WHERE org_id = \(number) AND handle <> 'admin'")
      let written = Self.rows(people).map { "\($0[0]),\($0[1].normalized)" }
      #expect(Set(names.map { Array($0.utf8) }) == Set(written.map { Array($0.utf8) }))
      let messages = try session.run(
        """
        SELECT t.text FROM recognitions r JOIN entry_texts t USING (org_id, position)
        WHERE org_id = \(number) ORDER BY position
        """)
      #expect(messages.map { Array($0.utf8) } == rows.map { Array($0[4].utf8) })

      // The newest of the feed is the last of the file.
      let key = try await administration.createKey(organization: slug, handle: "junio.c.hamano")
      let feed = try Client(laurel.port, key: key).get("/v1/recognitions?limit=1").json["data"]?.list.first
      #expect(feed?["message"]?.text == rows.last?[4])
      #expect(feed?["created_at"]?.text == rows.last.flatMap { RFC3339.timestamp($0[0]) }.map(RFC3339.text))

      let again = try await administration.importPeople(people, organization: slug) { _, _ in }
      #expect(again.counts == [0, 0, 1_794, 0])
      let head = try session.run("SELECT position, hash FROM ledger_heads WHERE org_id = \(number)")
      let second = try await administration.importRecognitions(
        recognitions, organization: slug, points: 2, addsValues: true
      ) { _, _ in }
      #expect(second == (0, 9_045))
      #expect(try session.run("SELECT position, hash FROM ledger_heads WHERE org_id = \(number)") == head)
      let reports = try await administration.verify(organization: slug)
      #expect(reports.map(\.report.isSound) == [true])
    }

    private static func counts(_ rows: [String]) -> [String: Int] {
      Dictionary(
        uniqueKeysWithValues: rows.map { row in
          let parts = row.split(separator: "|")
          return (String(parts[0]), Int(parts[1]) ?? 0)
        })
    }

    /// Splits lines at commas outside of quotes.
    private static func rows(_ bytes: [UInt8]) -> [[String]] {
      bytes.split(separator: UInt8(ascii: "\n")).dropFirst().map { line in
        var fields: [[UInt8]] = [[]]
        var isQuoted = false
        var previous: UInt8 = 0
        for byte in line where byte != UInt8(ascii: "\r") {
          if byte == UInt8(ascii: "\"") {
            // Two in a row within quotes are one.
            if !isQuoted, previous == byte { fields[fields.count - 1].append(byte) }
            isQuoted.toggle()
          } else if byte == UInt8(ascii: ","), !isQuoted {
            fields.append([])
          } else {
            fields[fields.count - 1].append(byte)
          }
          previous = byte
        }
        return fields.map { String(decoding: $0, as: UTF8.self) }
      }
    }
  }
}
