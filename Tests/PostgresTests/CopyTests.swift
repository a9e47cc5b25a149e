import EventLoop
import Postgres
import Synchronization
import Testing

extension OnPostgreSQL {
  @Suite("COPY")
  struct CopyTests {
    private struct SourceFailure: Error {}

    @Test("moves more than any buffer holds, in both directions, cut anywhere")
    func roundTrip() async throws {
      let rows = 400_000
      var text: [UInt8] = []
      for number in 0..<rows { text += "\(number)\tword number \(number)\n".utf8 }
      let (copied, back) = try await withConnection { [text] connection in
        try await connection.execute("CREATE TABLE copy_test (number int8, word text)")
        var offset = 0
        let copied = try await connection.copyIn("COPY copy_test FROM STDIN") {
          if offset == text.count { return nil }
          let chunk = Array(text[offset..<min(offset + 99_991, text.count)])
          offset += chunk.count
          return chunk
        }
        var back: [UInt8] = []
        let count = try await connection.copyOut("COPY (SELECT * FROM copy_test ORDER BY number) TO STDOUT") {
          back += $0
        }
        #expect(count == rows)
        #expect(try await connection.query(Statement("SELECT count(*) FROM copy_test"))[0].int64(0) == Int64(rows))
        return (copied, back)
      }
      #expect(copied == rows)
      #expect(back == text)
    }

    @Test("holds back a server whose consumer is slow, and lets a consumer give up in the middle")
    func backPressure() async throws {
      let received = Mutex(0)
      let closed = try await withConnection { connection in
        // More than memory would hold, so nobody can have collected it.
        let endless = "COPY (SELECT repeat('x', 1000), generate_series(1, 1000000000)) TO STDOUT"
        await #expect(throws: SourceFailure.self) {
          try await connection.copyOut(endless) { chunk in
            received.withLock { $0 += chunk.count }
            await connection.loop.sleep(for: .milliseconds(5))
            if received.withLock({ $0 }) > 1_000_000 { throw SourceFailure() }
          }
        }
        return !connection.isOpen
      }
      #expect(closed)
      #expect(received.withLock { $0 } < 2_000_000)
    }

    @Test("undoes what a failing source had sent, and leaves the connection usable")
    func failingSource() async throws {
      try await withConnection { connection in
        try await connection.execute("CREATE TABLE source_test (number int8)")
        var chunks = 0
        await #expect(throws: SourceFailure.self) {
          try await connection.copyIn("COPY source_test FROM STDIN") {
            chunks += 1
            if chunks > 100 { throw SourceFailure() }
            return Array("1\n2\n".utf8)
          }
        }
        #expect(try await connection.query(Statement("SELECT count(*) FROM source_test"))[0].int64(0) == 0)
      }
    }

    @Test("reports what the server refuses, and leaves the connection usable")
    func refusals() async throws {
      try await withConnection { connection in
        try await connection.execute("CREATE TABLE refuse_test (number int8)")
        let table = try await failure { try await connection.copyIn("COPY absent_test FROM STDIN") { nil } }
        #expect(table.sqlstate == SQLState.undefinedTable)
        let value = try await failure {
          var left = 500
          try await connection.copyIn("COPY refuse_test FROM STDIN") {
            left -= 1
            return left < 0 ? nil : Array("not a number\n".utf8)
          }
        }
        #expect(value.sqlstate == "22P02")
        let late = try await failure {
          try await connection.copyOut("COPY (SELECT 1 / (5 - n) FROM generate_series(1, 9) n) TO STDOUT") { _ in }
        }
        #expect(late.sqlstate == "22012")
        let noCopy = try await failure { try await connection.copyIn("SELECT 1") { nil } }
        #expect(noCopy.kind == .misuse)
        #expect(try await connection.query(Statement("SELECT 1"))[0].int32(0) == 1)
        let wrongWay = try await failure { try await connection.copyIn("COPY refuse_test TO STDOUT") { nil } }
        #expect(wrongWay.kind == .misuse)
        #expect(!connection.isOpen)
      }
    }
  }
}
