import EventLoop
import Testing

@testable import Postgres

extension OnPostgreSQL {
  @Suite("Values")
  struct ValueTests {
    /// Sends a value as a parameter and reads it back, and reads what PostgreSQL makes of it as text.
    private func echo<T: Sendable>(
      _ type: PGType, _ name: String, _ write: @escaping @Sendable (inout Parameters) -> Void,
      _ read: @escaping @Sendable (Row) throws -> T
    ) async throws -> (value: T, text: String?) {
      let statement = Statement("SELECT $1::\(name), $1::\(name)::text", type)
      return try await withConnection { connection in
        let rows = try await connection.query(statement, Parameters(write))
        return (try read(rows[0]), try rows[0].textOrNull(1))
      }
    }

    @Test("of int8 keep their extremes", arguments: [Int64.min, -1, 0, 1, .max])
    func int8(_ value: Int64) async throws {
      let back = try await echo(.int8, "int8", { $0.int64(value) }, { try $0.int64(0) })
      #expect(back == (value, "\(value)"))
    }

    @Test("of int4 keep their extremes", arguments: [Int32.min, 0, .max])
    func int4(_ value: Int32) async throws {
      let back = try await echo(.int4, "int4", { $0.int32(value) }, { try $0.int32(0) })
      #expect(back == (value, "\(value)"))
    }

    @Test("of int2 keep their extremes", arguments: [Int16.min, 0, .max])
    func int2(_ value: Int16) async throws {
      let back = try await echo(.int2, "int2", { $0.int16(value) }, { try $0.int16(0) })
      #expect(back == (value, "\(value)"))
    }

    @Test("of bool are told apart", arguments: [true, false])
    func bool(_ value: Bool) async throws {
      let back = try await echo(.bool, "bool", { $0.bool(value) }, { try $0.bool(0) })
      #expect(back == (value, "\(value)"))
    }

    @Test("of text keep every scalar", arguments: ["", "plain", "ü 🇪🇺 👩‍👩‍👧‍👦 \u{1}\u{7F}\u{10FFFF}", "e\u{301} is not é"])
    func text(_ value: String) async throws {
      let back = try await echo(.text, "text", { $0.text(value) }, { try $0.text(0) })
      #expect(Array(back.value.utf8) == Array(value.utf8))
      #expect(back.text.map { Array($0.utf8) } == Array(value.utf8))
    }

    @Test("of bytea keep every byte, and the empty one is not NULL", arguments: [[UInt8](), Array(0...255)])
    func bytea(_ value: [UInt8]) async throws {
      let back = try await echo(.bytea, "bytea", { $0.bytes(value) }, { try $0.bytes(0) })
      #expect(back.value == value)
    }

    @Test("of uuid have their most significant byte first")
    func uuid() async throws {
      let value: UInt128 = 0x0011_2233_4455_6677_8899_AABB_CCDD_EEFF
      let back = try await echo(.uuid, "uuid", { $0.uuid(value) }, { try $0.uuid(0) })
      #expect(back == (value, "00112233-4455-6677-8899-aabbccddeeff"))
    }

    @Test(
      "of timestamptz are microseconds since 1970 in UTC",
      arguments: [
        (0, "1970-01-01 00:00:00+00"), (1_700_000_000_123_456, "2023-11-14 22:13:20.123456+00"),
        (-1, "1969-12-31 23:59:59.999999+00"), (Int64.max, "infinity"), (.min, "-infinity"),
        (-62_135_596_800_000_000, "0001-01-01 00:00:00+00"),
      ])
    func timestamp(_ value: Int64, _ text: String) async throws {
      let back = try await echo(.timestamptz, "timestamptz", { $0.timestamp(value) }, { try $0.timestamp(0) })
      #expect(back == (value, text))
    }

    @Test("of timestamptz beyond PostgreSQL's or this program's range are refused, never bent")
    func timestampRange() async throws {
      let low = try await failure {
        _ = try await echo(.timestamptz, "timestamptz", { $0.timestamp(.min + 1) }, { try $0.timestamp(0) })
      }
      #expect(low.sqlstate == "22008")
      let high = try await failure {
        try await withConnection {
          _ = try await $0.query(Statement("SELECT '294276-12-31 23:59:59Z'::timestamptz"))[0].timestamp(0)
        }
      }
      #expect(high.kind == .misuse)
    }

    @Test(
      "of date are days since 1970",
      arguments: [
        (0, "1970-01-01"), (20_000, "2024-10-04"), (-1, "1969-12-31"), (Int32.max, "infinity"), (.min, "-infinity"),
      ])
    func date(_ value: Int32, _ text: String) async throws {
      let back = try await echo(.date, "date", { $0.date(value) }, { try $0.date(0) })
      #expect(back == (value, text))
    }

    @Test("of json and jsonb are their text")
    func json() async throws {
      let plain = try await echo(.json, "json", { $0.json(#"{"a": [1, "ü"]}"#) }, { try $0.text(0) })
      #expect(plain.value == #"{"a": [1, "ü"]}"#)
      let binary = try await echo(.jsonb, "jsonb", { $0.jsonb(#"{"a":[1,"ü"]}"#) }, { try $0.text(0) })
      #expect(binary.value == #"{"a": [1, "ü"]}"#)
    }

    @Test("that are NULL come back as NULL, whatever their type")
    func nulls() async throws {
      let statement = Statement(
        "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10", .bool, .int2, .int4, .int8, .text, .bytea, .uuid,
        .timestamptz, .date, .jsonb)
      try await withConnection { connection in
        let rows = try await connection.query(
          statement,
          Parameters {
            $0.bool(nil)
            $0.int16(nil)
            $0.int32(nil)
            $0.int64(nil)
            $0.text(nil)
            $0.bytes(nil)
            $0.uuid(nil)
            $0.timestamp(nil)
            $0.date(nil)
            $0.jsonb(nil)
          })
        let row = rows[0]
        #expect(try row.boolOrNull(0) == nil)
        #expect(try row.int16OrNull(1) == nil)
        #expect(try row.int32OrNull(2) == nil)
        #expect(try row.int64OrNull(3) == nil)
        #expect(try row.textOrNull(4) == nil)
        #expect(try row.bytesOrNull(5) == nil)
        #expect(try row.uuidOrNull(6) == nil)
        #expect(try row.timestampOrNull(7) == nil)
        #expect(try row.dateOrNull(8) == nil)
        #expect(try row.textOrNull(9) == nil)
        #expect(try row.isNull(9))
        #expect(try row.withBytes(4) { $0.count } == nil)
        #expect(throws: PostgresError.self) { try row.int64(3) }
      }
    }

    @Test("in arrays arrive element by element, NULLs and empty arrays included")
    func arrays() async throws {
      let statement = Statement(
        "SELECT to_json($1)::text, to_json($2)::text, to_json($3)::text, to_json($4)::text, to_json($5)::text,"
          + " array_to_string($6, ',', '-'), to_json($7)::text, array_to_string($8, ',', '-'),"
          + " array_to_string($9, ',', '-'), array_to_string($10, ',', '-')",
        .boolArray, .int2Array, .int4Array, .int8Array, .textArray, .byteaArray, .uuidArray, .timestamptzArray,
        .dateArray, .jsonbArray)
      let texts = try await withConnection { connection in
        var texts: [[String]] = []
        for parameters in [
          Parameters {
            $0.bools([true, false])
            $0.int16s([.min, .max])
            $0.int32s([.min, .max])
            $0.int64s([.min, .max])
            $0.texts(["", "ü"])
            $0.bytesArray([[], [255]])
            $0.uuids([1])
            $0.timestamps([0])
            $0.dates([0])
            $0.jsonbs(["[1]"])
          },
          Parameters {
            $0.bools([nil, true])
            $0.int16s([nil, 1])
            $0.int32s([nil, 1])
            $0.int64s([1, nil])
            $0.texts([nil, "NULL"])
            $0.bytesArray([nil, [1]])
            $0.uuids([nil])
            $0.timestamps([nil, 0])
            $0.dates([nil, 0])
            $0.jsonbs([nil, "null"])
          },
          Parameters {
            $0.bools([Bool]())
            $0.int16s([Int16]())
            $0.int32s([Int32]())
            $0.int64s([Int64]())
            $0.texts([String]())
            $0.bytesArray([[UInt8]]())
            $0.uuids([UInt128]())
            $0.timestamps([Int64]())
            $0.dates([Int32]())
            $0.jsonbs([String]())
          },
        ] {
          let row = try await connection.query(statement, parameters)[0]
          texts.append(try (0..<10).map { try row.text($0) })
        }
        return texts
      }
      #expect(
        texts[0] == [
          "[true,false]", "[-32768,32767]", "[-2147483648,2147483647]",
          "[-9223372036854775808,9223372036854775807]", #"["","ü"]"#, #"\x,\xff"#,
          #"["00000000-0000-0000-0000-000000000001"]"#, "1970-01-01 00:00:00+00", "1970-01-01", "[1]",
        ])
      #expect(
        texts[1] == [
          "[null,true]", "[null,1]", "[null,1]", "[1,null]", #"[null,"NULL"]"#, #"-,\x01"#, "[null]",
          "-,1970-01-01 00:00:00+00", "-,1970-01-01", "-,null",
        ])
      #expect(texts[2] == ["[]", "[]", "[]", "[]", "[]", "", "[]", "", "", ""])
    }

    @Test("in arrays are read back, and a NULL among them is an error")
    func arrayResults() async throws {
      let statement = Statement(
        "SELECT $1, $2, $3, '{}'::text[], NULL::int8[], '{1,NULL}'::int8[], '{{1}}'::int8[]",
        .int8Array, .uuidArray, .textArray)
      try await withConnection { connection in
        let row = try await connection.query(
          statement,
          Parameters {
            $0.int64s([.min, 0, .max])
            $0.uuids([.max, 0])
            $0.texts(["", "ü", "NULL"])
          })[0]
        #expect(try row.int64s(0) == [.min, 0, .max])
        #expect(try row.uuids(1) == [.max, 0])
        #expect(try row.texts(2) == ["", "ü", "NULL"])
        #expect(try row.texts(3) == [])
        #expect(try row.int64sOrNull(4) == nil)
        #expect(throws: PostgresError.self) { try row.int64s(5) }
        #expect(throws: PostgresError.self) { try row.int64s(6) }
      }
    }

    @Test("fill many rows by unnest, and rows stay readable after later queries and after the connection")
    func unnest() async throws {
      let count = 20_000
      let statement = Statement("SELECT * FROM unnest($1, $2) AS t(number, word)", .int8Array, .textArray)
      let rows = try await withConnection { connection in
        let rows = try await connection.query(
          statement,
          Parameters {
            $0.int64s((0..<count).map(Int64.init))
            $0.texts((0..<count).map { $0 % 7 == 0 ? nil : "word \($0)" })
          })
        _ = try await connection.query(Statement("SELECT 1"))
        return rows
      }
      #expect(rows.count == count)
      for (number, row) in rows.enumerated() {
        guard try row.int64(0) == number, try row.textOrNull(1) == (number % 7 == 0 ? nil : "word \(number)") else {
          Issue.record("row \(number)")
          break
        }
      }
    }

    @Test("read as another type, or in a column that is not there, are errors that name the column")
    func mismatch() async throws {
      try await withConnection { connection in
        let row = try await connection.query(Statement("SELECT 'x' AS word, 1 AS number, 1.5 AS ratio"))[0]
        let wrong = try await failure { _ = try row.int64(0) }
        #expect(wrong.message == "column 0 (word, text) is not int8")
        let narrow = try await failure { _ = try row.int16(1) }
        #expect(narrow.message == "column 1 (number, int4) is not int2")
        let unknown = try await failure { _ = try row.int64(2) }
        #expect(unknown.message == "column 2 (ratio, a type with OID 1700) is not readable")
        let beyond = try await failure { _ = try row.text(3) }
        #expect(beyond.message == "column 3 of 3 is not readable")
        #expect(try row.int64(1) == 1)
      }
    }

    @Test("that differ from what the statement declares are refused before they are sent")
    func parameterTypes() async throws {
      let statement = Statement("SELECT $1", .int8)
      try await withConnection { connection in
        for parameters in [Parameters.none, Parameters { $0.timestamp(1) }] {
          let error = try await failure { _ = try await connection.query(statement, parameters) }
          #expect(error.kind == .misuse)
        }
        #expect(try await connection.query(statement, Parameters { $0.int64(1) })[0].int64(0) == 1)
      }
    }
  }
}
